// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Where a datagram goes to or comes from: address and port, and their text forms.
#pragma once

#include <asio/ip/udp.hpp>
#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// Address and port of one end. Asio's own type: everything Asio can do with it works.
using Endpoint = asio::ip::udp::endpoint;

/// The address family of a socket.
enum class Family : unsigned char {
  unspecified,  ///< Decided by the first bind, connect or send.
  ipv4,
  ipv6,  ///< Also carries IPv4 peers as "::ffff:a.b.c.d", unless SocketOptions::ipv6_only is set.
};

/// The family that an endpoint belongs to; unspecified when it is neither of the two.
DGRAM_API Family family_of(const Endpoint& endpoint) noexcept;

/// Makes an endpoint from a literal address and a port, without a resolver.
/**
 * @param address "127.0.0.1", "::1", "fe80::1%eth0". Host names are refused: those are for the
 * operations that resolve.
 * @param port 0 to 65535.
 * @param ec What is wrong with them; cleared where nothing is.
 *
 * Errors: Errc::bad_address, Errc::bad_port; the returned endpoint is then `0.0.0.0:0`.
 */
DGRAM_API Endpoint make_endpoint(std::string_view address, int port, std::error_code& ec);

/// The same; throws Error.
DGRAM_API Endpoint make_endpoint(std::string_view address, int port);

/// "127.0.0.1:53", "[::1]:53", "[fe80::1%eth0]:5353".
DGRAM_API std::string to_string(const Endpoint& endpoint);

DGRAM_END_NAMESPACE
