// Plays the channel for the receive ring: writes datagrams into slots as a kernel would, into
// `data` first and into `spill` behind it.
#pragma once

#include <algorithm>
#include <cstring>
#include <dgram/datagram.hpp>
#include <dgram/channel.hpp>
#include <span>
#include <string>

#include <core/memory/receive_ring.hpp>

namespace test {

/// Bytes that are different at every place and for every seed, so that a shifted or foreign piece
/// shows.
inline std::string pattern(std::size_t size, unsigned seed = 0) {
  std::string text(size, '\0');
  unsigned state = seed * 2654435761u + 12345u;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

/// Stores one datagram as Channel::receive_batch() does.
inline void store(dgram::ReceiveSlot& slot, std::string_view bytes, unsigned short port = 9) {
  const std::size_t in_data = std::min<std::size_t>(bytes.size(), slot.capacity);
  const std::size_t in_spill = std::min<std::size_t>(bytes.size() - in_data, slot.spill_capacity);
  if (in_data != 0) std::memcpy(slot.data, bytes.data(), in_data);
  if (in_spill != 0) std::memcpy(slot.spill, bytes.data() + in_data, in_spill);
  slot.size = static_cast<std::uint32_t>(in_data + in_spill);
  slot.full_size = static_cast<std::uint32_t>(bytes.size());
  slot.control_truncated = false;
  slot.remote = dgram::Endpoint(asio::ip::address_v4::loopback(), port);
  slot.metadata.present = 0;
}

/// One fill that brings `datagrams`, as far as there is room; returns how many were stored.
inline std::size_t fill(dgram::detail::ReceiveRing& ring, std::span<const std::string> datagrams) {
  const std::span<dgram::ReceiveSlot> slots =
      ring.begin_fill(static_cast<unsigned>(datagrams.size()));
  for (std::size_t i = 0; i < slots.size(); ++i) store(slots[i], datagrams[i]);
  ring.end_fill(slots.size());
  return slots.size();
}

/// One fill of one datagram; the ring must have room.
inline dgram::detail::ReceiveRing::Filled fill_one(dgram::detail::ReceiveRing& ring,
                                                   std::string_view bytes) {
  const std::span<dgram::ReceiveSlot> slots = ring.begin_fill(1);
  if (slots.empty()) return {};
  store(slots[0], bytes);
  return ring.end_fill(1);
}

}  // namespace test
