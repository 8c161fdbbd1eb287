// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How many refer to something that threads may share.
#pragma once

#include <atomic>
#include <cstdint>
#include <dgram/config.hpp>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// False where it is not known. As std::shared_ptr of libstdc++ asks.
inline bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded;  // glibc since 2.32; false from the first pthread_create() on
#else
  return false;
#endif
}

/// Starts at 1.
class ReferenceCount {
 public:
  void add(std::uint32_t n = 1) noexcept {
    if (is_single_threaded())
      count_.store(count_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    else
      count_.fetch_add(n, std::memory_order_relaxed);
  }

  /// True for the last ones: nobody refers to it any more.
  [[nodiscard]] bool remove(std::uint32_t n = 1) noexcept {
    if (is_single_threaded()) {
      const std::uint32_t left = count_.load(std::memory_order_relaxed) - n;
      count_.store(left, std::memory_order_relaxed);
      return left == 0;
    }
    // acq_rel: whoever ends or reuses it must see what every former holder did as done.
    return count_.fetch_sub(n, std::memory_order_acq_rel) == n;
  }

  bool is_one() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

  /// Of something that nobody refers to: starts again.
  void reset() noexcept { count_.store(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> count_{1};
};

}  // namespace detail
DGRAM_END_NAMESPACE
