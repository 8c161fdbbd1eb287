// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How many datagrams to ask the kernel for, and whether to ask again before waiting.
#pragma once

#include <algorithm>
#include <cstdint>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Sparse traffic is served by single receives, bursts by full batches.
/**
 * A single receive costs less than a batch of one, and a batch that is mostly unused costs more the
 * larger it is. So while datagrams come one at a time, only one fill in a while asks for a second
 * one: the fourth, then the eighth after it, then each sixteenth. A fill that brings less than it
 * asked for has emptied the socket. The next receive then waits first, because an empty receive
 * costs half as much as a full one.
 */
class BatchSize {
 public:
  explicit BatchSize(unsigned maximum) noexcept : maximum_(maximum) {}

  /// Slots to offer to the next fill.
  unsigned next() const noexcept {
    if (burst_) return maximum_;
    return singles_left_ == 0 && maximum_ > 1 ? 2 : 1;
  }

  /// Records a fill that offered `asked` slots and brought `got` datagrams. `asked` may be less
  /// than next() when the slab had less room; `got` may be more than `asked` when a train came.
  void record(unsigned asked, unsigned got) noexcept {
    const bool was_burst = burst_;
    if (maximum_ == 1) {
      // Fills are single receives here. A further receive that finds a datagram shows a backlog;
      // one that finds none shows its end.
      burst_ = got > 1 || (got == 1 && (burst_ || more_));
      if (more_ && !burst_) look_again(was_burst);
      more_ = got != 0 && (burst_ || singles_left_ == 0 || --singles_left_ == 0);
      return;
    }
    if (asked > 1 || got != 1) {
      burst_ = got > 1;
      look_again(was_burst || burst_);
    } else if (singles_left_ != 0) {
      --singles_left_;
    }
    more_ = burst_ && got >= asked;
  }

  /// True when there may be more datagrams: receive again instead of waiting.
  bool more() const noexcept { return more_; }

  /// The next receive waits until the kernel reports the socket as readable.
  void forget() noexcept { more_ = false; }

 private:
  static constexpr std::uint8_t shortest = 4;
  static constexpr std::uint8_t longest = 16;

  /// A look for more has been made: how many fills there are until the next one.
  void look_again(bool in_burst) noexcept {
    interval_ =
        in_burst || interval_ == 0 ? shortest : std::min<std::uint8_t>(longest, interval_ * 2);
    singles_left_ = static_cast<std::uint8_t>(interval_ - 1);
  }

  unsigned maximum_;
  std::uint8_t interval_ = 0;      // fills from one look to the next
  std::uint8_t singles_left_ = 0;  // the first fill of a socket asks for a second datagram
  bool burst_ = false;
  bool more_ = false;
};

}  // namespace detail
DGRAM_END_NAMESPACE
