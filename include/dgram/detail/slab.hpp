// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A block of receive slots that is shared by the ring which fills it and the Datagrams which read
// it, and the count of those who share it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <new>

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

/// How many refer to something that threads may share; less dear while the process has one thread.
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

class BufferPool;

/// Lives as long as somebody holds a reference; the last one gives it back to its pool, from
/// whichever thread that is.
class DGRAM_API Slab {
 public:
  /// A slab for one datagram of up to `capacity` bytes which belongs to no pool. nullptr when there
  /// is no memory.
  static Slab* make_single(std::size_t capacity) noexcept;

  /// A slab of `slot_count` slots of `stride` bytes. `pool` gets it back through BufferPool::put().
  /// nullptr when there is no memory.
  static Slab* make(BufferPool* pool,
                    unsigned size_class,
                    unsigned slot_count,
                    std::size_t stride) noexcept;

  /// What such a slab takes in all.
  static std::size_t bytes_of(unsigned slot_count, std::size_t stride) noexcept;

  /// Frees the memory; for the pool and for the last reference only.
  static void destroy(Slab* slab) noexcept;

  ReceiveSlot* slots() noexcept { return slots_; }
  unsigned slot_count() const noexcept { return slot_count_; }
  unsigned size_class() const noexcept { return size_class_; }
  std::size_t stride() const noexcept { return slots_[0].capacity; }
  std::size_t bytes() const noexcept { return bytes_; }

  /// Where the whole of a datagram is that did not fit its slot; owned by the slot until it is
  /// popped.
  Slab*& spilled(unsigned slot) noexcept { return spilled_[slot]; }

  void add_references(std::uint32_t n) noexcept { references_.add(n); }
  void release(std::uint32_t n = 1) noexcept {
    if (references_.remove(n)) recycle();
  }
  bool is_only_reference() const noexcept { return references_.is_one(); }

  /// For the pool: a slab that was put back starts again with one reference.
  void revive() noexcept { references_.reset(); }

 private:
  Slab() noexcept = default;
  ~Slab() = default;
  void recycle() noexcept;

  ReferenceCount references_;
  std::uint16_t slot_count_ = 0;
  std::uint8_t size_class_ = 0;
  BufferPool* pool_ = nullptr;
  ReceiveSlot* slots_ = nullptr;
  Slab** spilled_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace detail
DGRAM_END_NAMESPACE
