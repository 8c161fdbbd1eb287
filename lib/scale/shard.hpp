// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A shard with its thread, as a ShardGroup uses it.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <dgram/scale/shard_group.hpp>
#include <exception>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "../core/memory/handler_memory.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

class RunningShard;

/// What a shard reports to its group. Called on the shard's own thread.
class ShardHost {
 public:
  virtual const ShardService& service() const noexcept = 0;
  virtual void begun(RunningShard& shard) = 0;

  /// The service has returned (no failure) or thrown. True: it has to begin anew.
  virtual bool begins_anew(RunningShard& shard, std::exception_ptr failure, bool is_restarting) = 0;

  /// A handler that the service has left behind has thrown.
  virtual void handler_failed(std::exception_ptr failure) = 0;

 protected:
  ~ShardHost() = default;
};

/// Memory for the handlers that end a shard. It outlives the shard's context, in which these may
/// still be queued.
struct EndMemory {
  HandlerMemory stop_memory;
  HandlerMemory leave_memory;
};

class RunningShard final : private EndMemory, public Shard {
 public:
  using Clock = std::chrono::steady_clock;

  RunningShard(std::size_t index, const ShardGroupOptions& options, ShardHost& host);

  /// Ends the thread.
  ~RunningShard();

  void start_thread();

  /// Runs `f` on the thread of the shard and waits for its result. Must not be called on that
  /// thread.
  template <class F>
  auto ask(F f) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto answer = task.get_future();
    asio::post(context_, std::move(task));
    return answer.get();
  }

  bool is_thread() const noexcept { return running_here == this; }

  /// Ends the thread, after the service has ended. If the shard was drained, handlers that the
  /// service has left behind may still run, until the time limit of the drain.
  void end_thread() noexcept;

  /// Calls stop() on the thread, soon.
  void post_stop() noexcept;

  // ---- on the thread of the shard, or while it has none

  /// Begins the service, unless the shard has been asked to end meanwhile.
  void begin();

  /// Stops receiving after `quiet` milliseconds in which no datagram waited, and at `latest`.
  void drain(int quiet, Clock::time_point latest);

  void stop();

  /// Begins the service anew: now, or when the running one has ended.
  void restart();

  /// Gives the descriptor away. Datagrams that the socket still holds are dropped and counted.
  NativeHandle release();

  /// The statistics of all sockets that this shard has had.
  Stats stats() const;

 private:
  void run();
  void ended(std::exception_ptr failure);
  void look(int quiet_left);
  void stop_receiving();
  void give_up_at(Clock::time_point time);
  void renew_socket();

  static inline thread_local const RunningShard* running_here = nullptr;

  ShardHost& host_;
  const SocketOptions options_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer look_again_;
  asio::steady_timer give_up_;
  int quiet_ = 0;
  Clock::time_point latest_ = Clock::time_point::min();  // min: the shard was not drained
  Stats past_;                                           // of earlier sockets
  bool is_serving_ = false;
  bool is_restarting_ = false;
  bool is_given_up_ = false;
  bool is_leaving_ = false;
  std::atomic<bool> is_stop_posted_ = false;
  std::thread thread_;
};

/// Drops the datagrams that wait in a bound socket without a reader, and returns their number.
std::uint64_t drop_queued(NativeHandle handle);

}  // namespace detail
DGRAM_END_NAMESPACE
