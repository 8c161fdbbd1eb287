// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "send_rules.hpp"

#include <asio/error.hpp>
#include <dgram/error.hpp>

#include "../values/address.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

std::error_code check_options(const SendOptions& options, Family family) noexcept {
  if (options.empty()) return {};
  if (options.dscp && (*options.dscp < 0 || *options.dscp > 63))
    return asio::error::invalid_argument;
  if (options.hop_limit && (*options.hop_limit < 1 || *options.hop_limit > 255))
    return asio::error::invalid_argument;
  if (options.ecn && static_cast<unsigned>(*options.ecn) > 3) return asio::error::invalid_argument;
  if (options.source_address) {
    const asio::ip::address& source = *options.source_address;
    if (family == Family::ipv4 && !source.is_v4()) return asio::error::address_family_not_supported;
  }
  return {};
}

}  // namespace

std::size_t max_payload(const Endpoint* to, const SendRules& rules) noexcept {
  const bool over_ipv6 =
      to ? !is_over_ipv4(to->address()) : rules.family == Family::ipv6 && !rules.peer_over_ipv4;
  return over_ipv6 ? max_payload_ipv6 : max_payload_ipv4;
}

std::error_code check_send(std::span<const asio::const_buffer> pieces,
                           const Endpoint* to,
                           const SendOptions& options,
                           const SendRules& rules) noexcept {
  if (to) {
    if (to->port() == 0) return Errc::bad_port;
    if (rules.family != Family::unspecified && family_of(*to) != rules.family)
      return asio::error::address_family_not_supported;
  } else if (!rules.connected) {
    return asio::error::not_connected;
  }
  if (pieces.empty()) return Errc::no_buffers;
  if (pieces.size() > max_pieces) return Errc::too_many_buffers;
  std::size_t size = 0;
  for (const asio::const_buffer& piece : pieces) {
    if (piece.size() > max_payload_ipv6) return asio::error::message_size;
    size += piece.size();
  }
  // Up to the limit of IPv4, there is no need to find out which of the two limits applies.
  if (size > max_payload_ipv4 && size > max_payload(to, rules)) return asio::error::message_size;
  // A new socket opens with the family of the destination.
  const bool is_new = rules.family == Family::unspecified && to;
  return check_options(options, is_new ? family_of(*to) : rules.family);
}

}  // namespace detail
DGRAM_END_NAMESPACE
