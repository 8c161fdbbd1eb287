// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Messages between two processes that may bring descriptors along. Needs Linux.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <dgram/descriptor.hpp>
#include <dgram/error.hpp>
#include <dgram/process/config.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// One end of a connection between two processes of this host, over which messages go, and with
/// them descriptors: sockets above all.
/**
 * A message arrives whole, once, and after those that were sent before it; what was sent before the
 * other end died still arrives. A descriptor arrives as another one for the same open file: what
 * the kernel queues for a socket, its settings and its memberships are one and the same for both
 * processes. The sender's own stays open.
 *
 * **Completion.** send() and receive() always go through the scheduler, and act in the very handler
 * that completes them, after the last look at cancellation. They resume on the executor of the
 * coroutine that awaits them.
 *
 * **Cancellation.** Terminal, as Asio's coroutines pass it on. A receive that reports
 * `operation_aborted` has taken nothing, a send that does so has sent nothing; so `||` and
 * deadlines lose no message.
 *
 * **Lifetime.** The link may be moved, closed or destroyed while operations are pending; the latter
 * two end them with `operation_aborted`.
 *
 * **Thread safety.** Distinct objects: safe. Shared objects: unsafe. Several sends may be pending;
 * among these no order is promised.
 *
 * Example:
 * @code
 * auto [link, other_half] = dgram::DescriptorLink::pair(io.get_executor());
 * const std::array handles = {socket.native_handle()};
 * co_await link.send("here is the socket", handles);
 * @endcode
 *
 * Source: unix(7), SOCK_SEQPACKET and SCM_RIGHTS.
 */
class DGRAM_API DescriptorLink {
 public:
  /// The longest message, in bytes.
  static constexpr std::size_t max_message = 65536;

  /// How many descriptors a message may bring. Linux has room for 253 (SCM_MAX_FD).
  static constexpr std::size_t max_descriptors = 64;

  /// What receive() brings. The descriptors close with it unless they are taken out.
  struct Message {
    Message() noexcept {}

    std::string bytes;
    std::vector<Descriptor> descriptors;  ///< Closed on exec, each in its place.
  };

  /// A link that is not connected: each call answers `bad_descriptor`.
  explicit DescriptorLink(const asio::any_io_executor& executor);

  /// Takes over a connected Unix socket of type SOCK_SEQPACKET.
  /**
   * It is closed when this throws Error: `bad_descriptor`, `not_a_socket`; `wrong_protocol_type`
   * for a socket of another kind.
   */
  DescriptorLink(const asio::any_io_executor& executor, Descriptor connected);

  /// A link, and its other end as a descriptor that is closed on exec: for a child process
  /// (dup2(2) keeps it open there), or for another DescriptorLink.
  /**
   * Throws Error: EMFILE, ENFILE.
   */
  static std::pair<DescriptorLink, Descriptor> pair(const asio::any_io_executor& executor);

  DescriptorLink(DescriptorLink&& other) noexcept;
  DescriptorLink& operator=(DescriptorLink&& other) noexcept;  ///< Closes this link first.
  ~DescriptorLink();                                           ///< Closes the link.

  /// Sends a message, and with it the open files behind `descriptors`. Waits while the other end
  /// has not made room.
  /**
   * @param bytes 1 to max_message bytes. An empty message could not be told from the end.
   * @param descriptors 0 to max_descriptors, which stay the caller's and must be open until
   * completion. The span itself need not live that long.
   *
   * Errors: `invalid_argument` (an empty message, too many descriptors); `message_size` (too long,
   * also for the socket's send buffer); `broken_pipe` (the other end has gone; never a signal);
   * `bad_descriptor` (a descriptor that is not open, or the link is not); `operation_aborted`;
   * ETOOMANYREFS (more descriptors on their way than the process may have open). Throws Error, or
   * sets `ec`, which must live until completion.
   */
  [[nodiscard]] asio::awaitable<void> send(std::string bytes,
                                           std::span<const NativeHandle> descriptors = {});
  [[nodiscard]] asio::awaitable<void> send(std::string bytes,
                                           std::span<const NativeHandle> descriptors,
                                           std::error_code& ec);

  /// Waits for a message; nullopt when the other end has gone and nothing of it is left.
  /**
   * Errors: `operation_aborted`; `bad_descriptor` (the link is not open); EMFILE (no room for the
   * descriptors in this process: the message is gone, and those that arrived are closed);
   * `message_size`, `protocol_error` (not what a DescriptorLink sends: longer than max_message, or
   * empty with descriptors; closed and gone as well). The link goes on after each. Throws Error, or
   * sets `ec`, which must live until completion.
   */
  [[nodiscard]] asio::awaitable<std::optional<Message>> receive();
  [[nodiscard]] asio::awaitable<std::optional<Message>> receive(std::error_code& ec);

  /// Sends now or not at all; never waits. True when the kernel took it.
  /**
   * Errors: `would_block` when the other end has not made room; else those of send().
   */
  bool try_send(std::string_view bytes,
                std::span<const NativeHandle> descriptors,
                std::error_code& ec) noexcept;

  /// Takes a message that is here now; never waits. False leaves `message` as it was.
  /**
   * Errors: `would_block` when there is none, `eof` when the other end has gone; else those of
   * receive().
   */
  bool try_receive(Message& message, std::error_code& ec);

  /// Ends what is pending with `operation_aborted`. The other end sees the end of the connection
  /// when it has taken what was sent. No effect on a closed link.
  void close() noexcept;

  bool is_open() const noexcept;

  /// The socket, which stays the link's; invalid_handle when it is not open.
  NativeHandle native_handle() const noexcept;

  asio::any_io_executor get_executor() const noexcept { return executor_; }

 private:
  asio::any_io_executor executor_;
  // Shared with the operations that wait on it.
  std::shared_ptr<asio::posix::stream_descriptor> socket_;
};

DGRAM_END_NAMESPACE
