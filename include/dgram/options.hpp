// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a socket is asked to be, and what one datagram is asked to carry.
#pragma once

#include <asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <dgram/segmentation.hpp>
#include <optional>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// Explicit congestion notification of a datagram (RFC 3168, section 5).
enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

/// How a socket is set up. Given to the constructor, applied when the socket opens.
/**
 * Trivially destructible, so that it may be written inside an expression with `co_await` (g++ 12
 * miscompiles other aggregates there).
 *
 * A value out of its range makes the call that opens the socket fail with `invalid_argument`;
 * nothing is clamped.
 */
struct SocketOptions {
  /// unspecified: taken from the first endpoint; `bind()` without one then means IPv4.
  Family family = Family::unspecified;

  /// SO_REUSEADDR: several sockets may have one address and port when *all* of them set it.
  /**
   * What is sent to a group or to broadcast goes to every one of them. Unicast goes to one: on
   * Linux the *last* that was bound, so any program, of any user, can steal it from one that set
   * this. It is for multicast receivers. Source: socket(7).
   */
  bool reuse_address = false;

  /// SO_REUSEPORT: several sockets of one user may have one address and port when all of them set
  /// it.
  /**
   * Unicast is spread over them by a hash of both ends: a peer stays with its socket while none is
   * added or closed. set_steering() (<dgram/scale/steering.hpp>) spreads it in another way.
   * Multicast and broadcast go to every one of them. Other users are kept out. A port that the
   * kernel chooses is no other socket's; bind the others to its number. Source: socket(7).
   */
  bool reuse_port = false;

  /// IPV6_V6ONLY. Off: an IPv6 socket also takes IPv4 peers, whatever the system's default is.
  /// `invalid_argument` on IPv4.
  bool ipv6_only = false;

  /// Bytes, as SocketSettings::set_recv_buffer_size(); 0 keeps the system's default.
  int recv_buffer_size = 0;

  /// Bytes, as SocketSettings::set_send_buffer_size(); 0 keeps the system's default.
  int send_buffer_size = 0;

  /// How many datagrams one system call may take out of the kernel: 1 to 64. Use 1 where the
  /// descriptor is shared between processes, so that a process that dies takes at most the datagram
  /// in its hands.
  int batch = 16;

  /// Metadata to ask for; each costs 10 to 17 % of a receive. What was not asked for is absent in
  /// the Datagram.
  bool receive_local_address = false;  ///< Datagram::local_address() and interface_index()
  bool receive_ecn = false;            ///< Datagram::ecn() and dscp()
  bool receive_hop_limit = false;      ///< Datagram::hop_limit()
  bool receive_timestamp = false;      ///< Datagram::received_at()

  /// Trains of datagrams come out of the kernel as one, and are split here without a copy
  /// (UDP_GRO).
  /**
   * For sockets that get bulk, of peers that send runs or by network cards that merge: several
   * times as fast there. Elsewhere it costs a little, and 64 KiB of memory while something is held.
   * A train counts as one for `batch`, and as one in Stats::kernel_drops. Where the system has it
   * not, or it is switched off (`DGRAM_DISABLE=gro`), datagrams come one by one: see "gro" in
   * capabilities(). A descriptor that is adopted keeps it where it is on, and its trains are split,
   * whatever this says. Source: udp(7).
   */
  bool gro = false;

  /// Whether datagrams to one peer leave in runs, as SocketSettings::set_segmentation(). What came
  /// of it is "gso" in capabilities().
  Segmentation segmentation = Segmentation::automatic;

  /// Error reports, to be taken with recv_error() (IP_RECVERR, IPV6_RECVERR).
  /**
   * Without this, an ICMP message is seen by connected sockets alone, and only as a code. With it,
   * an unconnected socket gets reports, too, and its receives and its sends to other peers go on as
   * if there were none; a connected one gets report *and* code. A socket keeps the last 64 reports;
   * older ones are dropped and counted (Stats::discarded_reports).
   */
  bool receive_errors = false;

  /// Bounds of the queue of sends that were started and that the kernel has not taken yet, because
  /// it takes no more, because their host name is still looked up, or because many were started in
  /// one turn: bytes and operations. A send beyond them completes with Errc::queue_full. A single
  /// send larger than the byte bound is let in when nothing else waits.
  std::size_t send_queue_bytes = std::size_t{16} << 20;
  std::size_t send_queue_count = 4096;

  /// Bytes a second that leave at most, as SocketSettings::set_pacing(): up to 10^12; 0: as many as
  /// the system takes.
  std::uint64_t pacing_rate = 0;

  /// Bytes that may leave back to back: up to 2^30, and only beside a pacing_rate; 0: what the rate
  /// carries in a millisecond, and 3,000 at least.
  std::size_t pacing_burst = 0;

  /// The system holds datagrams until their SendOptions::departure (SO_TXTIME).
  /**
   * Only for sockets whose datagrams leave by interfaces that have the queue "fq" or "etf", with
   * CLOCK_MONOTONIC: all others send them *at once*, and nobody tells. `operation_not_supported`
   * when the socket opens where the system cannot. Source: tc-fq(8), tc-etf(8).
   */
  bool departure_by_system = false;
};
static_assert(std::is_trivially_destructible_v<SocketOptions>);

/// What one datagram carries besides its bytes. All absent: the socket's settings hold.
/**
 * Trivially destructible, for the same reason as SocketOptions. Where the channel cannot do it, the
 * send fails with `operation_not_supported`; nothing is left out in silence.
 */
struct SendOptions {
  /// The source address; must be one of this host's (RFC 3542, section 6.2; IP_PKTINFO in ip(7)).
  std::optional<asio::ip::address> source_address;

  /// The interface to leave by; 0: the routing table decides.
  std::uint32_t interface_index = 0;

  /// Congestion notification. Without dscp the socket's own code point stays.
  std::optional<Ecn> ecn;

  /// Differentiated services code point, 0 to 63 (RFC 2474). Without ecn the socket's own
  /// notification stays.
  std::optional<int> dscp;

  /// TTL or hop limit, 1 to 255.
  std::optional<int> hop_limit;

  /// When it leaves, not before; the default: at once.
  /**
   * The socket's own timer holds it, and with it the sends behind it: they leave in their order. A
   * datagram whose time is past leaves at once. With SocketOptions::departure_by_system the system
   * holds it, and what is behind it may leave earlier. Source: SO_TXTIME, tc-fq(8), tc-etf(8).
   */
  std::chrono::steady_clock::time_point departure{};

  bool operator==(const SendOptions&) const = default;
  bool empty() const noexcept {
    return !source_address && interface_index == 0 && !ecn && !dscp && !hop_limit &&
           departure == std::chrono::steady_clock::time_point();
  }
};
static_assert(std::is_trivially_destructible_v<SendOptions>);

DGRAM_END_NAMESPACE
