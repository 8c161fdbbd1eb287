// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Errors: the codes that the operating system has no word for, and the exception that says what was
// asked.
#pragma once

#include <dgram/config.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// Conditions for which the operating system has no code. Everything else arrives as the system's
/// own code, comparable with `asio::error::…` where Asio names it, else with `std::errc::…`.
enum class Errc {
  bad_port = 1,   ///< A port below 0 or above 65535; also 0 where a datagram is to be sent to it.
  bad_address,    ///< Text that is not a literal IP address.
  bad_host_name,  ///< Empty, longer than 253 characters, or with a NUL inside. Never cut, never
                  ///< passed on.
  already_bound,  ///< bind or adopt on a socket that is open already.
  queue_full,     ///< The kernel takes no more and the queue of waiting sends is at its bound.
  no_buffers,     ///< An operation that must store or send something was given an empty list of
                  ///< buffers.
  too_many_buffers,    ///< More than 1000 pieces in one datagram.
  not_drained,         ///< release() while received datagrams are still held; recv them first (see
                       ///< stop_receiving).
  not_multicast,       ///< A group that is no multicast address.
  source_unavailable,  ///< A send from a source address that this host does not have (any more):
                       ///< the one the socket is bound to, or that of SendOptions. It was not sent;
                       ///< the socket works again when the address is back.
  errors_not_received,  ///< recv_error() on a socket that did not ask for error reports (see
                        ///< SocketOptions::receive_errors).
  no_balancing,  ///< This system does not share the datagrams of a port out to several sockets
                 ///< (SO_REUSEPORT of Linux).
  disabled,      ///< Switched off for this process: by the environment variable DGRAM_DISABLE, or
                 ///< with set_process_segmentation().
  equal_runs_unsafe,  ///< This kernel is known to send runs of datagrams of one length wrongly on
                      ///< some devices, without an error (see Segmentation).
  not_udp,  ///< adopt: a descriptor of something else than a UDP socket over IPv4 or IPv6.
};

/// The category of Errc; its name is "dgram".
DGRAM_API const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), error_category()};
}

/// A short, stable name of a code, in Node's spelling: "EADDRINUSE", "ENOTFOUND",
/// "ERR_SOCKET_ALREADY_BOUND". An unknown code gives "UNKNOWN"; no error gives "".
DGRAM_API std::string_view code_name(const std::error_code& ec) noexcept;

/// What the throwing forms throw: the code, the operation that was asked for, and the value it was
/// asked with.
/**
 * `what()` reads "send 65508 bytes to 192.0.2.1:9: Message too long".
 */
class DGRAM_API Error : public std::system_error {
 public:
  Error(std::error_code ec, std::string_view operation, std::string_view subject = {});
  Error(const Error&) noexcept;
  Error& operator=(const Error&) noexcept;
  ~Error() override;

  /// The call: "send", "bind", "adopt".
  const std::string& operation() const noexcept { return what_was_asked_->operation; }

  /// What it was asked with: an endpoint, a host name, a size, an option and its value, a
  /// descriptor and what it is. May be empty.
  const std::string& subject() const noexcept { return what_was_asked_->subject; }

 private:
  /// @cond
  struct Asked {
    std::string operation;
    std::string subject;
  };
  /// @endcond
  std::shared_ptr<const Asked>
      what_was_asked_;  // shared: an exception must not throw while it is copied
};

DGRAM_END_NAMESPACE

template <>
struct std::is_error_code_enum<dgram::Errc> : std::true_type {};
