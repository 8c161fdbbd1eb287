// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <cstring>
#include <dgram/datagram.hpp>
#include <new>

#include "address.hpp"

DGRAM_BEGIN_NAMESPACE

const Endpoint& Datagram::nobody() noexcept {
  static const Endpoint none;
  return none;
}

bool Datagram::has(Metadata::Item item) const noexcept {
  return slab_ && (slot_->metadata.present & item) != 0;
}

std::optional<asio::ip::address> Datagram::local_address() const noexcept {
  if (!has(Metadata::local_address_item)) return std::nullopt;
  return slot_->metadata.local_address;
}

std::optional<std::uint32_t> Datagram::interface_index() const noexcept {
  if (!has(Metadata::local_address_item)) return std::nullopt;
  return slot_->metadata.interface_index;
}

std::optional<Ecn> Datagram::ecn() const noexcept {
  if (!has(Metadata::traffic_class_item)) return std::nullopt;
  return static_cast<Ecn>(slot_->metadata.traffic_class & 3);
}

std::optional<int> Datagram::dscp() const noexcept {
  if (!has(Metadata::traffic_class_item)) return std::nullopt;
  return slot_->metadata.traffic_class >> 2;
}

std::optional<int> Datagram::hop_limit() const noexcept {
  if (!has(Metadata::hop_limit_item)) return std::nullopt;
  return slot_->metadata.hop_limit;
}

std::optional<std::chrono::system_clock::time_point> Datagram::received_at() const noexcept {
  if (!has(Metadata::timestamp_item)) return std::nullopt;
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(slot_->metadata.received_at_ns)));
}

void Datagram::reset_all(std::span<Datagram> datagrams) noexcept {
  detail::Slab* shared = nullptr;
  std::uint32_t references = 0;
  for (Datagram& each : datagrams) {
    detail::Slab* const slab = std::exchange(each.slab_, nullptr);
    if (!slab) continue;
    if (slab != shared) {
      if (shared) shared->release(references);
      shared = slab;
      references = 0;
    }
    ++references;
  }
  if (shared) shared->release(references);
}

Datagram Datagram::copy() const {
  if (!has_value()) return {};
  detail::Slab* slab = detail::Slab::make_single(size());
  if (!slab) throw std::bad_alloc();
  ReceiveSlot& slot = slab->slots()[0];
  if (size_ != 0) std::memcpy(slot.data, bytes_, size_);
  slot.size = size_;
  slot.full_size = static_cast<std::uint32_t>(full_size());
  slot.control_truncated = slot_->control_truncated;
  slot.remote = slot_->remote;
  slot.metadata = slot_->metadata;
  return Datagram(slab, &slot);
}

SendOptions Datagram::reply_options() const noexcept {
  SendOptions options;
  const std::optional<asio::ip::address> local = local_address();
  if (!local) return options;
  const Metadata& metadata = slot_->metadata;
  bool came_to_group = local->is_multicast();
  if (detail::is_over_ipv4(*local)) {
    const asio::ip::address_v4 address = detail::unmapped(*local).to_v4();
    const bool told = !metadata.reply_address.is_unspecified();
    came_to_group = told ? metadata.reply_address != address
                         : address.is_multicast() || address == asio::ip::address_v4::broadcast();
    if (told)
      options.source_address = metadata.reply_address;
    else if (!came_to_group)
      options.source_address = *local;
  } else if (!came_to_group) {
    options.source_address = *local;
  }
  const asio::ip::address peer = remote().address();
  const bool link_local_peer = peer.is_v6() && peer.to_v6().is_link_local();
  if (came_to_group || link_local_peer) options.interface_index = metadata.interface_index;
  return options;
}

DGRAM_END_NAMESPACE
