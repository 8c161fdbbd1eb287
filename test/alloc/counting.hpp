// Counts what is asked of the heap, below operator new, and makes the n-th request fail.
#pragma once

#include <cstddef>

namespace test {

/// Requests of this thread since it started: malloc, calloc, realloc, aligned_alloc,
/// posix_memalign, memalign.
std::size_t allocations() noexcept;

/// Blocks of the whole program that are not freed.
long live_blocks() noexcept;

/// While it lives, the n-th request of this thread from now on fails; 0: none does. Use no test
/// macro meanwhile: they allocate, too.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t nth) noexcept;
  FailingAllocation(const FailingAllocation&) = delete;
  ~FailingAllocation();

  /// The n-th request has come.
  bool fired() const noexcept;

  /// No more failures from here on; fired() keeps its answer.
  static void disarm() noexcept;
};

}  // namespace test
