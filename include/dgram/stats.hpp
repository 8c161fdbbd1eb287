// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a socket has done and what it lost.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// System calls by how many datagrams they moved: none, 1, 2-3, 4-7, 8-15, 16-31, 32-63, 64.
struct CallHistogram {
  std::array<std::uint64_t, 8> counts{};

  void record(std::size_t datagrams) noexcept {
    ++counts[static_cast<std::size_t>(
        std::bit_width(datagrams < 64 ? datagrams : std::size_t{64}))];
  }
  std::uint64_t calls() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts) sum += count;
    return sum;
  }
  CallHistogram& operator+=(const CallHistogram& other) noexcept {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    return *this;
  }
};

/// How often an operation of this socket, or one datagram of a batch, ended with a code.
struct ErrorCount {
  std::error_code code;
  std::uint64_t count = 0;
};

/// Errors by code, in the order in which each came first.
struct ErrorCounts {
  std::array<ErrorCount, 12> counts;
  std::uint64_t other = 0;  ///< Of codes beyond the first twelve.

  void record(const std::error_code& code, std::uint64_t times = 1) noexcept {
    for (ErrorCount& entry : counts) {
      if (entry.count == 0) entry.code = code;
      if (entry.code != code) continue;
      entry.count += times;
      return;
    }
    other += times;
  }
  ErrorCounts& operator+=(const ErrorCounts& more) noexcept {
    for (const ErrorCount& entry : more.counts)
      if (entry.count != 0) record(entry.code, entry.count);
    other += more.other;
    return *this;
  }
  std::uint64_t of(const std::error_code& code) const noexcept {
    for (const ErrorCount& entry : counts)
      if (entry.count != 0 && entry.code == code) return entry.count;
    return 0;
  }
};

/// What a socket counts as it goes.
struct Counters {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t truncated = 0;  ///< Datagrams that were cut; each says so itself.
  std::uint64_t control_truncated =
      0;  ///< Datagrams whose metadata did not arrive whole; each says so itself.
  std::uint64_t gro_datagrams = 0;  ///< Received in trains (SocketOptions::gro).
  std::uint64_t spilled = 0;        ///< Datagrams larger than their slot: copied once.

  std::uint64_t datagrams_sent = 0;  ///< Accepted by the kernel.
  std::uint64_t bytes_sent = 0;
  /// Datagrams that were refused, by the rules of send or by the kernel; each was reported to its
  /// sender.
  std::uint64_t send_errors = 0;
  std::uint64_t gso_datagrams = 0;  ///< Sent in runs that the system cuts itself (UDP_SEGMENT).
  std::uint64_t gso_refused =
      0;  ///< Runs that the system refused; their datagrams went one by one.
  /// Operations refused with Errc::queue_full. The datagrams of a batch among them have the result
  /// `operation_aborted`, as those have that close() or a cancellation leaves unsent: they are in
  /// no counter, since nobody has tried to send them.
  std::uint64_t send_queue_full = 0;

  std::uint64_t discarded_at_close =
      0;  ///< Taken out of the kernel, never asked for by a recv, dropped by close().

  /// Datagrams that the kernel dropped at this socket, mostly for want of buffer space (SO_MEMINFO,
  /// SK_MEMINFO_DROPS). Read from the kernel by stats(); a 32-bit counter there, which counts a
  /// train (SocketOptions::gro) that did not fit as one. 0 where the system does not tell: see
  /// "kernel_drops" in capabilities().
  std::uint64_t kernel_drops = 0;

  std::uint64_t error_reports = 0;  ///< That came (SocketOptions::receive_errors).
  /// Error reports that were dropped because nobody took them with recv_error(): beyond 64, or left
  /// at the end.
  std::uint64_t discarded_reports = 0;

  Counters& operator+=(const Counters& other) noexcept;
};

inline Counters& Counters::operator+=(const Counters& other) noexcept {
  datagrams_received += other.datagrams_received;
  bytes_received += other.bytes_received;
  truncated += other.truncated;
  control_truncated += other.control_truncated;
  gro_datagrams += other.gro_datagrams;
  spilled += other.spilled;
  datagrams_sent += other.datagrams_sent;
  bytes_sent += other.bytes_sent;
  send_errors += other.send_errors;
  gso_datagrams += other.gso_datagrams;
  gso_refused += other.gso_refused;
  send_queue_full += other.send_queue_full;
  discarded_at_close += other.discarded_at_close;
  kernel_drops += other.kernel_drops;
  error_reports += other.error_reports;
  discarded_reports += other.discarded_reports;
  return *this;
}

/// Counters of one socket since it was made. Nothing that the kernel has given to it, or taken from
/// it, is dropped without one of them going up. What still waits in the kernel when its last
/// descriptor closes is seen by nobody (the guide's "Shutdown").
struct Stats : Counters {
  CallHistogram receive_calls;  ///< System calls that asked for datagrams.
  CallHistogram send_calls;     ///< System calls that handed datagrams over.
  /// Errors of the calls that move datagrams, and of the rules of send. "Would block" is none.
  ErrorCounts errors;

  std::uint64_t held = 0;  ///< Datagrams taken out of the kernel that wait for a recv.
  std::uint64_t pinned_bytes =
      0;  ///< Receive memory of the whole context that sockets and live Datagrams hold.
  std::uint64_t pooled_bytes = 0;  ///< Receive memory of the whole context that is kept for reuse.

  /// The sum of two sockets. Memory is that of their contexts: of two sockets on one context it
  /// counts twice.
  Stats& operator+=(const Stats& other) noexcept {
    Counters::operator+=(other);
    receive_calls += other.receive_calls;
    send_calls += other.send_calls;
    errors += other.errors;
    held += other.held;
    pinned_bytes += other.pinned_bytes;
    pooled_bytes += other.pooled_bytes;
    return *this;
  }
};

DGRAM_END_NAMESPACE
