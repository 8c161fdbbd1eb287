// What a socket has done and what it lost.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE

/// Counters of one socket since it was made. Nothing is dropped without one of them going up.
struct Stats {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t receive_calls = 0;  ///< System calls that asked for datagrams.
  std::uint64_t truncated = 0;      ///< Datagrams that were cut; each says so itself.
  std::uint64_t control_truncated =
      0;  ///< Datagrams whose metadata did not arrive whole; each says so itself.
  std::uint64_t spilled = 0;  ///< Datagrams larger than their slot: copied once.

  std::uint64_t datagrams_sent = 0;  ///< Accepted by the kernel.
  std::uint64_t bytes_sent = 0;
  std::uint64_t send_calls = 0;  ///< System calls that handed datagrams over.
  /// Datagrams that were refused, by the rules of send or by the kernel; each was reported to its
  /// sender.
  std::uint64_t send_errors = 0;
  std::uint64_t send_queue_full = 0;  ///< Sends refused with Errc::queue_full.

  std::uint64_t discarded_at_close =
      0;  ///< Taken out of the kernel, never asked for by a recv, dropped by close().

  /// Datagrams that the kernel dropped at this socket, mostly for want of buffer space (SO_MEMINFO,
  /// SK_MEMINFO_DROPS). Read from the kernel by stats(); a 32-bit counter there. 0 where the system
  /// does not tell.
  std::uint64_t kernel_drops = 0;

  /// ICMP reports that were dropped unread, on a socket for which IP_RECVERR or IPV6_RECVERR was
  /// set with set_option or before adopt. The error itself was reported to an operation; the detail
  /// (which peer, which path MTU) was in the report.
  std::uint64_t unread_icmp_reports = 0;

  std::uint64_t held = 0;  ///< Datagrams taken out of the kernel that wait for a recv.
  std::uint64_t pinned_bytes =
      0;  ///< Receive memory of the whole context that sockets and live Datagrams hold.
  std::uint64_t pooled_bytes = 0;  ///< Receive memory of the whole context that is kept for reuse.
};

DGRAM_END_NAMESPACE
