#include "buffer_pool.hpp"

#include <new>

DGRAM_BEGIN_NAMESPACE
namespace detail {

BufferPool* BufferPool::make() {
  return new BufferPool();
}

BufferPool::~BufferPool() {
  for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class)
    for (std::atomic<Slab*>& cell : cells(size_class))
      if (Slab* slab = cell.load(std::memory_order_acquire)) Slab::destroy(slab);
  for (std::atomic<std::byte*>& cell : spill_)
    ::operator delete(cell.load(std::memory_order_acquire));
  for (std::atomic<std::byte*>& cell : wide_spill_)
    ::operator delete(cell.load(std::memory_order_acquire));
}

void BufferPool::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

std::span<std::atomic<Slab*>> BufferPool::cells(unsigned size_class) noexcept {
  switch (size_class) {
    case small_class:
      return small_;
    case wide_class:
      return wide_;
    case jumbo_class:
      return jumbo_;
    default:
      return largest_;
  }
}

Slab* BufferPool::get(unsigned size_class) noexcept {
  Slab* slab = nullptr;
  for (std::atomic<Slab*>& cell : cells(size_class)) {
    if (!cell.load(std::memory_order_relaxed)) continue;
    slab = cell.exchange(nullptr, std::memory_order_acquire);
    if (slab) break;
  }
  if (slab) {
    slab->revive();
  } else {
    slab = Slab::make(
        this, size_class, slab_classes[size_class].slots, slab_classes[size_class].stride);
    if (!slab) return nullptr;
    made_.fetch_add(slab->bytes(), std::memory_order_relaxed);
  }
  add_reference();
  return slab;
}

void BufferPool::put(Slab* slab) noexcept {
  bool kept = false;
  for (std::atomic<Slab*>& cell : cells(slab->size_class())) {
    Slab* empty = nullptr;
    kept = !cell.load(std::memory_order_relaxed) &&
           cell.compare_exchange_strong(
               empty, slab, std::memory_order_release, std::memory_order_relaxed);
    if (kept) break;
  }
  if (!kept) {
    made_.fetch_sub(slab->bytes(), std::memory_order_relaxed);
    Slab::destroy(slab);
  }
  release();
}

std::size_t BufferPool::pooled_bytes() const noexcept {
  std::size_t bytes = 0;
  for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class) {
    const SlabClass& kind = slab_classes[size_class];
    for (const std::atomic<Slab*>& cell : cells(size_class))
      if (cell.load(std::memory_order_relaxed)) bytes += Slab::bytes_of(kind.slots, kind.stride);
  }
  return bytes;
}

std::size_t BufferPool::pinned_bytes() const noexcept {
  const std::size_t pooled = pooled_bytes();
  const std::size_t made = made_.load(std::memory_order_relaxed);
  return made > pooled ? made - pooled : 0;  // other threads may be at work
}

std::byte* BufferPool::lease_spill(unsigned pieces) noexcept {
  const bool wide = pieces > slab_classes[small_class].slots;
  const std::span<std::atomic<std::byte*>> cells =
      wide ? std::span<std::atomic<std::byte*>>(wide_spill_)
           : std::span<std::atomic<std::byte*>>(spill_);
  for (std::atomic<std::byte*>& cell : cells)
    if (cell.load(std::memory_order_relaxed))
      if (std::byte* area = cell.exchange(nullptr, std::memory_order_acquire)) return area;
  const unsigned slots = wide ? slab_classes[wide_class].slots : slab_classes[small_class].slots;
  return static_cast<std::byte*>(::operator new(slots* spill_piece, std::nothrow));
}

void BufferPool::return_spill(std::byte* area, unsigned pieces) noexcept {
  const bool wide = pieces > slab_classes[small_class].slots;
  const std::span<std::atomic<std::byte*>> cells =
      wide ? std::span<std::atomic<std::byte*>>(wide_spill_)
           : std::span<std::atomic<std::byte*>>(spill_);
  for (std::atomic<std::byte*>& cell : cells) {
    std::byte* empty = nullptr;
    if (cell.compare_exchange_strong(
            empty, area, std::memory_order_release, std::memory_order_relaxed))
      return;
  }
  ::operator delete(area);
}

}  // namespace detail
DGRAM_END_NAMESPACE
