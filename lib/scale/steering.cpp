// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <bit>
#include <dgram/error.hpp>
#include <dgram/scale/steering.hpp>
#include <functional>
#include <string>

#include "../core/socket/core.hpp"
#include "platform.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

constexpr std::size_t longest_payload = 65527;  // over IPv6; 20 bytes less over IPv4

std::uint32_t key_in(std::span<const std::byte> payload, const PayloadKey& key) {
  const std::size_t width = static_cast<std::size_t>(key.width);
  if (payload.size() < width || payload.size() - width < key.offset) return 0;
  std::uint32_t bits = 0;
  for (const std::byte byte : payload.subspan(key.offset, width))
    bits = bits << 8 | std::to_integer<std::uint32_t>(byte);
  return (bits & key.mask) >> std::countr_zero(key.mask);
}

bool is_possible(const detail::SteeringPlan& plan) noexcept {
  const std::span<const std::size_t> skipped = plan.skipped;
  const bool ascends =
      std::ranges::adjacent_find(skipped, std::ranges::greater_equal()) == skipped.end();
  return plan.sockets >= 1 && plan.sockets <= max_steered_sockets && ascends &&
         skipped.size() < plan.sockets && (skipped.empty() || skipped.back() < plan.sockets);
}

}  // namespace

std::error_code Steering::check() const noexcept {
  if (kind_ != Kind::key) return {};
  const bool has_width = key_.width == 1 || key_.width == 2 || key_.width == 4;
  if (!has_width || key_.offset > longest_payload - static_cast<std::size_t>(key_.width))
    return asio::error::invalid_argument;
  // A mask that selects nothing would send everything to one socket.
  return key_.mask << (32 - 8 * key_.width) == 0 ? asio::error::invalid_argument
                                                 : std::error_code();
}

std::optional<std::size_t> Steering::socket_of(std::span<const std::byte> payload,
                                               std::size_t sockets,
                                               std::span<const std::size_t> skipped) const {
  if (kind_ != Kind::key) return std::nullopt;
  const std::uint32_t key = key_in(payload, key_);
  std::size_t chosen = key % sockets;
  if (std::ranges::find(skipped, chosen) == skipped.end()) return chosen;
  chosen = key / sockets % (sockets - skipped.size());
  for (const std::size_t absent : skipped) chosen += chosen >= absent;
  return chosen;
}

void set_steering(SocketBase& socket,
                  const Steering& steering,
                  std::size_t sockets,
                  std::span<const std::size_t> skipped,
                  std::error_code& ec) {
  const detail::SteeringPlan plan = {steering, sockets, skipped};
  ec = steering.check();
  if (!ec && !is_possible(plan)) ec = asio::error::invalid_argument;
  if (!ec && !socket.is_open()) ec = asio::error::bad_descriptor;
  if (!ec && !core_of(socket)->channel()->has(Feature::balancing)) ec = Errc::no_balancing;
  if (!ec) ec = detail::set_steering_of(socket.native_handle(), plan);
}

void set_steering(SocketBase& socket,
                  const Steering& steering,
                  std::size_t sockets,
                  std::span<const std::size_t> skipped) {
  std::error_code ec;
  set_steering(socket, steering, sockets, skipped, ec);
  if (ec) throw Error(ec, "set_steering", std::to_string(sockets) + " sockets");
}

DGRAM_END_NAMESPACE
