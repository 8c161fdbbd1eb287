// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Restart without loss: a process passes its sockets to its successor while both are alive. Needs
// Linux.
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
  withdrawn     ///< The predecessor keeps its sockets after all: it has waited for longer than its
                ///< `patience`, or its handed_over() was cancelled, or it was closed.
};

/// The category of HandoverErrc; its name is "dgram.handover".
DGRAM_API const std::error_category& handover_error_category() noexcept;

inline std::error_code make_error_code(HandoverErrc e) noexcept {
  return {static_cast<int>(e), handover_error_category()};
}

/// Both sides of a restart: a process takes over sockets from its predecessor, and later hands them
/// over to its successor.
/**
 * The processes meet at a path, where the process that serves has a Unix socket. The successor
 * takes the sockets, gets ready, and calls ready(). Only then does the predecessor stop receiving;
 * it answers what it has received, and ends. Both processes share the *same* kernel sockets:
 * whichever of them receives gets what is queued, settings, memberships and a connected peer stay
 * as they are, and the port is never unbound. At each moment exactly one of the two processes is
 * responsible, and both know which:
 *
 * * If the successor ends, or does not become ready in time, the predecessor goes on as before.
 * * If the predecessor dies after take_over(), the successor has the sockets, and ready() succeeds.
 * * A second successor waits until the first one has ended or is ready, and then takes over from
 *   the process that serves.
 *
 * Between ready() and the predecessor's stop_receiving() both processes receive. Each datagram goes
 * to one of them, so answers may overtake each other. Where that matters, receive only after
 * predecessor_gone(): meanwhile datagrams wait in the kernel.
 *
 * Since both processes share the kernel sockets, a change by one of them (a setting, a
 * disconnect(), leaving a group) affects both. A predecessor that has a Membership object calls
 * Membership::keep(), or closes the socket first.
 *
 * **The path** is a Unix socket with mode 0600. Both processes must run as the same user, or as
 * root; each of them checks that. A socket that a dead process has left there is replaced by the
 * next ready(); anything that is not a socket is never replaced. Beside it, an empty file
 * `<path>.lock` is created, which is locked only while the path is made, and is not removed. It
 * must belong to this user or to root, because its owner could keep it locked for ever. Put both
 * into a directory that only the service can write to: `RuntimeDirectory=` of systemd, with
 * `RuntimeDirectoryPreserve=restart`.
 *
 * **Cancellation.** Terminal. Whichever operation is cancelled, the predecessor keeps the sockets.
 * The exception is a ready() or handed_over() that was decided already; it succeeds.
 *
 * **Lifetime.** May be moved, closed or destroyed while operations are pending. A moved-from object
 * may only be destroyed or assigned to.
 *
 * **Thread safety.** Distinct objects: safe. Shared objects: unsafe.
 *
 * **Errors.** Each operation throws Error, or sets `ec`, which must live until completion. Faults
 * of a process that connects while this one waits in handed_over() are not reported as errors; they
 * go to the log (set_log_handler()).
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
  /// @param path 1 to 107 bytes. It is not accessed before take_over() or ready().
  /// Throws Error: `invalid_argument` (empty, or with a NUL inside), `filename_too_long`.
  Handover(const asio::any_io_executor& executor, std::string path);

  Handover(Handover&& other) noexcept;
  Handover& operator=(Handover&& other) noexcept;  ///< Closes this one first.
  ~Handover();                                     ///< Does what close() does.

  // ---- from the predecessor

  /// Asks the process that serves at the path for its sockets. When there is no such process (at
  /// the first start, or after a crash), the result is empty, and that is no error.
  /**
   * The descriptors are duplicates: the predecessor goes on receiving until ready(). Descriptors
   * that are not taken out of the result are closed by its destructor; when the predecessor has
   * ended as well, their ports refuse datagrams. A predecessor that withdraws, for it has just been
   * told to end, is asked again: mostly it is gone then, and the result is empty. A program that
   * ends should close its sockets before its Handover ends, as they do when the Handover is made
   * first: else a successor finds nobody, and a port that is taken.
   *
   * @param timeout How long the call may take, including the wait for another successor to finish.
   *
   * Errors: `timed_out`; `access_denied` (the path, or the process behind it, is another user's);
   * HandoverErrc::version (a predecessor that speaks another version of this protocol);
   * HandoverErrc::withdrawn (it keeps its sockets, until the timeout); `protocol_error`,
   * `wrong_protocol_type` (a program that does not use Handover); EMFILE; `invalid_argument`
   * (called after ready()); `connection_already_in_progress` (take_over() or ready() is pending);
   * `operation_aborted`.
   */
  [[nodiscard]] asio::awaitable<NamedDescriptors> take_over(
      duration timeout = std::chrono::seconds(10));
  [[nodiscard]] asio::awaitable<NamedDescriptors> take_over(duration timeout, std::error_code& ec);

  /// Declares that this process serves from now on: the predecessor stops, and the next successor
  /// will find this process at the path. Without a predecessor, creates the path.
  /**
   * Call it when this process receives from the sockets, or is about to. No effect when it serves
   * already.
   *
   * When the call fails, the predecessor goes on serving: call stop_receiving(), answer what was
   * received, and end. With HandoverErrc::withdrawn there is another way: keep the sockets, and
   * call take_over() and ready() once more. The predecessor may have been told to end, and then no
   * other process serves.
   *
   * @param timeout How long the predecessor may take to answer. Without a predecessor: how long to
   * wait while another process holds the lock file.
   *
   * Errors: HandoverErrc::withdrawn (the predecessor has waited for longer than its `patience`, or
   * its handed_over() was cancelled, or it was closed), `timed_out`, `protocol_error`,
   * `operation_aborted`. Without a predecessor: `address_in_use` (another process serves at the
   * path), `file_exists` (there is something else than a socket), `no_such_file_or_directory`,
   * `access_denied` (the directory is not writable; or the lock file belongs to another user, whose
   * number is in Error::subject() and in the log).
   */
  [[nodiscard]] asio::awaitable<void> ready(duration timeout = std::chrono::seconds(10));
  [[nodiscard]] asio::awaitable<void> ready(duration timeout, std::error_code& ec);

  /// Waits until the predecessor has closed its Handover, or has ended: from then on it neither
  /// receives nor sends. Completes at once when there is no predecessor. Call it after ready().
  [[nodiscard]] asio::awaitable<void> predecessor_gone();
  [[nodiscard]] asio::awaitable<void> predecessor_gone(std::error_code& ec);

  // ---- to the successor

  /// Adds a socket to those that a successor gets. There may be any number, also several with the
  /// same name.
  /**
   * @param name 1 to 255 printable ASCII characters without `:`, as in systemd.
   * @param handle Stays the caller's. It must be open until handed_over() completes, or until
   * withdraw().
   *
   * Throws Error: `invalid_argument` (the name), `bad_descriptor`.
   */
  void offer(std::string name, NativeHandle handle);

  /// Removes a socket from those that a successor gets. Call it before the socket is closed. No
  /// effect when it was not offered.
  void withdraw(NativeHandle handle) noexcept;

  /// Waits until a successor has taken the sockets and is ready. Then call stop_receiving(), answer
  /// what was received, and end.
  /**
   * If a process connects that is no successor, or a successor fails, the call goes on waiting for
   * the next one. Close this object when the work is done: that is what predecessor_gone() of the
   * successor waits for.
   *
   * @param patience How long a successor may take from take_over() to ready().
   *
   * Errors: `invalid_argument` (called before ready(), or after a successor has taken over);
   * `connection_already_in_progress` (another handed_over() is pending); `operation_aborted`.
   */
  [[nodiscard]] asio::awaitable<void> handed_over(duration patience = std::chrono::minutes(1));
  [[nodiscard]] asio::awaitable<void> handed_over(duration patience, std::error_code& ec);

  /// Pending operations complete with `operation_aborted`. If this process serves, it removes the
  /// path, unless that belongs to another process by now; so no successor can take over any more.
  /// If it has taken over and not called ready(), the predecessor goes on serving.
  void close() noexcept;

  const std::string& path() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with pending operations
};

DGRAM_END_NAMESPACE

template <>
struct std::is_error_code_enum<dgram::HandoverErrc> : std::true_type {};
