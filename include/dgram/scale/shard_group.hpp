// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// One service on many cores: sockets that share a port, each with a thread of its own.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/options.hpp>
#include <dgram/scale/config.hpp>
#include <dgram/scale/steering.hpp>
#include <dgram/socket.hpp>
#include <dgram/stats.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>

DGRAM_BEGIN_NAMESPACE

/// One socket of a ShardGroup, with a context that one thread runs. The service gets a reference to
/// it.
/**
 * Use it only on that thread. Data that a service shares with other shards needs a mutex or the
 * like; a Datagram may be passed to another shard as it is.
 */
class DGRAM_API Shard {
 public:
  using executor_type = asio::io_context::executor_type;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Its number in the group, from 0, as Steering counts.
  std::size_t index() const noexcept { return index_; }

  /// The socket, bound to the address of the group. Do not close or connect it.
  Socket& socket() noexcept { return socket_; }

  /// The context, also for other sockets and timers of the service.
  asio::io_context& context() noexcept { return context_; }
  executor_type get_executor() noexcept { return context_.get_executor(); }

  /// True when the group has asked this shard to end. Its receives then find nothing new.
  bool is_stopping() const noexcept { return is_stopping_; }

 protected:
  Shard(std::size_t index,
        const SocketOptions& options,
        const std::function<void(asio::io_context&)>& prepare);
  ~Shard() = default;

  asio::io_context context_{1};
  std::size_t index_;
  Socket socket_;
  bool is_stopping_ = false;
};

/// The service that each shard runs. It is called concurrently on the threads of all shards, and
/// lives as long as the group.
using ShardService = std::function<asio::awaitable<void>(Shard&)>;

/// What a group does when the service of a shard has thrown.
enum class AfterFailure : unsigned char {
  stop_group,     ///< Stops all shards; join() throws the exception.
  restart_shard,  ///< Starts the service again on the same socket; what is queued there is served.
  leave_shard,    ///< The others go on. Until restart() or remove(), the share of this shard is not
                  ///< served.
};

/// The options of a ShardGroup.
struct ShardGroupOptions {
  ShardGroupOptions() = default;

  /// How many shards: 1 to 256; 0 means one for each CPU that this process may use.
  std::size_t shards = 0;

  /// Which shard gets a datagram. With Steering::by_cpu() the thread of each shard is pinned to the
  /// CPUs whose datagrams it gets, as far as this process may use them.
  Steering steering;

  /// The options of each socket. The group sets SocketOptions::reuse_port itself; reuse_address is
  /// refused, and so is gro together with Steering::by_key().
  SocketOptions socket;

  /// Called for the context of each shard before its socket is opened, for instance for
  /// set_log_handler().
  std::function<void(asio::io_context&)> prepare;

  /// Decides what to do when a service has thrown. It is called on the thread of that shard. The
  /// default is AfterFailure::stop_group. An exception of this function stops the group as well.
  std::function<AfterFailure(std::size_t index, std::exception_ptr failure)> on_failure;
};

/// Several sockets on one port. Each has a thread, on which it runs a service, a coroutine.
/**
 * The constructor binds all sockets and starts all threads. If it throws, nothing of that is left.
 * The group needs the port for itself: if another socket has it already, even one with
 * SocketOptions::reuse_port, binding fails. So a service that is started twice gets an error.
 *
 * **The end of a service.** When a service returns, its shard has ended: the socket stays, and is
 * not served until restart() or remove(). When a service throws, see AfterFailure. After drain(),
 * stop(), restart() or remove() the receives of the service end with `eof` or `operation_aborted`;
 * if the service throws these, that is no failure. Coroutines that a service has started on its
 * context go on until the shard ends.
 *
 * **Thread safety.** All calls may be made from any thread at any time. join(), stats(), add(),
 * remove() and restart() wait for shards; on a thread of the group they fail with
 * `resource_deadlock_would_occur`.
 *
 * **Which shard gets what.** While the group starts, and while a shard is added, datagrams with a
 * key may go to another shard than later. The index of a shard never changes: remove() leaves a
 * gap, and add() fills the lowest gap. docs/scaling.md has the details.
 *
 * Example:
 * @code
 * asio::awaitable<void> echo(dgram::Shard& shard) {
 *   for (;;) {
 *     const dgram::Datagram d = co_await shard.socket().recv();
 *     std::error_code ec;
 *     co_await shard.socket().send(d, d.remote(), ec);  // one peer's fault is not the service's
 *   }
 * }
 *
 * dgram::ShardGroup group(dgram::Endpoint(asio::ip::udp::v4(), 7), echo);
 * group.join();
 * @endcode
 *
 * Source: socket(7), SO_REUSEPORT.
 */
class DGRAM_API ShardGroup {
 public:
  using duration = std::chrono::steady_clock::duration;

  /// Binds the sockets and starts the shards.
  /**
   * @param local The address of all sockets. With port 0 the kernel chooses a port for the first
   * socket, and the others take the same.
   * @param service Runs on each shard.
   * @param options How many shards there are, which of them gets what, and more.
   *
   * Throws Error: `invalid_argument` (more than 256 shards, a key out of range, an empty service,
   * reuse_address, gro together with a key); Errc::no_balancing (more than one shard on a system
   * that does not distribute the datagrams of a port); the errors of Socket::bind(). Throws
   * std::system_error when no thread can be started.
   */
  ShardGroup(const Endpoint& local, ShardService service, const ShardGroupOptions& options = {});
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;

  /// Does what stop() and join() do, but throws nothing.
  ~ShardGroup();

  Endpoint local_endpoint() const noexcept;

  /// The number of shards, counting gaps.
  std::size_t size() const;

  /// True when there is a shard with this index: false for a gap, and from size() on.
  bool has(std::size_t index) const;

  /// The shard that gets a datagram with this payload; nullopt unless the payload decides
  /// (Steering::by_key()).
  std::optional<std::size_t> shard_of(std::span<const std::byte> payload) const;

  // ---- the end

  /// Asks each shard to serve what is queued for it now, and then to end. Does not wait.
  /**
   * A shard stops receiving when its queue is empty, at the latest after `limit`; its recv then
   * ends with `eof`. The service and the coroutines that it has started may go on until `limit` as
   * well. Datagrams that arrive later are dropped.
   *
   * @param limit Counted from this call. A negative one means 0; one beyond the clock's range means
   * for ever.
   */
  void drain(duration limit = std::chrono::seconds(1));

  /// Cancels all operations on the sockets of all shards (`operation_aborted`), and lets no further
  /// receive begin. Does not wait.
  /**
   * This ends a service that waits for its socket. A service that waits for something else should
   * look at Shard::is_stopping() afterwards, and return.
   */
  void stop();

  /// Waits until every service has ended, and closes the sockets. Then throws the first failure
  /// that has stopped the group, if any.
  /**
   * A service that has not ended a second after it was asked to, and after the limit of drain(), is
   * destroyed where it is suspended; its destructors must not use the shard. Datagrams that are
   * left in the sockets are counted in Stats::discarded_at_close. After join() the group has ended:
   * add(), remove() and restart() fail with `bad_descriptor`; stats() still works.
   */
  void join();

  // ---- while it runs

  /// The counters of one index (of all shards that had it), and those of all shards together.
  /**
   * They are read on the thread of each shard; so a service that keeps its thread busy makes this
   * call wait. Errors: `invalid_argument` (no such index).
   */
  Stats stats(std::size_t index) const;
  Stats stats() const;

  /// Starts one more shard, with the index of the lowest gap, or else size(). Returns the index.
  /**
   * By key and by CPU, a shard in a gap gets the share that the index had before, and nothing else
   * moves; a new index moves most keys. By hash, peers move to other shards. Errors: those of the
   * constructor; `bad_descriptor` after drain() or stop(). After an error nothing has changed.
   */
  std::size_t add();

  /// Ends one shard without a loss: its share goes to the other shards, it serves what is queued
  /// for it, and ends.
  /**
   * The shard stops receiving when nothing has arrived for 10 ms, at the latest after `limit`. The
   * call returns when the service has ended, or was destroyed as in join(). Datagrams that are left
   * are counted in Stats::discarded_at_close. By key and by CPU, only the share of this shard
   * moves. By hash, peers move to other shards. The descriptor stays open until the group ends,
   * because closing it would renumber other sockets in the kernel.
   *
   * Errors: `invalid_argument` (no such shard, or the last one).
   */
  void remove(std::size_t index, duration limit = std::chrono::seconds(5));

  /// Starts the service of a shard again, on the same socket. Nothing is lost, and nothing moves to
  /// another shard.
  /**
   * If the service is running, it serves the datagrams that its socket holds, and then gets `eof`.
   * This call waits until it has ended, however long that takes; meanwhile other calls that wait
   * for shards wait as well. Errors: `invalid_argument` (no such shard); `bad_descriptor` (the
   * service has closed the socket; after drain() or stop()).
   */
  void restart(std::size_t index);

 private:
  class State;
  std::unique_ptr<State> state_;
};

DGRAM_END_NAMESPACE
