// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The settings of a socket that are one number each, as sockets and channels name them to each
// other.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE

/// A setting of a socket: what it is called on this system, and whether over IPv4, IPv6 or both, is
/// the channel's business. A switch is 0 or 1.
enum class Setting : std::uint8_t {
  reuse_address,          ///< SO_REUSEADDR
  reuse_port,             ///< SO_REUSEPORT
  ipv6_only,              ///< IPV6_V6ONLY
  broadcast,              ///< SO_BROADCAST
  recv_buffer_size,       ///< SO_RCVBUF, in bytes; read as the system reports it
  send_buffer_size,       ///< SO_SNDBUF, in bytes; read as the system reports it
  ttl,                    ///< IP_TTL, IPV6_UNICAST_HOPS
  multicast_ttl,          ///< IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS
  multicast_loopback,     ///< IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP
  multicast_all,          ///< IP_MULTICAST_ALL, IPV6_MULTICAST_ALL
  traffic_class,          ///< IP_TOS, IPV6_TCLASS: the code point in the upper six bits, ECN below
  path_mtu_discovery,     ///< IP_MTU_DISCOVER, IPV6_MTU_DISCOVER: a PathMtuDiscovery
  device,                 ///< SO_BINDTOIFINDEX: an interface index, 0 for none
  receive_local_address,  ///< IP_PKTINFO, IPV6_RECVPKTINFO
  receive_ecn,            ///< IP_RECVTOS, IPV6_RECVTCLASS
  receive_hop_limit,      ///< IP_RECVTTL, IPV6_RECVHOPLIMIT
  receive_timestamp,      ///< SO_TIMESTAMPNS
  receive_errors,         ///< IP_RECVERR, IPV6_RECVERR
  gro,                    ///< UDP_GRO
  busy_poll,              ///< SO_BUSY_POLL, in microseconds
  prefer_busy_poll,       ///< SO_PREFER_BUSY_POLL
  incoming_cpu,           ///< SO_INCOMING_CPU: the number of a processor
};
inline constexpr int setting_count = 22;

/// "recv_buffer_size": the name that the setting has in SocketOptions and in the getters.
DGRAM_API std::string_view name_of(Setting setting) noexcept;

DGRAM_END_NAMESPACE
