// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What became of something that was handed to an executor, when the executor throws.
#pragma once

#include <dgram/config.hpp>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Something that this thread is handing to an executor.
/**
 * An exception of the executor may mean three things. It had no memory, and has destroyed the
 * handler: nothing has happened. It has run the handler at once, and the exception is the
 * handler's. Or it has kept the handler all the same: Asio's strand queues it first, and then finds
 * no memory to schedule itself. (Such a strand runs nothing any more.)
 */
class Posting {
 public:
  explicit Posting(const void* what) noexcept
      : what_(what), outer_(std::exchange(innermost, this)) {}
  Posting(const Posting&) = delete;
  ~Posting() { innermost = outer_; }

  /// For the handler, when it is called.
  static void arrived(const void* what) noexcept {
    if (is_innermost(what)) innermost->what_ = nullptr;
  }
  /// For the handler, when it is destroyed without a call. True: whoever posts it sees to the rest.
  static bool destroyed(const void* what) noexcept {
    if (!is_innermost(what)) return false;
    innermost->is_destroyed_ = true;
    return true;
  }

  /// Destroyed without a call: after an exception, nothing has happened; without one, the executor
  /// has dropped it, since its context goes away.
  bool has_failed() const noexcept { return what_ && is_destroyed_; }
  /// After an exception: kept all the same.
  bool is_kept() const noexcept { return what_ && !is_destroyed_; }

 private:
  static bool is_innermost(const void* what) noexcept {
    return innermost && innermost->what_ == what;
  }

  static inline thread_local Posting* innermost = nullptr;
  const void* what_;
  bool is_destroyed_ = false;
  Posting* const outer_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
