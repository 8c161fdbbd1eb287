// One place for one datagram to arrive in: filled by a channel, read through a Datagram.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>

DGRAM_BEGIN_NAMESPACE

/// What the control messages of one received datagram said. An item is there only when its bit is
/// set.
struct Metadata {
  enum Item : std::uint8_t {
    local_address_item = 1,
    traffic_class_item = 2,
    hop_limit_item = 4,
    timestamp_item = 8
  };

  asio::ip::address local_address;     ///< The address it was sent to (local_address_item).
  asio::ip::address_v4 reply_address;  ///< Where an answer over IPv4 leaves from; not local_address
                                       ///< when that is a group or a broadcast.
  std::uint32_t interface_index = 0;   ///< The interface it came in by (local_address_item).
  std::int64_t received_at_ns = 0;     ///< Kernel receive time in ns since 1970 (timestamp_item).
  std::uint8_t traffic_class = 0;      ///< DSCP and ECN (traffic_class_item).
  std::uint8_t hop_limit = 0;          ///< TTL or hop limit (hop_limit_item).
  std::uint8_t present = 0;            ///< Items that arrived.
};

/// The unit of Channel::receive_batch().
struct ReceiveSlot {
  // In: where the bytes go. What does not fit into `data` continues in `spill`.
  std::byte* data = nullptr;
  std::byte* spill = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t spill_capacity = 0;

  // Out: the channel sets every one of them for each datagram it reports.
  std::uint32_t size = 0;       ///< Bytes stored, in data and spill together.
  std::uint32_t full_size = 0;  ///< Bytes that the sender sent.
  /// Not 0: the bytes are a train of datagrams of that size, of which the last one may be shorter
  /// (Setting::gro).
  std::uint32_t segment_size = 0;
  bool control_truncated = false;
  Endpoint remote;
  Metadata metadata;
};

DGRAM_END_NAMESPACE
