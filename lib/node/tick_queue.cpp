// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "tick_queue.hpp"

#include <algorithm>
#include <dgram/node/next_tick.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace detail {

asio::execution_context::id TickQueue::id;

// A call may end other owners, whose calls are then removed by forget().
void TickQueue::shutdown() {
  is_shut_down_ = true;
  // Destroying a tick may end objects that push further ticks.
  std::exchange(ticks_, {}).clear();
  first_ = 0;
  std::vector<Interrupt> interrupts;
  {
    const std::lock_guard lock(interrupts_mutex_);
    interrupts.swap(interrupts_);
  }
  interrupts.clear();
  while (!at_shutdown_.empty()) {
    const std::function<void()> f = std::move(at_shutdown_.begin()->second);
    at_shutdown_.erase(at_shutdown_.begin());
    f();
  }
}

void TickQueue::push(Tick tick) {
  if (is_shut_down_) return;
  make_room();
  ticks_.push_back(std::move(tick));
  if (depth_ == 0) schedule();
}

void TickQueue::keep_place() {
  make_room();
  ++kept_places_;
}

void TickQueue::make_room() {
  const std::size_t needed = ticks_.size() + kept_places_ + 1;
  if (needed > ticks_.capacity()) ticks_.reserve(std::max(needed, 2 * ticks_.capacity()));
}

void TickQueue::drain() {
  // After so many ticks have run, their places are reused even while further ticks keep coming.
  constexpr std::size_t many = 1024;
  while (!empty()) {
    Tick tick = std::move(ticks_[first_]);
    ++first_;
    if (empty()) {
      ticks_.clear();
      first_ = 0;
    } else if (first_ >= many && first_ * 2 >= ticks_.size()) {
      ticks_.erase(ticks_.begin(), ticks_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    tick();
    if (tick.batch() && (empty() || ticks_[first_].batch() != tick.batch())) tick.batch()->leave();
  }
}

void TickQueue::interrupt(std::function<void()> f) {
  {
    const std::lock_guard lock(interrupts_mutex_);
    interrupts_.push_back({std::this_thread::get_id(), std::move(f)});
    interrupted_.store(true, std::memory_order_release);
  }
  asio::post(context_, [this] { turn([this] { run_interrupts(false); }); });
}

void TickQueue::run_interrupts(bool only_own) {
  std::vector<Interrupt> due;
  {
    const std::lock_guard lock(interrupts_mutex_);
    std::vector<Interrupt> others;
    for (Interrupt& each : interrupts_)
      (only_own && each.by != std::this_thread::get_id() ? others : due).push_back(std::move(each));
    interrupted_.store(!others.empty(), std::memory_order_relaxed);
    interrupts_ = std::move(others);
  }
  for (const Interrupt& each : due) each.f();
}

// At most one turn is scheduled at a time, so there is always memory for it.
void TickQueue::schedule() noexcept {
  if (std::exchange(scheduled_, true)) return;
  dgram::detail::post_in(turn_memory_, context_, [this] {
    scheduled_ = false;
    turn([] {});
  });
}

}  // namespace detail

void next_tick(asio::io_context& context, std::function<void()> f) {
  detail::TickQueue& ticks = detail::TickQueue::of(context);
  ticks.heed();
  ticks.push(std::move(f));
}

}  // namespace node
DGRAM_END_NAMESPACE
