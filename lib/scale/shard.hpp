// A shard with its thread: what a ShardGroup does to one of its shards.
#pragma once

#include <asio/cancellation_signal.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <dgram/shard_group.hpp>
#include <exception>
#include <functional>
#include <future>
#include <span>
#include <thread>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

class RunningShard;

/// What a shard tells its group, on its own thread.
class ShardHost {
 public:
  virtual const ShardService& service() const noexcept = 0;
  virtual void begun(RunningShard& shard) = 0;

  /// The service has returned (no failure), or thrown. True: it is to begin anew.
  virtual bool begins_anew(RunningShard& shard, std::exception_ptr failure, bool is_restarting) = 0;

  /// A handler that the service has left behind has thrown.
  virtual void handler_failed(std::exception_ptr failure) = 0;

 protected:
  ~ShardHost() = default;
};

class RunningShard final : public Shard {
 public:
  RunningShard(std::size_t index, const ShardGroupOptions& options, ShardHost& host);

  /// Ends the thread, whatever the service does.
  ~RunningShard();

  void start_thread();

  /// Runs `f` on the thread of the shard and waits for its result. Not on that thread.
  template <class F>
  auto ask(F f) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto answer = task.get_future();
    asio::post(context_, std::move(task));
    return answer.get();
  }

  /// Ends the thread; the service has ended.
  void end_thread();

  bool is_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

  // ---- on the thread

  /// Begins the service, unless the shard has been asked to end meanwhile.
  void begin();

  /// Stops receiving after `quiet` milliseconds in which nothing waited, and at `latest`.
  void drain(int quiet, std::chrono::steady_clock::time_point latest);

  void stop();

  /// Begins the service anew, when it has ended.
  void restart();

  /// Drops what was received and not asked for; returns how much. The service has ended.
  std::uint64_t drop_held();

 private:
  void run();
  void ended(std::exception_ptr failure);
  void look(int quiet_left);
  void stop_receiving();

  ShardHost& host_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::cancellation_signal cancelled_;
  asio::steady_timer look_again_;
  int quiet_ = 0;
  std::chrono::steady_clock::time_point latest_;
  bool is_serving_ = false;
  bool is_restarting_ = false;
  std::thread thread_;
};

/// The end of a time that begins now. A negative one is over; one beyond the clock's range never.
std::chrono::steady_clock::time_point time_after(std::chrono::steady_clock::duration limit);

/// Takes out what waits in a bound socket that nobody reads, and drops it; returns how much.
std::uint64_t drop_queued(NativeHandle handle);

}  // namespace detail
DGRAM_END_NAMESPACE
