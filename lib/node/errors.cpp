// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "errors.hpp"

#include <asio/error.hpp>
#include <cctype>
#include <dgram/error.hpp>
#include <dgram/node/emitter.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node {

Error::Error(Fields fields) : fields_(std::make_shared<const Fields>(std::move(fields))) {}

namespace detail {

namespace {

Error make(std::string_view name, std::string_view code, std::string message) {
  Error::Fields fields;
  fields.name = name;
  fields.code = code;
  fields.message = std::move(message);
  return Error(std::move(fields));
}

/// A text as Node shows it in an error: in quotes of a kind that it does not contain, and no longer
/// than 128 characters.
std::string quoted(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = !has_single ? '\'' : !has_double ? '"' : '`';
  const std::string whole = quote + std::string(text) + quote;
  return whole.size() > 128 ? whole.substr(0, 128) + "..." : whole;
}

/// The code of the system or of libuv for a condition for which the core has a code of its own.
std::error_code as_node_knows_it(const std::error_code& ec) {
  if (ec == Errc::queue_full) return asio::error::no_buffer_space;
  if (ec == Errc::too_many_buffers) return asio::error::message_size;
  if (ec == Errc::bad_host_name) return asio::error::host_not_found;
  if (ec == Errc::source_unavailable)
    return {static_cast<int>(std::errc::address_not_available), std::system_category()};
  return ec;
}

/// libuv's number of an error: its own where the system has none (uv/errno.h), else the negative
/// errno.
int number_of(const std::error_code& ec) {
  if (ec == asio::error::host_not_found || ec == asio::error::no_data)
    return -3008;  // as ENOTFOUND
  if (ec == asio::error::host_not_found_try_again) return -3001;
  if (ec == asio::error::no_recovery) return -3004;
  return ec.category() == error_category() ? 0 : -ec.value();
}

Error::Fields fields_of(const std::error_code& original, std::string_view syscall) {
  const std::error_code ec = as_node_knows_it(original);
  Error::Fields fields;
  fields.code = code_name(ec);
  fields.number = number_of(ec);
  fields.syscall = syscall;
  fields.message = fields.syscall + ' ' + fields.code;
  return fields;
}

/// The longest host name that uv_getaddrinfo() has room for. It reports a longer one as EINVAL.
constexpr std::size_t most_of_host_name = 255;

/// libuv's text of an error, which is in lower case.
std::string text_of(const std::error_code& ec) {
  std::string text = ec.message();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

void throw_no_listener() {
  throw make("TypeError",
             "ERR_INVALID_ARG_TYPE",
             "The \"listener\" argument must be of type function. Received undefined");
}
Error bad_type() {
  return make(
      "TypeError", "ERR_SOCKET_BAD_TYPE", "Bad socket type specified. Valid types are: udp4, udp6");
}
Error already_bound() {
  return make("Error", "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound");
}
Error not_running() {
  return make("Error", "ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
}
Error already_connected() {
  return make("Error", "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected");
}
Error not_connected() {
  return make("Error", "ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
}
Error bad_destination_port(std::optional<int> port) {
  const std::string received = port ? "type number (" + std::to_string(*port) + ')' : "undefined";
  return make("RangeError",
              "ERR_SOCKET_BAD_PORT",
              "Port should be > 0 and < 65536. Received " + received + '.');
}
Error bad_local_port(std::string_view name, int port) {
  return make("RangeError",
              "ERR_SOCKET_BAD_PORT",
              std::string(name) + " should be >= 0 and < 65536. Received type number (" +
                  std::to_string(port) + ").");
}
Error no_literal(std::string_view name, std::string_view address) {
  const bool of_options = name.find('.') != std::string_view::npos;
  return make("TypeError",
              "ERR_INVALID_ARG_VALUE",
              std::string(of_options ? "The property '" : "The argument '") + std::string(name) +
                  "' must be a numeric IP address; " + (of_options ? "bindSync" : "connectSync") +
                  " does not perform DNS resolution. Received " + quoted(address));
}
Error ip_blocked(std::string_view address) {
  return make(
      "Error", "ERR_IP_BLOCKED", "IP(" + std::string(address) + ") is blocked by net.BlockList");
}
Error invalid_address() {
  return make("Error", "ERR_INVALID_ADDRESS", "Invalid socket address");
}
Error range_is_backwards(std::string_view start) {
  return make("TypeError",
              "ERR_INVALID_ARG_VALUE",
              "The argument 'start' must come before end. Received SocketAddress { address: " +
                  quoted(start) + ", port: 0, family: '" +
                  (start.find(':') == std::string_view::npos ? "ipv4" : "ipv6") +
                  "', flowlabel: 0 }");
}
Error bad_prefix(int prefix, int most) {
  return make("RangeError",
              "ERR_OUT_OF_RANGE",
              "The value of \"prefix\" is out of range. It must be >= 0 && <= " +
                  std::to_string(most) + ". Received " + std::to_string(prefix));
}
Error bad_buffer_size() {
  return make("TypeError", "ERR_SOCKET_BAD_BUFFER_SIZE", "Buffer size must be a positive integer");
}
Error buffer_size(std::string_view which, const std::error_code& ec) {
  Error::Fields fields = fields_of(ec, "uv_" + std::string(which) + "_buffer_size");
  fields.name = "SystemError";
  fields.message = "Could not get or set buffer size: " + fields.syscall + " returned " +
                   fields.code + " (" + text_of(ec) + ')';
  fields.code = "ERR_SOCKET_BUFFER_SIZE";
  return Error(std::move(fields));
}
Error out_of_bounds(std::string_view what) {
  return make("RangeError",
              "ERR_BUFFER_OUT_OF_BOUNDS",
              '"' + std::string(what) + "\" is outside of buffer bounds");
}
Error missing_group() {
  return make(
      "TypeError", "ERR_MISSING_ARGS", "The \"multicastAddress\" argument must be specified");
}
Error bad_descriptor_type(std::string_view type) {
  return make("TypeError", "ERR_INVALID_FD_TYPE", "Unsupported fd type: " + std::string(type));
}
Error no_primary(std::string_view why) {
  return make("Error", "ERR_CLUSTER_NO_PRIMARY", "Not a worker of a cluster: " + std::string(why));
}

Error system_error(const std::error_code& ec, std::string_view syscall) {
  return Error(fields_of(ec, syscall));
}

Error address_error(const std::error_code& ec,
                    std::string_view syscall,
                    std::string_view address,
                    int port) {
  Error::Fields fields = fields_of(ec, syscall);
  fields.address = address;
  fields.message += ' ' + fields.address;
  if (port > 0) {
    fields.port = port;
    fields.message += ':' + std::to_string(port);
  }
  return Error(std::move(fields));
}

Error lookup_error(const std::error_code& ec, std::string_view host) {
  const bool is_too_long = ec == Errc::bad_host_name && host.size() > most_of_host_name;
  const std::error_code invalid = asio::error::invalid_argument;
  Error::Fields fields = fields_of(is_too_long ? invalid : ec, "getaddrinfo");
  fields.hostname = host;
  fields.message += ' ' + fields.hostname;
  return Error(std::move(fields));
}

}  // namespace detail
}  // namespace node
DGRAM_END_NAMESPACE
