// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Messages between two processes, which may carry descriptors. Needs Linux.
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

/// One end of a connection between two processes of this host. It carries messages, and with them
/// descriptors, for instance sockets.
/**
 * Messages arrive whole, exactly once and in order; messages that were sent before the other end
 * died still arrive. The receiver gets a duplicate of each descriptor: both processes then share
 * one open socket, with its queues in the kernel, its settings and its memberships. The sender's
 * descriptor stays open.
 *
 * **Completion.** send() and receive() always suspend, and never act inside the initiating call.
 * They send or receive in the handler that completes them, after their last check for cancellation.
 * They resume on the executor of the coroutine that awaits them.
 *
 * **Cancellation.** Terminal, as Asio's coroutines pass it on. A receive that reports
 * `operation_aborted` has taken no message, and a send that reports it has sent nothing. So `||`
 * and deadlines lose no message.
 *
 * **Lifetime.** The link may be moved, closed or destroyed while operations are pending. Closing
 * and destroying end them with `operation_aborted`.
 *
 * **Thread safety.** Distinct objects: safe. Shared objects: unsafe. Several sends may be pending;
 * their order is then not specified.
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

  /// The most descriptors that a message may carry. The limit of Linux is 253 (SCM_MAX_FD).
  static constexpr std::size_t max_descriptors = 64;

  /// A received message. Its destructor closes the descriptors that were not moved out of it.
  struct Message {
    Message() noexcept {}

    std::string bytes;
    std::vector<Descriptor> descriptors;  ///< Close-on-exec, in the order of the sender.
  };

  /// A link that is not connected: each operation fails with `bad_descriptor`.
  explicit DescriptorLink(const asio::any_io_executor& executor);

  /// Takes over a connected Unix socket of type SOCK_SEQPACKET.
  /**
   * Throws Error: `bad_descriptor`, `not_a_socket`; `wrong_protocol_type` for a socket of another
   * type. The descriptor is then closed.
   */
  DescriptorLink(const asio::any_io_executor& executor, Descriptor connected);

  /// Makes a link, and returns its other end as a close-on-exec descriptor. Give that to a child
  /// process (dup2(2) keeps it open there), or make another DescriptorLink of it.
  /**
   * Throws Error: EMFILE, ENFILE.
   */
  static std::pair<DescriptorLink, Descriptor> pair(const asio::any_io_executor& executor);

  DescriptorLink(DescriptorLink&& other) noexcept;
  DescriptorLink& operator=(DescriptorLink&& other) noexcept;  ///< Closes this link first.
  ~DescriptorLink();                                           ///< Closes the link.

  /// Sends a message, and with it duplicates of `descriptors`. Waits while the queue of the other
  /// end is full.
  /**
   * @param bytes 1 to max_message bytes. An empty message would look like the end of the
   * connection.
   * @param descriptors 0 to max_descriptors. They stay the caller's, and must be open until
   * completion. The memory of the span need not live that long.
   *
   * Errors: `invalid_argument` (an empty message, too many descriptors); `message_size` (too long,
   * also for the socket's send buffer); `broken_pipe` (the other end is closed; no SIGPIPE is
   * raised); `bad_descriptor` (the link or one of the descriptors is not open);
   * `operation_aborted`; ETOOMANYREFS (more descriptors sent and not yet received than this process
   * may have open). Throws Error, or sets `ec`, which must live until completion.
   */
  [[nodiscard]] asio::awaitable<void> send(std::string bytes,
                                           std::span<const NativeHandle> descriptors = {});
  [[nodiscard]] asio::awaitable<void> send(std::string bytes,
                                           std::span<const NativeHandle> descriptors,
                                           std::error_code& ec);

  /// Waits for a message; nullopt when the other end is closed and all its messages were received.
  /**
   * Errors: `operation_aborted`; `bad_descriptor` (the link is not open); EMFILE (this process may
   * not have so many descriptors open); `message_size`, `protocol_error` (the message is not one
   * that a DescriptorLink sends: longer than max_message, or empty with descriptors). With the last
   * three, the message is lost and its descriptors are closed. The link can be used after each
   * error but `bad_descriptor`. Throws Error, or sets `ec`, which must live until completion.
   */
  [[nodiscard]] asio::awaitable<std::optional<Message>> receive();
  [[nodiscard]] asio::awaitable<std::optional<Message>> receive(std::error_code& ec);

  /// Sends at once or not at all; never waits. True when the kernel has accepted the message.
  /**
   * Errors: `would_block` when the queue of the other end is full; else those of send().
   */
  bool try_send(std::string_view bytes,
                std::span<const NativeHandle> descriptors,
                std::error_code& ec) noexcept;

  /// Receives a message if one is there; never waits. When it returns false, `message` is
  /// unchanged.
  /**
   * Errors: `would_block` when there is none, `eof` when the other end is closed; else those of
   * receive().
   */
  bool try_receive(Message& message, std::error_code& ec);

  /// Closes the link. Pending operations complete with `operation_aborted`. The other end sees the
  /// end of the connection after it has received what was sent. No effect on a closed link.
  void close() noexcept;

  bool is_open() const noexcept;

  /// The descriptor, which stays the link's; invalid_handle when the link is not open.
  NativeHandle native_handle() const noexcept;

  asio::any_io_executor get_executor() const noexcept { return executor_; }

 private:
  asio::any_io_executor executor_;
  // Shared with the operations that wait on it.
  std::shared_ptr<asio::posix::stream_descriptor> socket_;
};

DGRAM_END_NAMESPACE
