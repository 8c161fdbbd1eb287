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

/// One socket of a ShardGroup with its context, which one thread runs: what a service gets.
/**
 * Everything here belongs to that thread. What a service shares with other shards it has to guard
 * itself; a Datagram may be handed to them as it is.
 */
class DGRAM_API Shard {
 public:
  using executor_type = asio::io_context::executor_type;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Its place in the group, from 0: what Steering counts.
  std::size_t index() const noexcept { return index_; }

  /// Bound to the group's address. It is the group's to close, and to connect.
  Socket& socket() noexcept { return socket_; }

  /// For sockets and timers beside it.
  asio::io_context& context() noexcept { return context_; }
  executor_type get_executor() noexcept { return context_.get_executor(); }

  /// The group has asked this shard to end: no further receive will find anything new.
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

/// What each shard runs. Called on every shard's thread, at the same time; it lives as long as the
/// group.
using ShardService = std::function<asio::awaitable<void>(Shard&)>;

/// What becomes of a shard whose service has thrown.
enum class AfterFailure : unsigned char {
  stop_group,     ///< All shards are stopped; join() throws it.
  restart_shard,  ///< The service begins anew on the same socket; what waits there is served.
  leave_shard,    ///< The others go on. Until restart() or remove(), nobody serves its share.
};

/// How a ShardGroup is set up.
struct ShardGroupOptions {
  ShardGroupOptions() = default;

  /// 1 to 256; 0 means one for each CPU that this process may use.
  std::size_t shards = 0;

  /// Which shard gets a datagram. With Steering::by_cpu() each thread runs on the CPUs whose
  /// datagrams it gets, as far as this process may use them.
  Steering steering;

  /// Of each socket. SocketOptions::reuse_port is the group's business; reuse_address is refused,
  /// and so is gro with Steering::by_key().
  SocketOptions socket;

  /// Called for each shard's context before its socket is opened: set_log_handler() …
  std::function<void(asio::io_context&)> prepare;

  /// Decides about a service that has thrown, on that shard's thread. Without it:
  /// AfterFailure::stop_group. An exception of its own stops the group as well.
  std::function<AfterFailure(std::size_t index, std::exception_ptr failure)> on_failure;
};

/// N sockets on one port, N threads, one coroutine each.
/**
 * The constructor binds all sockets and starts all threads, or throws and leaves nothing behind.
 * The port is the group's alone: where any other socket has it already, also one with
 * SocketOptions::reuse_port, binding fails. So a service that is started twice says so.
 *
 * **The end of a service.** One that returns has ended its shard: the socket stays, and nobody
 * serves it until restart() or remove(). One that throws: see AfterFailure. After drain(), stop(),
 * restart() or remove() its receives end with `eof` or `operation_aborted`; where it lets these
 * out, that is no failure. What it has left running on its context goes on until the shard ends.
 *
 * **Thread safety.** All calls may be made from any thread at any time. join(), stats(), add(),
 * remove() and restart() wait for shards: on a thread of the group they fail with
 * `resource_deadlock_would_occur`.
 *
 * **The way datagrams take.** While the group starts, and while a shard is added, a key may meet
 * another shard than later. An index is kept for life: what remove() leaves is a gap, and add()
 * fills the lowest one. docs/scaling.md has the details.
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

  /// Binds and starts.
  /**
   * @param local Port 0: the kernel chooses one for the first socket, the others take the same.
   * @param service What runs on each shard.
   * @param options How many shards, and which of them gets what.
   *
   * Throws Error: `invalid_argument` (more than 256 shards, a key out of its ranges, an empty
   * service, reuse_address, gro by key); Errc::no_balancing (more than one shard on a system that
   * does not share a port out); those of Socket::bind(). std::system_error: no more threads.
   */
  ShardGroup(const Endpoint& local, ShardService service, const ShardGroupOptions& options = {});
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;

  /// stop() and join(); what join() would throw is lost.
  ~ShardGroup();

  Endpoint local_endpoint() const noexcept;

  /// Indices in use, gaps included.
  std::size_t size() const;

  /// False for a gap, and from size() on.
  bool has(std::size_t index) const;

  /// The shard that a payload goes to; nullopt where it is not the payload that decides.
  std::optional<std::size_t> shard_of(std::span<const std::byte> payload) const;

  // ---- the end

  /// Asks each shard to serve what waits for it now and to end. Does not wait.
  /**
   * Each stops receiving as soon as nothing waits for it any more, at the latest after `limit`; its
   * recv then ends with `eof`. Its service, and what that has left running, may go on until `limit`
   * as well. What still comes is dropped.
   *
   * @param limit Counted from this call. A negative one means 0; one beyond the clock's range means
   * for ever.
   */
  void drain(duration limit = std::chrono::seconds(1));

  /// Ends the operations of all shards' sockets, with `operation_aborted`, and their receives for
  /// good. Does not wait.
  /**
   * A service that waits for its socket ends by that. One that waits for something else ends when
   * that does: Shard::is_stopping() tells it.
   */
  void stop();

  /// Waits until every service has ended, then closes the sockets and throws the first failure that
  /// stopped the group.
  /**
   * A service that goes on for more than a second after it was asked to end, and beyond the limit
   * of drain(), is destroyed where it waits; its destructors must not use the shard. What is left
   * in the sockets is counted in Stats::discarded_at_close. The group has ended then: add(),
   * remove() and restart() fail with `bad_descriptor`, stats() goes on answering.
   */
  void join();

  // ---- while it runs

  /// Counters of one shard, of all that had this index, and of all shards together.
  /**
   * Asked for on the shard's own thread, so a service that keeps its thread busy keeps this
   * waiting. Errors: `invalid_argument` (no such index).
   */
  Stats stats(std::size_t index) const;
  Stats stats() const;

  /// Starts one more shard: in the lowest gap, else with the index size(). Returns the index.
  /**
   * By key and by CPU, a filled gap gets back what was its own, and nothing else moves; a further
   * index moves most keys. By hash, peers move. Errors: those of the constructor; `bad_descriptor`
   * after drain() or stop(). Nothing has changed then.
   */
  std::size_t add();

  /// Ends one shard, without a loss: the others get its share, it serves what waits for it, and
  /// ends.
  /**
   * It stops receiving after 10 ms in which nothing came, at the latest after `limit`, and this
   * call returns when its service has ended, or was given up as join() does. What was left then is
   * counted in Stats::discarded_at_close. By key and by CPU, only its share moves. By hash, peers
   * move. Its descriptor stays open until the group ends: to close one moves the numbers of others.
   *
   * Errors: `invalid_argument` (no such shard, or the last one).
   */
  void remove(std::size_t index, duration limit = std::chrono::seconds(5));

  /// Begins the service of a shard anew, on the same socket: nothing is lost, nothing moves.
  /**
   * One that runs serves what it has taken out of the kernel, gets `eof`, and is waited for,
   * however long that takes; calls that wait for shards wait as well. Errors: `invalid_argument`
   * (no such shard); `bad_descriptor` (the service has closed the socket; after drain() or stop()).
   */
  void restart(std::size_t index);

 private:
  class State;
  std::unique_ptr<State> state_;
};

DGRAM_END_NAMESPACE
