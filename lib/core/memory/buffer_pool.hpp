// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Receive memory of one execution context: slabs and spill areas, lent to sockets while these hold
// datagrams.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <dgram/detail/slab.hpp>
#include <span>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Holds one idle object, without owning it. take() is an exchange, and keep() is a
/// compare-exchange with the empty value, so there is no ABA problem.
template <class T>
class IdleCell {
 public:
  /// Takes the object out; it is the caller's then. nullptr when the cell is empty.
  T* take() noexcept {
    T* const found = object_.load(std::memory_order_relaxed);
    if (!found) return nullptr;
    if (!is_single_threaded()) return object_.exchange(nullptr, std::memory_order_acquire);
    object_.store(nullptr, std::memory_order_relaxed);
    return found;
  }

  /// Stores the object. False when the cell is not empty.
  [[nodiscard]] bool keep(T* object) noexcept {
    if (object_.load(std::memory_order_relaxed)) return false;
    if (!is_single_threaded()) {
      T* empty = nullptr;
      return object_.compare_exchange_strong(
          empty, object, std::memory_order_release, std::memory_order_relaxed);
    }
    object_.store(object, std::memory_order_relaxed);
    return true;
  }

  bool empty() const noexcept { return !object_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T*> object_{nullptr};
};

/// The kinds of slabs, smallest first. A datagram that does not fit its slot is spilled, and the
/// next slab is of a larger kind.
struct SlabClass {
  unsigned slots;
  std::uint32_t stride;
};
inline constexpr std::array<SlabClass, 4> slab_classes = {{
    {16, 2048},  // 1500-byte paths: 16 is the batch that still fits the first-level caches
    {64, 2048},  // the same for SocketOptions::batch above 16
    {8, 16384},  // jumbo frames, 8 KiB records
    {4, 65536},  // anything: 65,527 bytes is the largest datagram there is (RFC 768 over RFC 8200)
}};
inline constexpr std::uint8_t small_class = 0, wide_class = 1, jumbo_class = 2, largest_class = 3;
inline constexpr std::size_t spill_piece = 65536;

/// Thread-safe and lock-free: a Datagram may be destroyed on any thread, and gives its slab back
/// there.
/**
 * Reference-counted, because Datagrams may outlive the context. The number of idle slabs is
 * bounded: each takes a cell, and a slab for which no cell is free is deleted.
 */
class BufferPool {
 public:
  /// A pool with one reference. Throws std::bad_alloc.
  static BufferPool* make();

  void add_reference() noexcept { references_.add(); }
  void release() noexcept;

  /// A slab of that class with one reference, or nullptr when there is no memory.
  Slab* get(unsigned size_class) noexcept;

  /// Takes back a slab that nothing refers to any more.
  void put(Slab* slab) noexcept;

  /// An area of at least `pieces` times 64 KiB for one fill, which takes the ends of large
  /// datagrams. Its pages are not committed until they are touched. nullptr when there is no
  /// memory.
  std::byte* lease_spill(unsigned pieces) noexcept;
  void return_spill(std::byte* area, unsigned pieces) noexcept;

  /// Bytes in slabs that are in use, and in idle slabs of this pool. Counted on request, because
  /// slabs come and go with every wait.
  std::size_t pinned_bytes() const noexcept;
  std::size_t pooled_bytes() const noexcept;

 private:
  BufferPool() noexcept = default;
  ~BufferPool();

  using SlabCells = std::span<IdleCell<Slab>>;
  using SpillCells = std::span<IdleCell<std::byte>>;
  SlabCells slabs(unsigned size_class) noexcept;
  SpillCells spills(unsigned pieces) noexcept;

  ReferenceCount references_;
  std::atomic<std::size_t> made_{0};  // bytes of all slabs, in use and idle
  std::array<IdleCell<Slab>, 64> small_;
  std::array<IdleCell<Slab>, 8> wide_;
  std::array<IdleCell<Slab>, 16> jumbo_;
  std::array<IdleCell<Slab>, 8> largest_;
  std::array<IdleCell<std::byte>, 4> spill_;
  std::array<IdleCell<std::byte>, 2> wide_spill_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
