#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <dgram/proxy/proxy_protocol.hpp>

#include "../../proxy/proxy_error.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

struct ErrcText {
  Errc code;
  std::string_view name;
  const char* text;
};
// Names and texts are Node's where Node has the condition.
constexpr std::array<ErrcText, 21> errc_texts = {{
    {Errc::bad_port, "ERR_SOCKET_BAD_PORT", "Port should be > 0 and < 65536"},
    {Errc::bad_address, "ERR_INVALID_ADDRESS", "Not a literal IP address"},
    {Errc::bad_host_name,
     "ERR_INVALID_HOST_NAME",
     "A host name has 1 to 253 characters and no NUL"},
    {Errc::already_bound, "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound"},
    {Errc::queue_full, "ERR_SEND_QUEUE_FULL", "The queue of waiting sends is full"},
    {Errc::no_buffers, "ERR_NO_BUFFERS", "No buffer was given"},
    {Errc::too_many_buffers,
     "ERR_TOO_MANY_BUFFERS",
     "A datagram can be sent from at most 1000 buffers"},
    {Errc::not_drained, "ERR_NOT_DRAINED", "Received datagrams are still held"},
    {Errc::not_multicast, "ERR_NOT_MULTICAST", "Not a multicast address"},
    {Errc::source_unavailable,
     "ERR_SOURCE_UNAVAILABLE",
     "The source address is not one of this host's"},
    {Errc::errors_not_received,
     "ERR_ERRORS_NOT_RECEIVED",
     "Error reports were not asked for (SocketOptions::receive_errors)"},
    {Errc::no_balancing,
     "ERR_NO_BALANCING",
     "This system does not share a port out to several sockets"},
    {Errc::disabled,
     "ERR_DISABLED",
     "Switched off for this process (DGRAM_DISABLE or by the program)"},
    {Errc::equal_runs_unsafe,
     "ERR_EQUAL_RUNS_UNSAFE",
     "This kernel may send runs of datagrams of one length wrongly"},
    {Errc::fd_is_file, "ERR_INVALID_FD_TYPE", "Unsupported fd type: FILE"},
    {Errc::fd_is_tcp, "ERR_INVALID_FD_TYPE", "Unsupported fd type: TCP"},
    {Errc::fd_is_pipe, "ERR_INVALID_FD_TYPE", "Unsupported fd type: PIPE"},
    {Errc::fd_is_tty, "ERR_INVALID_FD_TYPE", "Unsupported fd type: TTY"},
    {Errc::fd_is_unknown, "ERR_INVALID_FD_TYPE", "Unsupported fd type: UNKNOWN"},
    {Errc::handover_version,
     "ERR_HANDOVER_VERSION",
     "The other process speaks another version of the handover protocol"},
    {Errc::handover_withdrawn, "ERR_HANDOVER_WITHDRAWN", "The predecessor keeps its sockets"},
}};

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "dgram"; }
  std::string message(int value) const override {
    for (const ErrcText& entry : errc_texts)
      if (static_cast<int>(entry.code) == value) return entry.text;
    return "Unknown dgram error " + std::to_string(value);
  }
};

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
    // Of other descriptors, and of programs that are started.
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

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::string_view code_name(const std::error_code& ec) noexcept {
  if (!ec) return {};
  if (ec.category() == error_category()) {
    for (const ErrcText& entry : errc_texts)
      if (static_cast<int>(entry.code) == ec.value()) return entry.name;
    return "UNKNOWN";
  }
  if (ec.category() == proxy_error_category()) return detail::proxy_error_name(ec.value());
  // Node's names of the resolver's answers.
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

DGRAM_END_NAMESPACE
