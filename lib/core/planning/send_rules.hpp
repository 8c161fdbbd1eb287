// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Checks of a send before the kernel is asked, so that each reason for a refusal has its own error
// code.
#pragma once

#include <asio/buffer.hpp>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/options.hpp>
#include <span>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// 65,535 minus the UDP header (8). Over IPv4 also minus the IP header (20), which the total length
// of IPv4 includes (RFC 768, RFC 791, RFC 8200).
inline constexpr std::size_t max_payload_ipv4 = 65507;
inline constexpr std::size_t max_payload_ipv6 = 65527;

/// The state of the socket, as far as the checks need it.
struct SendRules {
  Family family = Family::unspecified;
  bool connected = false;
  bool peer_over_ipv4 = false;  ///< The peer of a connected IPv6 socket is ::ffff:a.b.c.d.
};

/// @param to nullptr: the connected peer.
std::error_code check_send(std::span<const asio::const_buffer> pieces,
                           const Endpoint* to,
                           const SendOptions& options,
                           const SendRules& rules) noexcept;

/// Payload limit towards `to`, or towards the connected peer.
std::size_t max_payload(const Endpoint* to, const SendRules& rules) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
