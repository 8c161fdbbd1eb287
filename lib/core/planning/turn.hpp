// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How much a socket does in one turn of the event loop.
#pragma once

#include <chrono>
#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Operations that are served in a row, and the time that they may take together, before timers and
/// other sockets have their turn. Knows no clock.
/**
 * Time counts only from the second time that the kernel is asked in a turn: then a backlog is being
 * served. Who gets one datagram a turn never asks the clock.
 */
class Turn {
 public:
  void begin() noexcept {
    left_ = most;
    is_timed_ = false;
  }
  bool is_over() const noexcept { return left_ == 0; }
  /// Operations that may still be served.
  unsigned left() const noexcept { return left_; }
  void spend() noexcept { --left_; }

  /// Call it before the kernel is asked for more of a backlog. False: the turn is over.
  template <class Now>
  bool goes_on(Now now) noexcept {
    if (left_ == 0) return false;
    const TimePoint time = now();
    if (!is_timed_) {
      is_timed_ = true;
      ends_at_ = time + longest;
    } else if (time >= ends_at_) {
      left_ = 0;
    }
    return left_ != 0;
  }

  // Large compared to the cost of a turn, and small compared to what a timer can wait.
  static constexpr unsigned most = 64;
  static constexpr TimePoint::duration longest = std::chrono::microseconds(100);

 private:
  unsigned left_ = 0;
  bool is_timed_ = false;
  TimePoint ends_at_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
