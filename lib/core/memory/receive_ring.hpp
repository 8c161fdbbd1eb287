// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Received datagrams that wait for a recv(), and the slots for the next ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/datagram.hpp>
#include <dgram/detail/slab.hpp>
#include <span>
#include <utility>

#include "buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Knows no socket, no clock and no executor. A fill is begin_fill(), a receive into the slots, and
/// end_fill().
class ReceiveRing {
 public:
  /// @param batch The most slots of one fill: 1 to 64.
  ReceiveRing(BufferPool& pool, unsigned batch) noexcept;
  ReceiveRing(const ReceiveRing&) = delete;
  ReceiveRing& operator=(const ReceiveRing&) = delete;
  ~ReceiveRing();

  BufferPool& pool() const noexcept { return pool_; }
  bool empty() const noexcept { return head_ == tail_; }
  std::size_t size() const noexcept { return held_; }

  /// Trains are likely from now on: a fill gets one slot that is large enough for a train. (Trains
  /// that come without this call are spilled and copied once.)
  void expect_trains() noexcept;

  /// Returns slots for up to `wanted` datagrams, at least one; none when there is no memory. Call
  /// it only while the ring is empty.
  std::span<ReceiveSlot> begin_fill(unsigned wanted) noexcept;

  /// What a fill brought.
  struct Filled {
    std::size_t datagrams = 0;
    std::size_t in_trains = 0;
    std::uint64_t bytes = 0;
    unsigned spilled = 0;
    unsigned truncated = 0;
    unsigned control_truncated = 0;
  };

  /// Ends a fill: each of the first `count` slots of the last begin_fill() holds a datagram or a
  /// train.
  Filled end_fill(std::size_t count) noexcept;

  /// Takes out the oldest datagram. Call it only while the ring is not empty.
  Datagram pop() noexcept;

  /// Releases the slab if the ring is empty. If Datagrams still use the slab, the last of them
  /// gives it back.
  void park() noexcept;

  /// Drops all datagrams that the ring holds, and returns their number.
  std::size_t discard() noexcept;

 private:
  void drop_slab() noexcept;
  bool is_one_that_fits(std::size_t count) const noexcept;
  void keep_whole(unsigned slot, Filled& filled) noexcept;
  void adapt(std::uint32_t largest, unsigned count) noexcept;

  BufferPool& pool_;
  Slab* slab_ = nullptr;
  std::byte* spill_ = nullptr;  // leased between begin_fill and end_fill
  unsigned head_ = 0;
  unsigned tail_ = 0;
  std::uint32_t train_at_ = 0;  // bytes of the train at head_ that were popped
  std::uint32_t held_ = 0;      // datagrams
  bool trains_ = false;         // the last fill brought a train, or expect_trains() was called
  unsigned used_ = 0;           // slots of slab_ that were filled since it was last wholly free
  unsigned quiet_ = 0;          // datagrams in a row that a slot of the base class can hold
  const std::uint8_t base_class_;
  std::uint8_t size_class_;
  const std::uint8_t batch_;
};

inline Datagram ReceiveRing::pop() noexcept {
  Slab* const whole = slab_->spilled(head_);
  Slab* const slab = whole ? whole : slab_;
  ReceiveSlot& slot = slab->slots()[whole ? 0 : head_];
  --held_;
  std::byte* const bytes = slot.data + train_at_;
  std::uint32_t size = slot.size - train_at_;
  if (slot.segment_size != 0 && size > slot.segment_size) {
    size = slot.segment_size;
    train_at_ += size;
  } else {
    slab_->spilled(head_++) = nullptr;
    train_at_ = 0;
  }
  return Datagram(slab, &slot, bytes, size);
}

}  // namespace detail
DGRAM_END_NAMESPACE
