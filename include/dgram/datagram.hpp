// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A received datagram: its bytes, where it came from, and what else was asked for.
#pragma once

#include <asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/detail/slab.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/options.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

DGRAM_BEGIN_NAMESPACE

/// One received datagram, or nothing.
/**
 * Move-only and cheap to move. Its bytes lie in receive memory that it shares with others, without
 * a copy; keeping one keeps that block (Stats::pinned_bytes). To keep a datagram for long, keep a
 * copy().
 *
 * It may outlive the socket and the execution context, and may be destroyed on another thread.
 *
 * Thread safety: distinct objects: safe, also when they came from one batch. Shared objects:
 * unsafe.
 */
class Datagram {
 public:
  /// Nothing: has_value() is false, every size is 0.
  Datagram() noexcept = default;
  Datagram(Datagram&& other) noexcept
      : slab_(std::exchange(other.slab_, nullptr)),
        slot_(other.slot_),
        bytes_(other.bytes_),
        size_(other.size_) {}
  Datagram& operator=(Datagram&& other) noexcept {
    if (this == &other) return *this;
    reset();
    slab_ = std::exchange(other.slab_, nullptr);
    slot_ = other.slot_;
    bytes_ = other.bytes_;
    size_ = other.size_;
    return *this;
  }
  ~Datagram() {
    if (slab_) slab_->release();
  }

  /// False for a default-made, moved-from or reset one. A zero-length datagram *is* a datagram:
  /// true.
  bool has_value() const noexcept { return slab_ != nullptr; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The payload. It may be changed in place.
  std::span<std::byte> data() noexcept { return {slab_ ? bytes_ : nullptr, size()}; }
  std::span<const std::byte> data() const noexcept { return {slab_ ? bytes_ : nullptr, size()}; }

  /// The payload as text; not NUL-terminated.
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(slab_ ? bytes_ : nullptr), size()};
  }

  /// Bytes in data().
  std::size_t size() const noexcept { return slab_ ? size_ : 0; }

  /// Bytes that the sender sent; larger than size() when truncated().
  std::size_t full_size() const noexcept {
    if (!slab_) return 0;
    // What was cut off of a train is the end of its last datagram.
    const bool is_last = bytes_ + size_ == slot_->data + slot_->size;
    return is_last ? size_ + (slot_->full_size - slot_->size) : size_;
  }

  /// True when the end of the datagram was cut off.
  bool truncated() const noexcept { return full_size() > size(); }

  /// The sender. An IPv6 link-local one carries its interface as scope id.
  const Endpoint& remote() const noexcept { return slab_ ? slot_->remote : nobody(); }

  /// True when metadata was lost for want of control space (MSG_CTRUNC); what is missing reads as
  /// absent.
  bool control_truncated() const noexcept { return slab_ && slot_->control_truncated; }

  /// The address that it was sent to. Asked for by SocketOptions::receive_local_address.
  DGRAM_API std::optional<asio::ip::address> local_address() const noexcept;

  /// The interface that it came in by. Asked for by SocketOptions::receive_local_address.
  DGRAM_API std::optional<std::uint32_t> interface_index() const noexcept;

  /// Congestion notification. Asked for by SocketOptions::receive_ecn.
  DGRAM_API std::optional<Ecn> ecn() const noexcept;

  /// Differentiated services code point, 0 to 63. Asked for by SocketOptions::receive_ecn.
  DGRAM_API std::optional<int> dscp() const noexcept;

  /// TTL (IPv4) or hop limit (IPv6) on arrival. Asked for by SocketOptions::receive_hop_limit.
  DGRAM_API std::optional<int> hop_limit() const noexcept;

  /// When the kernel took it in, in nanoseconds as far as the clock of the standard library counts
  /// them (libc++'s counts microseconds). Asked for by SocketOptions::receive_timestamp. What
  /// waited already when that was switched on, as before adopt(), has the time at which it was
  /// received here.
  DGRAM_API std::optional<std::chrono::system_clock::time_point> received_at() const noexcept;

  /// Options for an answer that leaves from the address this one was sent to.
  /**
   * The source address is set when local_address() is known and can be a source (not a multicast or
   * broadcast address). The interface is set where the address alone does not say which way:
   * link-local peers, and datagrams that came to a group.
   */
  DGRAM_API SendOptions reply_options() const noexcept;

  /// An owner of exactly this datagram, which pins nothing else. Costs one allocation; throws
  /// std::bad_alloc.
  DGRAM_API Datagram copy() const;

  /// Gives the memory back now; the datagram is then empty.
  void reset() noexcept {
    if (slab_) std::exchange(slab_, nullptr)->release();
  }

  // For the engine.
  /// reset() of each, where neighbours share their memory in one step.
  DGRAM_API static void reset_all(std::span<Datagram> datagrams) noexcept;
  // Both take over one reference to `slab`.
  Datagram(detail::Slab* slab, ReceiveSlot* slot) noexcept
      : Datagram(slab, slot, slot->data, slot->size) {}
  /// One of a train.
  Datagram(detail::Slab* slab, ReceiveSlot* slot, std::byte* bytes, std::uint32_t size) noexcept
      : slab_(slab), slot_(slot), bytes_(bytes), size_(size) {}

 private:
  bool has(Metadata::Item item) const noexcept;
  DGRAM_API static const Endpoint& nobody() noexcept;

  // Without a slab the others mean nothing: a move need not touch them in its source.
  detail::Slab* slab_ = nullptr;
  ReceiveSlot* slot_ = nullptr;
  std::byte* bytes_ = nullptr;
  std::uint32_t size_ = 0;
};

DGRAM_END_NAMESPACE

#include <dgram/detail/awaitables.hpp>
