// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Restart without loss: the sockets of a process go to the one that succeeds it, while both are
// alive. Needs Linux.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <dgram/process/config.hpp>
#include <dgram/process/named_descriptors.hpp>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// Conditions of a handover for which the operating system has no code.
enum class HandoverErrc {
  version = 1,  ///< The other process speaks another version of the protocol.
  withdrawn  ///< The predecessor keeps its sockets after all. It has waited longer than it wanted
             ///< to, or was told not to wait.
};

/// The category of HandoverErrc; its name is "dgram.handover".
DGRAM_API const std::error_category& handover_error_category() noexcept;

inline std::error_code make_error_code(HandoverErrc e) noexcept {
  return {static_cast<int>(e), handover_error_category()};
}

/// Both ends of a restart: what a process takes over from its predecessor, and hands over to its
/// successor.
/**
 * The processes meet at a path, where the one that serves has a Unix socket. The successor takes
 * its sockets, gets ready, and says so; only then the predecessor stops receiving, answers what it
 * holds, and ends. Both have the *same* kernel sockets: what is queued there is received by whoever
 * receives, settings, memberships and a connected peer stay as they are, and the port is never
 * unbound. At each moment one of the two is responsible, and they agree on which:
 *
 * * A successor that ends, or does not become ready in time: the predecessor goes on, as if nothing
 *   had been.
 * * A predecessor that dies after take_over(): the successor has the sockets, and ready() succeeds.
 * * A second successor waits until the first is done, then takes over from whichever serves.
 *
 * While both receive, between ready() and the predecessor's stop_receiving(), each datagram goes to
 * one of them, so answers may overtake each other. Where that matters, receive only after
 * predecessor_gone(): what comes in meanwhile waits in the kernel.
 *
 * Because the kernel socket is one, what either does to it is done to both: a setting, a
 * disconnect(), leaving a group. A predecessor that has a Membership object calls
 * Membership::keep(), or closes the socket first.
 *
 * **The path** is a Unix socket with mode 0600; both processes must be of one user, or of root, and
 * each looks who the other is. What a process that died left there is replaced, by the next
 * ready(); anything that is no socket never is. Beside it stays an empty file, `<path>.lock`, held
 * for the moment in which the path is made. It must be this user's, or root's: whose it is can hold
 * it for ever. Put them where only the service can write: `RuntimeDirectory=` of systemd, with
 * `RuntimeDirectoryPreserve=restart`.
 *
 * **Cancellation.** Terminal. Whichever operation is cancelled, the predecessor has the sockets
 * afterwards, but for a ready() or handed_over() that was already decided, which then succeeds.
 *
 * **Lifetime.** May be moved, closed or destroyed while operations are pending. A moved-from one
 * may only be destroyed or assigned to.
 *
 * **Thread safety.** Distinct objects: safe. Shared objects: unsafe.
 *
 * **Errors.** Each operation throws Error, or sets `ec`, which must live until completion. What is
 * wrong with a caller while this process waits in handed_over() is no error of this process: it
 * goes to the log (set_log_handler()).
 *
 * Example:
 * @code
 * dgram::Handover handover(io.get_executor(), "/run/echo/handover");
 * dgram::Socket socket(io);
 * dgram::NamedDescriptors taken = co_await handover.take_over();
 * if (dgram::Descriptor echo = taken.take("echo"))
 *   socket.adopt(std::move(echo));
 * else
 *   socket.bind(dgram::make_endpoint("0.0.0.0", 7));
 * handover.offer("echo", socket.native_handle());
 * co_await handover.ready();
 * start_serving(socket);
 *
 * co_await handover.handed_over();
 * socket.stop_receiving();  // recv serves what is held, then ends with eof
 * @endcode
 *
 * Source: unix(7), SO_PEERCRED, SCM_RIGHTS.
 */
class DGRAM_API Handover {
 public:
  using duration = std::chrono::steady_clock::duration;

  /// @param executor Runs the operations.
  /// @param path 1 to 107 bytes. Nothing is asked of the system before take_over() or ready().
  /// Throws Error: `invalid_argument` (empty, or with a NUL inside), `filename_too_long`.
  Handover(const asio::any_io_executor& executor, std::string path);

  Handover(Handover&& other) noexcept;
  Handover& operator=(Handover&& other) noexcept;  ///< Closes this one first.
  ~Handover();                                     ///< As close().

  // ---- from the predecessor

  /// Asks the process that serves at the path for its sockets. None, and no error, when there is
  /// none: the first start, or one after a crash.
  /**
   * They are duplicates: the predecessor goes on receiving until ready(). What this process does
   * not take out of the result is closed with it; once the predecessor has ended, what comes in
   * there is refused.
   *
   * @param timeout How long it may take, also to wait behind another successor.
   *
   * Errors: `timed_out`; `access_denied` (the path, or the process behind it, is another user's);
   * HandoverErrc::version (a predecessor that speaks another version of this protocol);
   * HandoverErrc::withdrawn (it has changed its mind); `protocol_error`, `wrong_protocol_type` (a
   * program that is no predecessor); EMFILE; `invalid_argument` (after ready());
   * `connection_already_in_progress` (while this or ready() is pending); `operation_aborted`.
   */
  [[nodiscard]] asio::awaitable<NamedDescriptors> take_over(
      duration timeout = std::chrono::seconds(10));
  [[nodiscard]] asio::awaitable<NamedDescriptors> take_over(duration timeout, std::error_code& ec);

  /// Says that this process serves from now on: tells the predecessor to let go, and becomes the
  /// one that the next successor finds. Without a predecessor, makes the path.
  /**
   * Call it when the sockets are received from, or will be at once. When it fails, the predecessor
   * serves on: stop_receiving(), answer what is held, and end. Or, with HandoverErrc::withdrawn,
   * keep the sockets and call take_over() and this once more: the predecessor may have been told to
   * end, and then nobody else serves. No effect
   * when this process serves already.
   *
   * @param timeout How long the predecessor may take to answer; without one, how long the lock file
   * may be held by another process.
   *
   * Errors: HandoverErrc::withdrawn (the predecessor has waited too long, or was told not to
   * wait), `timed_out`, `protocol_error`, `operation_aborted`; without a predecessor
   * `address_in_use` (another process serves at the path), `file_exists` (what is there is no
   * socket), `no_such_file_or_directory`, `access_denied` (the directory; or the lock file is
   * another user's, whose number is in Error::subject() and in the log).
   */
  [[nodiscard]] asio::awaitable<void> ready(duration timeout = std::chrono::seconds(10));
  [[nodiscard]] asio::awaitable<void> ready(duration timeout, std::error_code& ec);

  /// Waits until the predecessor has closed its Handover, or ended: it receives and sends nothing
  /// any more. At once when there is none. To be called after ready().
  [[nodiscard]] asio::awaitable<void> predecessor_gone();
  [[nodiscard]] asio::awaitable<void> predecessor_gone(std::error_code& ec);

  // ---- to the successor

  /// Puts a socket on the list of what a successor gets. Any number, also several of one name.
  /**
   * @param name 1 to 255 printable ASCII characters without `:`, as systemd has it.
   * @param handle Stays the caller's, and must be open until handed_over() completes or withdraw().
   *
   * Throws Error: `invalid_argument` (the name), `bad_descriptor`.
   */
  void offer(std::string name, NativeHandle handle);

  /// Takes a socket off the list; before it is closed. No effect on one that is not there.
  void withdraw(NativeHandle handle) noexcept;

  /// Waits until a successor has taken the sockets and is ready. Then this process calls
  /// stop_receiving(), answers what it holds, and ends.
  /**
   * Callers that are no successors, or fail, are sent away, and the next is waited for. The
   * successor sees the end of this process's work (predecessor_gone()) when this object is closed.
   *
   * @param patience How long a successor may take from take_over() to ready().
   *
   * Errors: `invalid_argument` (before ready(), or after it has completed);
   * `connection_already_in_progress` (called twice); `operation_aborted`.
   */
  [[nodiscard]] asio::awaitable<void> handed_over(duration patience = std::chrono::minutes(1));
  [[nodiscard]] asio::awaitable<void> handed_over(duration patience, std::error_code& ec);

  /// Ends what is pending with `operation_aborted`. A process that serves removes the path, if it
  /// is still its own: nobody takes over from it any more. A predecessor that was not told ready()
  /// serves on.
  void close() noexcept;

  const std::string& path() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with pending operations
};

DGRAM_END_NAMESPACE

template <>
struct std::is_error_code_enum<dgram::HandoverErrc> : std::true_type {};
