// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The primary process of a cluster.
#pragma once

#include <asio/io_context.hpp>
#include <csignal>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/descriptor.hpp>
#include <dgram/node/cluster/events.hpp>
#include <dgram/node/config.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/error.hpp>
#include <dgram/node/function.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

namespace detail {
class PrimaryState;
class WorkerProcessState;
}  // namespace detail

/// Environment variables: pairs of name and value.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// What Primary::fork() starts, and how much each worker may use.
struct Settings {
  /// The program: a path, or a name that is searched for in PATH. Empty: this program
  /// (/proc/self/exe).
  std::string exec = {};
  /// The arguments, without the name of the program.
  std::vector<std::string> args = {};
  /// How many sockets this process keeps for one worker. Binds beyond this number fail with
  /// `EDQUOT`. RLIMIT_NOFILE of this process should be larger than this number times the number of
  /// workers.
  std::size_t sockets_per_worker = 256;
};

/// A worker as seen by its primary. A handle: it is cheap to copy, and copies are the same worker.
/**
 * Thread safety: as for Primary.
 */
class DGRAM_API WorkerProcess {
 public:
  /// 1, 2, … in the order of the calls of fork() and adopt(). No number is used twice.
  int id() const noexcept;
  /// The process id; 0 for a worker that was adopted.
  int pid() const noexcept;
  bool is_connected() const noexcept;
  /// True when the process has ended.
  bool is_dead() const noexcept;
  /// True when the end was intended: disconnect() was called, here or in the worker.
  bool exited_after_disconnect() const noexcept;

  /// Sends text to the worker, which emits it as `message`. As Worker::send().
  bool send(std::string_view text) const;

  /// Asks the worker to close its shared sockets and to disconnect. This process stops keeping the
  /// sockets for it at once. No effect when it is not connected.
  void disconnect() const;

  /// Sends a signal to the process. False when it has ended, or is no child of this process.
  bool kill(int signal = SIGTERM) const;

  bool operator==(const WorkerProcess&) const noexcept = default;

 private:
  friend class detail::PrimaryState;
  explicit WorkerProcess(std::shared_ptr<detail::WorkerProcessState> state) noexcept
      : state_(std::move(state)) {}
  std::shared_ptr<detail::WorkerProcessState> state_;
};

/// Starts worker processes, and gives them the sockets that they share.
/**
 * Workers that bind to the same address and port share one socket of the kernel, unless the bind is
 * exclusive. The primary creates the socket, and keeps it as long as a worker has it. So datagrams
 * that are queued in the kernel are not lost when a worker dies. docs/cluster.md says in detail
 * which binds share a socket.
 *
 * A handle, as node::Socket is: copies are the same primary. While it has workers, it goes on
 * without any handle, and keeps `io_context::run()` from returning. The destructor of the context
 * closes the connections to the workers. A worker that sends an invalid message is disconnected.
 *
 * Processes are started with posix_spawn(3), so this process may have threads. SIGCHLD tells when
 * a worker has ended; Asio handles this signal from the first fork() on. Needs Linux, as
 * DescriptorLink does.
 *
 * Events are emitted inside `io_context::run()`. The order for one worker is: `online`, then
 * `listening` and `message`, then `disconnect`, then `exit`. What a listener throws leaves `run()`;
 * when `run()` is called again, everything goes on.
 *
 * Thread safety: use it only on the thread that runs the context, or while no thread runs it.
 *
 * @code
 * cluster::Primary primary(io);
 * primary.on(cluster::event::exit, [primary](const cluster::WorkerProcess& worker) {
 *   if (!worker.exited_after_disconnect()) primary.fork();
 * });
 * for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) primary.fork();
 * io.run();
 * @endcode
 *
 * Source: Node.js v22, Cluster.
 */
class DGRAM_API Primary {
 public:
  explicit Primary(asio::io_context& context, Settings settings = {});

  /// Starts a worker. Its environment is that of this process with the variables of `env` added or
  /// replaced.
  /**
   * Throws node::Error with the system's code: `ENOENT`, `EACCES`, `EAGAIN`, `EMFILE` …
   */
  WorkerProcess fork(const Environment& env = {}) const;

  /// Adds a worker that was started by other code, and that has the other end of `link`
  /// (DescriptorLink::pair()). It has no pid, and emits no `exit`.
  /**
   * Throws node::Error: `EBADF`, `EPROTOTYPE` … when `link` is no end of a DescriptorLink.
   */
  WorkerProcess adopt(Descriptor link) const;

  /// Allows workers to bind this socket by its number (BindOptions::fd). Descriptors that were not
  /// offered are refused.
  /**
   * The descriptor stays the caller's. When it is closed, it is not offered any more, even if its
   * number is used again.
   *
   * Throws node::Error: `EBADF`, `EINVAL` when it is no UDP socket.
   */
  void offer(NativeHandle handle) const;
  /// Ends the offer: no further worker gets the socket. Workers that have it keep it.
  void withdraw(NativeHandle handle) const;

  /// Registers a listener. `f` gets the worker, and as its second argument what the event brings:
  ListenerId on(event::Online, Function<const WorkerProcess&> f) const;
  ListenerId on(event::Listening, Function<const WorkerProcess&, const ListeningInfo&> f) const;
  /// Its second argument is the text.
  ListenerId on(event::Message, Function<const WorkerProcess&, std::string_view> f) const;
  /// Its second argument is nullptr, or the reason: `EPROTO` when the worker sent an invalid
  /// message.
  ListenerId on(event::Disconnect, Function<const WorkerProcess&, const Error*> f) const;
  ListenerId on(event::Exit, Function<const WorkerProcess&, const ExitStatus&> f) const;
  bool off(event::Online, ListenerId id) const;
  bool off(event::Listening, ListenerId id) const;
  bool off(event::Message, ListenerId id) const;
  bool off(event::Disconnect, ListenerId id) const;
  bool off(event::Exit, ListenerId id) const;

  /// The workers that have not ended yet, ordered by id.
  std::vector<WorkerProcess> workers() const;

  /// Disconnects all workers.
  /**
   * @param callback Called once, when all workers have disconnected and their processes have ended.
   */
  void disconnect(Function<> callback = {}) const;

 private:
  std::shared_ptr<detail::PrimaryState> state_;
};

}  // namespace node::cluster
DGRAM_END_NAMESPACE
