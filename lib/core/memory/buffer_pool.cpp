// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <cstdlib>
#include <dgram/detail/slab.hpp>
#include <new>

#include "buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

BufferPool* BufferPool::make() {
  return new BufferPool();
}

BufferPool::~BufferPool() {
  for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class)
    for (IdleCell<Slab>& cell : slabs(size_class))
      if (Slab* slab = cell.take()) Slab::destroy(slab);
  for (IdleCell<std::byte>& cell : spill_) ::operator delete(cell.take());
  for (IdleCell<std::byte>& cell : wide_spill_) ::operator delete(cell.take());
}

void BufferPool::release() noexcept {
  if (references_.remove()) delete this;
}

BufferPool::SlabCells BufferPool::slabs(unsigned size_class) noexcept {
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

BufferPool::SpillCells BufferPool::spills(unsigned pieces) noexcept {
  if (pieces > slab_classes[small_class].slots) return wide_spill_;
  return spill_;
}

Slab* BufferPool::get(unsigned size_class) noexcept {
  Slab* slab = nullptr;
  for (IdleCell<Slab>& cell : slabs(size_class))
    if ((slab = cell.take())) break;
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
  const SlabCells cells = slabs(slab->size_class());
  const bool kept = std::any_of(
      cells.begin(), cells.end(), [slab](IdleCell<Slab>& cell) { return cell.keep(slab); });
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
    for (const IdleCell<Slab>& cell : const_cast<BufferPool*>(this)->slabs(size_class))
      if (!cell.empty()) bytes += Slab::bytes_of(kind.slots, kind.stride);
  }
  return bytes;
}

std::size_t BufferPool::pinned_bytes() const noexcept {
  const std::size_t pooled = pooled_bytes();
  const std::size_t made = made_.load(std::memory_order_relaxed);
  return made > pooled ? made - pooled : 0;  // other threads may change both values meanwhile
}

std::byte* BufferPool::lease_spill(unsigned pieces) noexcept {
  for (IdleCell<std::byte>& cell : spills(pieces))
    if (std::byte* area = cell.take()) return area;
  const bool wide = pieces > slab_classes[small_class].slots;
  const unsigned slots = slab_classes[wide ? wide_class : small_class].slots;
  return static_cast<std::byte*>(::operator new(slots* spill_piece, std::nothrow));
}

void BufferPool::return_spill(std::byte* area, unsigned pieces) noexcept {
  for (IdleCell<std::byte>& cell : spills(pieces))
    if (cell.keep(area)) return;
  ::operator delete(area);
}

namespace {

// A slab is one block of memory: the Slab, its slots, the spill pointers, then the bytes.
struct Layout {
  Layout(unsigned slot_count, std::size_t stride) noexcept {
    static_assert(alignof(ReceiveSlot) <= alignof(std::max_align_t) &&
                  sizeof(Slab) % alignof(ReceiveSlot) == 0);
    static_assert(sizeof(ReceiveSlot) % alignof(Slab*) == 0);
    constexpr std::size_t line = 64;
    spilled_at = sizeof(Slab) + slot_count * sizeof(ReceiveSlot);
    data_at = (spilled_at + slot_count * sizeof(Slab*) + line - 1) / line * line;
    bytes = data_at + slot_count * stride;
  }
  std::size_t slots_at = sizeof(Slab);
  std::size_t spilled_at, data_at, bytes;
};

}  // namespace

std::size_t Slab::bytes_of(unsigned slot_count, std::size_t stride) noexcept {
  return Layout(slot_count, stride).bytes;
}

Slab* Slab::make(BufferPool* pool,
                 unsigned size_class,
                 unsigned slot_count,
                 std::size_t stride) noexcept {
  const Layout layout(slot_count, stride);
  std::byte* block = static_cast<std::byte*>(std::malloc(layout.bytes));
  if (!block) return nullptr;
  Slab* slab = new (block) Slab();
  slab->slot_count_ = static_cast<std::uint16_t>(slot_count);
  slab->size_class_ = static_cast<std::uint8_t>(size_class);
  slab->pool_ = pool;
  slab->bytes_ = layout.bytes;
  slab->slots_ = reinterpret_cast<ReceiveSlot*>(block + layout.slots_at);
  slab->spilled_ = reinterpret_cast<Slab**>(block + layout.spilled_at);
  for (unsigned i = 0; i < slot_count; ++i) {
    ReceiveSlot* slot = new (slab->slots_ + i) ReceiveSlot();
    slot->data = block + layout.data_at + i * stride;
    slot->capacity = static_cast<std::uint32_t>(stride);
    new (slab->spilled_ + i) Slab*(nullptr);
  }
  return slab;
}

Slab* Slab::make_single(std::size_t capacity) noexcept {
  return make(nullptr, 0, 1, capacity);
}

void Slab::destroy(Slab* slab) noexcept {
  static_assert(std::is_trivially_destructible_v<ReceiveSlot>);
  slab->~Slab();
  std::free(slab);
}

void Slab::recycle() noexcept {
  if (pool_)
    pool_->put(this);
  else
    destroy(this);
}

}  // namespace detail
DGRAM_END_NAMESPACE
