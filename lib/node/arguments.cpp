// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "arguments.hpp"

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <cctype>
#include <limits>

#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

/// Node's pattern of a zone, in net.isIP().
bool is_zone(std::string_view text) noexcept {
  constexpr std::string_view signs =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.:";
  return !text.empty() && text.find_first_not_of(signs) == std::string_view::npos;
}

/// True for the addresses that the kernel reports with a scope. It reports all others without one.
bool has_scope(const asio::ip::address_v6& address) noexcept {
  return address.is_link_local() || address.is_multicast_link_local() ||
         address.is_multicast_node_local();
}

/// The index of an interface; 0 when no interface has the name. Asio reads any other text as a
/// number; libuv does not.
asio::ip::scope_id_type index_of(const std::string& name) {
  const std::string text = "fe80::%" + name;
  std::error_code ec;
  const asio::ip::address_v6 address = asio::ip::make_address_v6(text, ec);
  const bool may_be_number =
      !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) == 0;
  if (ec || (may_be_number && address.to_string() != text)) return 0;
  return address.scope_id();
}

}  // namespace

void check_destination_port(int port) {
  if (port < 1 || port > 65535) throw bad_destination_port(port);
}

void check_local_port(int port, std::string_view name) {
  if (port < 0 || port > 65535) throw bad_local_port(name, port);
}

void check_buffer_size(std::int64_t size) {
  if (size < 0 || size > std::numeric_limits<std::uint32_t>::max()) throw bad_buffer_size();
}

asio::const_buffer part_of(const Payload& message, std::size_t offset, std::size_t length) {
  const asio::const_buffer whole =
      message.buffers().empty() ? asio::const_buffer() : message.buffers().front();
  if (offset > whole.size()) throw out_of_bounds("offset");
  if (length > whole.size() - offset) throw out_of_bounds("length");
  return asio::buffer(whole + offset, length);
}

std::string local_address_or_any(std::string_view address, bool v6) {
  return std::string(!address.empty() ? address : v6 ? "::" : "0.0.0.0");
}

std::string remote_address_or_loopback(std::string_view address, bool v6) {
  return std::string(!address.empty() ? address : v6 ? "::1" : "127.0.0.1");
}

// Whether the zone exists is left to the system.
void check_literal(std::string_view address, std::string_view name) {
  if (!literal_endpoint(address, 0)) throw no_literal(name, address);
}

std::optional<Endpoint> literal_endpoint(std::string_view text, int port) {
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos && !is_zone(text.substr(zone + 1))) return std::nullopt;
  std::error_code ec;
  const Endpoint endpoint = read_address(text, port, ec);
  if (ec) return std::nullopt;
  return endpoint;
}

Endpoint read_address(std::string_view text, int port, std::error_code& ec) {
  const std::size_t zone = text.find('%');
  const Endpoint endpoint = make_endpoint(text.substr(0, zone), port, ec);
  if (ec || zone == std::string_view::npos) return endpoint;
  if (endpoint.address().is_v4() || text.find('\0') != std::string_view::npos) {
    ec = asio::error::invalid_argument;
    return Endpoint();
  }
  asio::ip::address_v6 address = endpoint.address().to_v6();
  if (has_scope(address)) address.scope_id(index_of(std::string(text.substr(zone + 1))));
  return Endpoint(address, endpoint.port());
}

Endpoint endpoint_for(std::string_view address, int port, bool v6, std::error_code& ec) {
  const Endpoint endpoint = read_address(address, port, ec);
  if (ec || endpoint.address().is_v6() != v6) ec = asio::error::invalid_argument;
  return endpoint;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
