// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The primary's side of a cluster.
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

/// Variables, each a name and a value.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// What Primary::fork() starts.
struct Settings {
  /// A path, or a name to be looked for in PATH. Empty: this program (/proc/self/exe).
  std::string exec = {};
  /// Behind the program's name.
  std::vector<std::string> args = {};
  /// How many sockets one worker may hold in this process. What it binds beyond them fails with
  /// `EDQUOT`. RLIMIT_NOFILE of this process should be more than that for all workers.
  std::size_t sockets_per_worker = 256;
};

/// A worker, as its primary sees it. A cheap handle: copies are the same worker.
/**
 * Thread safety: as Primary.
 */
class DGRAM_API WorkerProcess {
 public:
  /// 1, 2, … in the order of fork() and adopt(); not used again.
  int id() const noexcept;
  /// Of the process; 0 for one that was adopted.
  int pid() const noexcept;
  bool is_connected() const noexcept;
  /// True when the process has ended.
  bool is_dead() const noexcept;
  /// True when the end was wanted: disconnect() was called, here or by the worker.
  bool exited_after_disconnect() const noexcept;

  /// As Worker::send(), the other way.
  bool send(std::string_view text) const;

  /// Asks the worker to close its shared sockets and to leave. It holds none of them in this
  /// process from now on. No effect when it is not connected.
  void disconnect() const;

  /// Sends the process a signal. False when it has ended, or is no child of this one.
  bool kill(int signal = SIGTERM) const;

  bool operator==(const WorkerProcess&) const noexcept = default;

 private:
  friend class detail::PrimaryState;
  explicit WorkerProcess(std::shared_ptr<detail::WorkerProcessState> state) noexcept
      : state_(std::move(state)) {}
  std::shared_ptr<detail::WorkerProcessState> state_;
};

/// Starts worker processes, and hands them the sockets that they share.
/**
 * Workers that bind the same, and not exclusively, share one socket of the kernel. The primary
 * makes it and keeps it as long as one of them has it: what waits there is not lost when a worker
 * dies. docs/cluster.md says who shares what.
 *
 * A cheap handle, as node::Socket is: copies are the same primary. It goes on without any handle
 * while it has workers, and keeps `io_context::run()` from returning. When the context ends, so do
 * the links to its workers. A worker whose messages make no sense is disconnected.
 *
 * Processes are started with posix_spawn(3), which threads of this process do not mind, and waited
 * for by SIGCHLD, which Asio handles from the first fork() on. Needs Linux, as DescriptorLink does.
 *
 * Events come inside `io_context::run()`, those of one worker in this order: `online`, then
 * `listening` and `message`, `disconnect`, `exit`. What a listener throws leaves `run()`; when
 * that is called again, everything goes on.
 *
 * Thread safety: on the thread that runs the context, or while nobody runs it.
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

  /// Starts a worker. It is in the environment of this process, with `env` beside or instead.
  /**
   * Throws node::Error with the system's code: `ENOENT`, `EACCES`, `EAGAIN`, `EMFILE` …
   */
  WorkerProcess fork(const Environment& env = {}) const;

  /// Takes a worker that somebody else has started, and that has the other end of `link`
  /// (DescriptorLink::pair()). It has no pid and no `exit`.
  /**
   * Throws node::Error: `EBADF`, `EPROTOTYPE` … for what is no link.
   */
  WorkerProcess adopt(Descriptor link) const;

  /// Lets workers bind a socket of this process by its number (BindOptions::fd), and no other.
  /**
   * It stays the caller's. When it is closed it is offered no more, whatever its number means then.
   *
   * Throws node::Error: `EBADF`, `EINVAL` for what is no UDP socket.
   */
  void offer(NativeHandle handle) const;
  /// No worker gets it from now on; those that have it keep it.
  void withdraw(NativeHandle handle) const;

  /// `f` is a `void(const WorkerProcess&)`, and may take what is behind it:
  ListenerId on(event::Online, Function<const WorkerProcess&> f) const;
  ListenerId on(event::Listening, Function<const WorkerProcess&, const ListeningInfo&> f) const;
  /// The text that the worker sent.
  ListenerId on(event::Message, Function<const WorkerProcess&, std::string_view> f) const;
  /// nullptr, or why it was disconnected: `EPROTO` for a worker whose messages make no sense.
  ListenerId on(event::Disconnect, Function<const WorkerProcess&, const Error*> f) const;
  ListenerId on(event::Exit, Function<const WorkerProcess&, const ExitStatus&> f) const;
  bool off(event::Online, ListenerId id) const;
  bool off(event::Listening, ListenerId id) const;
  bool off(event::Message, ListenerId id) const;
  bool off(event::Disconnect, ListenerId id) const;
  bool off(event::Exit, ListenerId id) const;

  /// Those that have not ended yet, by id.
  std::vector<WorkerProcess> workers() const;

  /// Disconnects all workers.
  /**
   * @param callback Called once when none is left: they have disconnected, and their processes
   * have ended.
   */
  void disconnect(Function<> callback = {}) const;

 private:
  std::shared_ptr<detail::PrimaryState> state_;
};

}  // namespace node::cluster
DGRAM_END_NAMESPACE
