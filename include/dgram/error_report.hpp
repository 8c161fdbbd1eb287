// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What the network says about datagrams that were sent: ICMP messages, as values.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <string>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// A report on a datagram that was sent from this socket and did not arrive.
/**
 * Asked for by SocketOptions::receive_errors, taken by recv_error(). Whoever can guess the ports of
 * a flow can forge one: take it as a hint. Source: ip(7) and ipv6(7), IP_RECVERR; RFC 792, RFC
 * 4443.
 */
struct ErrorReport {
  /// Who found out.
  enum class Origin : std::uint8_t {
    local,  ///< This host: the datagram never left it.
    icmp,   ///< An ICMP message.
    icmpv6,
    other,  ///< Something else that the system keeps in the same queue, such as a transmit
            ///< timestamp that was asked for with set_option.
  };

  /// `connection_refused` (nobody listens there), `message_size` (see mtu), `host_unreachable`,
  /// `network_unreachable` …
  std::error_code error;

  /// Where the datagram was sent to.
  Endpoint destination;

  /// Who sent the ICMP message: the destination itself or a router on the way. Unspecified for
  /// Origin::local.
  asio::ip::address offender;

  Origin origin = Origin::local;
  std::uint8_t type = 0;  ///< ICMP type (RFC 792, RFC 4443); 0 for Origin::local.
  std::uint8_t code = 0;  ///< ICMP code.

  /// Largest IP packet that fits the path, in bytes, when `error` is `message_size`; else 0.
  std::uint32_t mtu = 0;
};

/// "Connection refused: 192.0.2.7:9, reported by 192.0.2.7 (ICMP type 3, code 3)".
DGRAM_API std::string to_string(const ErrorReport& report);

DGRAM_END_NAMESPACE
