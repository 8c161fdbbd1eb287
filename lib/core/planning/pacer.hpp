// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Spaces what a socket sends, so that it leaves at a rate and not in one burst.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// What a datagram takes on Ethernet besides its bytes: 14 of the link (the kernel's queues count
/// them as well), 20 or 40 of IPv4 or IPv6, 8 of UDP.
constexpr std::size_t packet_overhead(bool is_over_ipv4) noexcept {
  return is_over_ipv4 ? 42 : 62;
}

/// Larger numbers have no use, and times calculated from them no room in 64 bits.
inline constexpr std::uint64_t max_pacing_rate = 1'000'000'000'000;
inline constexpr std::size_t max_pacing_burst = std::size_t{1} << 30;

/// A bucket of bytes that fills at a rate. Knows no socket and no clock.
/**
 * What is larger than the whole bucket leaves when the bucket is full, and what follows waits the
 * longer. So the rate holds, and any datagram can be sent.
 */
class Pacer {
 public:
  /// @param rate Bytes a second: 1 to max_pacing_rate.
  /// @param burst Bytes that may leave back to back, up to max_pacing_burst; 0: default_burst().
  Pacer(std::uint64_t rate, std::size_t burst, TimePoint now) noexcept
      : rate_(rate), burst_(burst != 0 ? burst : default_burst(rate)), full_at_(now) {}

  /// What TCP sends at once when it is paced: a millisecond's worth, and two packets at least
  /// (tcp_tso_autosize in net/ipv4/tcp_output.c).
  static std::size_t default_burst(std::uint64_t rate) noexcept;

  std::uint64_t rate() const noexcept { return rate_; }
  std::size_t burst() const noexcept { return burst_; }

  /// Another rate from now on. What has left still counts.
  void change(std::uint64_t rate, std::size_t burst, TimePoint now) noexcept;

  /// True when a packet of that size may leave.
  bool admits(std::size_t bytes, TimePoint now) const noexcept {
    return now >= full_at_ || now >= time_of(bytes);
  }
  void sent(std::size_t bytes, TimePoint now) noexcept;

  /// When the next packet, which is not admitted now, is to be tried again: as soon as it is
  /// admitted, but not before half of a burst is, so that small packets do not wake the loop one by
  /// one.
  TimePoint retry_at(std::size_t bytes) const noexcept;

 private:
  static constexpr std::size_t two_packets = 3000;
  static constexpr std::uint64_t one_second = 1'000'000'000;  // nanoseconds

  TimePoint time_of(std::size_t bytes) const noexcept;
  TimePoint::duration duration_of(std::size_t bytes) const noexcept;

  std::uint64_t rate_;
  std::size_t burst_;
  TimePoint full_at_;
};

inline std::size_t Pacer::default_burst(std::uint64_t rate) noexcept {
  return std::max(two_packets, static_cast<std::size_t>(rate / 1000));
}

// Rounded up, so that the rate is never exceeded.
inline TimePoint::duration Pacer::duration_of(std::size_t bytes) const noexcept {
  const std::uint64_t whole = bytes / rate_ * one_second;
  const std::uint64_t part = (bytes % rate_ * one_second + rate_ - 1) / rate_;
  return std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(whole + part));
}

inline TimePoint Pacer::time_of(std::size_t bytes) const noexcept {
  return bytes >= burst_ ? full_at_ : full_at_ - duration_of(burst_ - bytes);
}

inline void Pacer::sent(std::size_t bytes, TimePoint now) noexcept {
  full_at_ = std::max(full_at_, now) + duration_of(bytes);
}

inline TimePoint Pacer::retry_at(std::size_t bytes) const noexcept {
  return time_of(std::max(bytes, burst_ / 2));
}

inline void Pacer::change(std::uint64_t rate, std::size_t burst, TimePoint now) noexcept {
  const auto missing =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(full_at_, now) - now);
  // As floating point: a product in nanoseconds may be larger than 64 bits.
  const double bytes = static_cast<double>(missing.count()) * 1e-9 * static_cast<double>(rate_);
  *this = Pacer(rate, burst, now);
  sent(static_cast<std::size_t>(bytes), now);
}

}  // namespace detail
DGRAM_END_NAMESPACE
