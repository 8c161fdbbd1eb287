// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "pacer.hpp"

#include <algorithm>
#include <chrono>

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {
constexpr std::size_t two_packets = 3000;
constexpr std::uint64_t one_second = 1'000'000'000;  // nanoseconds
}  // namespace

std::size_t Pacer::default_burst(std::uint64_t rate) noexcept {
  return std::max(two_packets, static_cast<std::size_t>(rate / 1000));
}

// Rounded up, so that the rate is never exceeded.
TimePoint::duration Pacer::duration_of(std::size_t bytes) const noexcept {
  const std::uint64_t whole = bytes / rate_ * one_second;
  const std::uint64_t part = (bytes % rate_ * one_second + rate_ - 1) / rate_;
  return std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(whole + part));
}

TimePoint Pacer::time_of(std::size_t bytes) const noexcept {
  return bytes >= burst_ ? full_at_ : full_at_ - duration_of(burst_ - bytes);
}

void Pacer::sent(std::size_t bytes, TimePoint now) noexcept {
  full_at_ = std::max(full_at_, now) + duration_of(bytes);
}

TimePoint Pacer::retry_at(std::size_t bytes) const noexcept {
  return time_of(std::max(bytes, burst_ / 2));
}

void Pacer::change(std::uint64_t rate, std::size_t burst, TimePoint now) noexcept {
  const auto missing =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(full_at_, now) - now);
  // As floating point: a product in nanoseconds may be larger than 64 bits.
  const double bytes = static_cast<double>(missing.count()) * 1e-9 * static_cast<double>(rate_);
  *this = Pacer(rate, burst, now);
  sent(static_cast<std::size_t>(bytes), now);
}

}  // namespace detail
DGRAM_END_NAMESPACE
