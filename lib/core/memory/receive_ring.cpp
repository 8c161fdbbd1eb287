// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "receive_ring.hpp"

#include <algorithm>
#include <cstring>

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {
// After so many small datagrams in a row, the ring goes back to small slots. The number is low
// enough not to keep megabytes for one large datagram, and high enough that mixed traffic does not
// alternate between classes.
constexpr unsigned quiet_limit = 1024;

std::size_t datagrams_in(const ReceiveSlot& slot) noexcept {
  if (slot.segment_size == 0 || slot.size <= slot.segment_size) return 1;
  return (slot.size + slot.segment_size - 1) / slot.segment_size;
}

}  // namespace

ReceiveRing::ReceiveRing(BufferPool& pool, unsigned batch) noexcept
    : pool_(pool),
      base_class_(batch > slab_classes[small_class].slots ? wide_class : small_class),
      size_class_(base_class_),
      batch_(static_cast<std::uint8_t>(batch)) {
  pool_.add_reference();
}

ReceiveRing::~ReceiveRing() {
  discard();
  drop_slab();
  pool_.release();
}

void ReceiveRing::expect_trains() noexcept {
  trains_ = true;
  size_class_ = largest_class;
}

std::span<ReceiveSlot> ReceiveRing::begin_fill(unsigned wanted) noexcept {
  if (slab_) {
    const bool all_free = slab_->is_only_reference();
    const bool outgrown = slab_->size_class() != size_class_;
    if (all_free && !outgrown)
      used_ = 0;
    else if (outgrown || used_ == slab_->slot_count())
      drop_slab();
  }
  if (!slab_) {
    slab_ = pool_.get(size_class_);
    if (!slab_) return {};
    used_ = 0;
  }
  head_ = tail_ = used_;
  // Trains are received faster into one slot of 64 KiB that stays in the cache than into several
  // that do not.
  const bool one = trains_ && size_class_ == largest_class;
  const unsigned count = one ? 1 : std::min(wanted, slab_->slot_count() - used_);
  const std::span<ReceiveSlot> slots(slab_->slots() + used_, count);
  if (slab_->stride() < spill_piece) {
    spill_ = pool_.lease_spill(batch_);
    if (!spill_) return {};  // without it a datagram could be truncated, so nothing is received
    for (unsigned i = 0; i < count; ++i) {
      slots[i].spill = spill_ + i * spill_piece;
      slots[i].spill_capacity = spill_piece;
    }
  }
  return slots;
}

// What most sockets get: one datagram that fits, of a size for which the slots were made.
bool ReceiveRing::is_one_that_fits(std::size_t count) const noexcept {
  if (count != 1) return false;
  const ReceiveSlot& slot = slab_->slots()[used_];
  return slot.size == slot.full_size && slot.size <= slab_classes[base_class_].stride &&
         slot.size <= slot.capacity && slot.segment_size == 0 && !slot.control_truncated;
}

ReceiveRing::Filled ReceiveRing::end_fill(std::size_t count) noexcept {
  Filled filled;
  if (is_one_that_fits(count)) {
    filled.datagrams = held_ = 1;
    filled.bytes = slab_->slots()[used_].size;
    tail_ = ++used_;
    trains_ = false;
    slab_->add_references(1);
    if (spill_) pool_.return_spill(std::exchange(spill_, nullptr), batch_);
    if (size_class_ != base_class_) adapt(0, 1);
    return filled;
  }
  const unsigned n = static_cast<unsigned>(count);
  tail_ = used_ + n;
  std::uint32_t largest = 0;
  std::size_t here = 0;  // datagrams whose bytes are in slab_
  for (unsigned i = used_; i < tail_; ++i) {
    ReceiveSlot& slot = slab_->slots()[i];
    largest = std::max(largest, slot.size);
    if (slot.size > slot.capacity)
      keep_whole(i, filled);  // without memory it truncates the slot, and a train is shorter then
    const std::size_t datagrams = datagrams_in(slot);
    filled.datagrams += datagrams;
    if (datagrams > 1) filled.in_trains += datagrams;
    if (Slab* whole = slab_->spilled(i))
      whole->add_references(static_cast<std::uint32_t>(datagrams - 1));
    else
      here += datagrams;
    filled.bytes += slot.size;
    filled.truncated += slot.full_size > slot.size;
    filled.control_truncated += slot.control_truncated;
  }
  used_ = tail_;
  held_ = static_cast<std::uint32_t>(filled.datagrams);
  if (n != 0) trains_ = filled.in_trains != 0;
  if (here != 0) slab_->add_references(static_cast<std::uint32_t>(here));
  if (spill_) pool_.return_spill(std::exchange(spill_, nullptr), batch_);
  adapt(largest, n);
  return filled;
}

// Copies a spilled datagram into a slab of its own. Without memory the datagram is truncated, and
// its full_size says so: nothing is lost silently.
void ReceiveRing::keep_whole(unsigned index, Filled& filled) noexcept {
  ReceiveSlot& slot = slab_->slots()[index];
  Slab* whole = Slab::make_single(slot.size);
  if (!whole) {
    slot.size = slot.capacity;
    return;
  }
  ReceiveSlot& copy = whole->slots()[0];
  std::memcpy(copy.data, slot.data, slot.capacity);
  std::memcpy(copy.data + slot.capacity, slot.spill, slot.size - slot.capacity);
  copy.size = slot.size;
  copy.full_size = slot.full_size;
  copy.segment_size = slot.segment_size;
  copy.control_truncated = slot.control_truncated;
  copy.remote = slot.remote;
  copy.metadata = slot.metadata;
  slab_->spilled(index) = whole;
  ++filled.spilled;
}

void ReceiveRing::adapt(std::uint32_t largest, unsigned count) noexcept {
  if (largest <= slab_classes[base_class_].stride) {
    quiet_ = std::min(quiet_ + count, quiet_limit);
    if (quiet_ == quiet_limit) size_class_ = base_class_;
    return;
  }
  quiet_ = 0;
  const std::uint8_t fitting =
      largest <= slab_classes[jumbo_class].stride ? jumbo_class : largest_class;
  size_class_ = std::max(size_class_, fitting);
}

void ReceiveRing::park() noexcept {
  if (slab_ && empty()) drop_slab();
}

std::size_t ReceiveRing::discard() noexcept {
  const std::size_t count = held_;
  while (!empty()) pop();
  return count;
}

void ReceiveRing::drop_slab() noexcept {
  if (slab_) std::exchange(slab_, nullptr)->release();
  head_ = tail_ = used_ = 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
