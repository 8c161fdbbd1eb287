// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The tick queue of a context.
#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <dgram/config.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../core/memory/handler_memory.hpp"
#include "tick.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

class TickQueue final : public asio::execution_context::service {
 public:
  using key_type = TickQueue;
  static asio::execution_context::id id;

  static TickQueue& of(asio::io_context& context) { return asio::use_service<TickQueue>(context); }

  explicit TickQueue(asio::execution_context& context)
      : service(context), context_(static_cast<asio::io_context&>(context)) {}
  void shutdown() override;

  /// Adds a tick. Within a turn it runs at the end of the turn; otherwise in a turn of its own.
  void push(Tick tick);

  /// From any thread: runs `f` in a turn of its own, or earlier, in the next heed() of the thread
  /// that called this.
  void interrupt(std::function<void()> f);

  /// At the beginning of each call: a thread that has called interrupt() and goes on finds `f`
  /// done.
  void heed() {
    if (interrupted_.load(std::memory_order_acquire)) run_interrupts(true);
  }

  /// Calls `callback`, then drains. Inside another turn, that turn drains.
  /**
   * When an exception leaves this call, the remaining ticks are drained in a turn of their own.
   */
  template <class Callback>
  void turn(Callback&& callback) {
    const Turn inside(*this);
    std::forward<Callback>(callback)();
    if (depth_ == 1) drain();
  }

  /// Reserves room for one tick, which then needs no memory to be pushed. Throws where there is
  /// none.
  void keep_place();
  void give_place_back() noexcept { --kept_places_; }

  /// Sets a function that is called when the context shuts down, unless forget() comes before.
  void at_shutdown(const void* owner, std::function<void()> f) {
    at_shutdown_[owner] = std::move(f);
  }
  void forget(const void* owner) noexcept { at_shutdown_.erase(owner); }

  /// Runs all ticks. Called inside a turn, as Node does it between two messages of one batch.
  void drain();

 private:
  class Turn {
   public:
    explicit Turn(TickQueue& queue) noexcept : queue_(queue) { ++queue_.depth_; }
    Turn(const Turn&) = delete;
    ~Turn() {
      if (--queue_.depth_ == 0 && !queue_.empty()) queue_.schedule();
    }

   private:
    TickQueue& queue_;
  };
  void schedule() noexcept;
  void run_interrupts(bool only_own);
  void make_room();

  asio::io_context& context_;
  bool empty() const noexcept { return first_ == ticks_.size(); }

  // A vector keeps its memory, where a deque takes and gives back a block every few ticks.
  std::vector<Tick> ticks_;
  std::size_t first_ = 0;  // the ticks before it have run
  std::size_t kept_places_ = 0;
  dgram::detail::HandlerMemory turn_memory_;
  std::map<const void*, std::function<void()>> at_shutdown_;

  struct Interrupt {
    std::thread::id by;
    std::function<void()> f;
  };
  std::mutex interrupts_mutex_;
  std::vector<Interrupt> interrupts_;
  std::atomic<bool> interrupted_ = false;

  unsigned depth_ = 0;
  bool scheduled_ = false;
  bool is_shut_down_ = false;
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
