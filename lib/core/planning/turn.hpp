// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How much a socket does in one turn of the event loop.
#pragma once

#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Operations that are served in a row before timers and other sockets have their turn.
class Turn {
 public:
  void begin() noexcept { left_ = most; }
  bool is_over() const noexcept { return left_ == 0; }
  /// Operations that may still be served.
  unsigned left() const noexcept { return left_; }
  void spend() noexcept { --left_; }

  // Large compared to the cost of a turn, and small compared to what a timer can wait.
  static constexpr unsigned most = 64;

 private:
  unsigned left_ = 0;
};

}  // namespace detail
DGRAM_END_NAMESPACE
