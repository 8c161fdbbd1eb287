// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <dgram/error_report.hpp>

#include "error_category.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

constexpr int code_value(Errc code) noexcept {
  return static_cast<int>(code);
}
// Names and texts are Node's where Node has an error for the condition.
constexpr std::array errc_texts = std::to_array<detail::CodeText>({
    {code_value(Errc::bad_port), "ERR_SOCKET_BAD_PORT", "Port should be > 0 and < 65536"},
    {code_value(Errc::bad_address), "ERR_INVALID_ADDRESS", "Not a literal IP address"},
    {code_value(Errc::bad_host_name),
     "ERR_INVALID_HOST_NAME",
     "A host name has 1 to 253 characters and no NUL"},
    {code_value(Errc::already_bound), "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound"},
    {code_value(Errc::queue_full), "ERR_SEND_QUEUE_FULL", "The queue of waiting sends is full"},
    {code_value(Errc::no_buffers), "ERR_NO_BUFFERS", "No buffer was given"},
    {code_value(Errc::too_many_buffers),
     "ERR_TOO_MANY_BUFFERS",
     "A datagram can be sent from at most 1000 buffers"},
    {code_value(Errc::not_drained), "ERR_NOT_DRAINED", "Received datagrams are still held"},
    {code_value(Errc::not_multicast), "ERR_NOT_MULTICAST", "Not a multicast address"},
    {code_value(Errc::source_unavailable),
     "ERR_SOURCE_UNAVAILABLE",
     "The source address is not one of this host's"},
    {code_value(Errc::errors_not_received),
     "ERR_ERRORS_NOT_RECEIVED",
     "Error reports were not asked for (SocketOptions::receive_errors)"},
    {code_value(Errc::no_balancing),
     "ERR_NO_BALANCING",
     "This system does not share a port out to several sockets"},
    {code_value(Errc::disabled),
     "ERR_DISABLED",
     "Switched off for this process (DGRAM_DISABLE or by the program)"},
    {code_value(Errc::equal_runs_unsafe),
     "ERR_EQUAL_RUNS_UNSAFE",
     "This kernel may send runs of datagrams of one length wrongly"},
    {code_value(Errc::not_udp), "ERR_NOT_UDP", "Not a UDP socket over IPv4 or IPv6"},
});

struct SystemName {
  std::errc code;
  std::string_view name;
};
constexpr SystemName system_names[] = {
    {std::errc::permission_denied, "EACCES"},
    {std::errc::address_in_use, "EADDRINUSE"},
    {std::errc::address_not_available, "EADDRNOTAVAIL"},
    {std::errc::address_family_not_supported, "EAFNOSUPPORT"},
    {std::errc::resource_unavailable_try_again, "EAGAIN"},
    {std::errc::connection_already_in_progress, "EALREADY"},
    {std::errc::bad_file_descriptor, "EBADF"},
    {std::errc::device_or_resource_busy, "EBUSY"},
    {std::errc::operation_canceled, "ECANCELED"},
    {std::errc::connection_refused, "ECONNREFUSED"},
    {std::errc::connection_reset, "ECONNRESET"},
    {std::errc::destination_address_required, "EDESTADDRREQ"},
    {std::errc::file_exists, "EEXIST"},
    {std::errc::bad_address, "EFAULT"},
    {std::errc::host_unreachable, "EHOSTUNREACH"},
    {std::errc::interrupted, "EINTR"},
    {std::errc::invalid_argument, "EINVAL"},
    {std::errc::io_error, "EIO"},
    {std::errc::already_connected, "EISCONN"},
    {std::errc::too_many_files_open, "EMFILE"},
    {std::errc::message_size, "EMSGSIZE"},
    {std::errc::filename_too_long, "ENAMETOOLONG"},
    {std::errc::network_down, "ENETDOWN"},
    {std::errc::network_unreachable, "ENETUNREACH"},
    {std::errc::too_many_files_open_in_system, "ENFILE"},
    {std::errc::no_buffer_space, "ENOBUFS"},
    {std::errc::no_such_device, "ENODEV"},
    {std::errc::no_such_file_or_directory, "ENOENT"},
    {std::errc::not_enough_memory, "ENOMEM"},
    {std::errc::no_protocol_option, "ENOPROTOOPT"},
    {std::errc::not_connected, "ENOTCONN"},
    {std::errc::not_a_socket, "ENOTSOCK"},
    {std::errc::operation_not_supported, "ENOTSUP"},
    {std::errc::operation_not_permitted, "EPERM"},
    {std::errc::broken_pipe, "EPIPE"},
    {std::errc::protocol_not_supported, "EPROTONOSUPPORT"},
    {std::errc::timed_out, "ETIMEDOUT"},
    {std::errc::no_such_device_or_address, "ENXIO"},
    {std::errc::function_not_supported, "ENOSYS"},
    {std::errc::protocol_error, "EPROTO"},
    // Errors of other kinds of descriptors, and of starting programs.
    {std::errc::argument_list_too_long, "E2BIG"},
    {std::errc::executable_format_error, "ENOEXEC"},
    {std::errc::filename_too_long, "ENAMETOOLONG"},
    {std::errc::no_such_file_or_directory, "ENOENT"},
    {std::errc::not_a_directory, "ENOTDIR"},
    {std::errc::text_file_busy, "ETXTBSY"},
    {std::errc::too_many_symbolic_link_levels, "ELOOP"},
    {std::errc::wrong_protocol_type, "EPROTOTYPE"},
    {static_cast<std::errc>(EDQUOT), "EDQUOT"},
    {static_cast<std::errc>(ETOOMANYREFS), "ETOOMANYREFS"},
    {static_cast<std::errc>(EHOSTDOWN), "EHOSTDOWN"},
#if defined(ENONET)
    {static_cast<std::errc>(ENONET), "ENONET"},
#endif
};

std::string describe(std::string_view operation, std::string_view subject) {
  std::string text(operation);
  if (!subject.empty()) text.append(1, ' ').append(subject);
  return text;
}

}  // namespace

namespace detail {

namespace {

std::atomic<const ErrorCategory*> newest_category = nullptr;

}  // namespace

ErrorCategory::ErrorCategory(const char* name, std::span<const CodeText> codes) noexcept
    : name_(name), codes_(codes), next_(newest_category.load(std::memory_order_acquire)) {
  while (!newest_category.compare_exchange_weak(next_, this, std::memory_order_acq_rel)) {
  }
}

std::string ErrorCategory::message(int value) const {
  for (const CodeText& code : codes_)
    if (code.value == value) return code.text;
  return std::string("Unknown ") + name_ + " error " + std::to_string(value);
}

std::string_view ErrorCategory::code_name(int value) const noexcept {
  for (const CodeText& code : codes_)
    if (code.value == value) return code.name;
  return "UNKNOWN";
}

const ErrorCategory* ErrorCategory::find(const std::error_category& category) noexcept {
  const ErrorCategory* one = newest_category.load(std::memory_order_acquire);
  while (one && *one != category) one = one->next_;
  return one;
}

}  // namespace detail

const std::error_category& error_category() noexcept {
  static const detail::ErrorCategory category("dgram", errc_texts);
  return category;
}

std::string_view code_name(const std::error_code& ec) noexcept {
  if (!ec) return {};
  if (const auto* const own = detail::ErrorCategory::find(ec.category()))
    return own->code_name(ec.value());
  // Node's names for the errors of the resolver.
  if (ec == asio::error::host_not_found || ec == asio::error::no_data) return "ENOTFOUND";
  if (ec == asio::error::host_not_found_try_again) return "EAI_AGAIN";
  if (ec == asio::error::no_recovery) return "EAI_FAIL";
  if (ec == asio::error::eof) return "EOF";
  if (ec.category() == asio::system_category() || ec.category() == std::system_category() ||
      ec.category() == std::generic_category()) {
    // Compared by number: on POSIX the generic values are the errno values.
    for (const SystemName& entry : system_names)
      if (static_cast<int>(entry.code) == ec.value()) return entry.name;
  }
  return "UNKNOWN";
}

Error::Error(std::error_code ec, std::string_view operation, std::string_view subject)
    : std::system_error(ec, describe(operation, subject)),
      what_was_asked_(
          std::make_shared<const Asked>(Asked{std::string(operation), std::string(subject)})) {}
Error::Error(const Error&) noexcept = default;
Error& Error::operator=(const Error&) noexcept = default;
Error::~Error() = default;

namespace {

std::string_view origin_text(ErrorReport::Origin origin) noexcept {
  switch (origin) {
    case ErrorReport::Origin::local:
      return "this host";
    case ErrorReport::Origin::icmp:
      return "ICMP";
    case ErrorReport::Origin::icmpv6:
      return "ICMPv6";
    default:
      return "something else";
  }
}

}  // namespace

std::string to_string(const ErrorReport& report) {
  std::string text = report.error.message() + ": " + to_string(report.destination);
  text += ", reported by ";
  if (report.origin == ErrorReport::Origin::local || report.origin == ErrorReport::Origin::other) {
    text += origin_text(report.origin);
  } else {
    text += report.offender.to_string() + " (";
    text += origin_text(report.origin);
    text += " type " + std::to_string(report.type) + ", code " + std::to_string(report.code) + ')';
  }
  if (report.mtu != 0) text += ", path MTU " + std::to_string(report.mtu);
  return text;
}

DGRAM_END_NAMESPACE
