// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Addresses that have more than one form: IPv4-mapped addresses, and scopes.
#pragma once

#include <asio/ip/address.hpp>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// True for ::ffff:a.b.c.d, the form that the address of an IPv4 peer has on an IPv6 socket.
inline bool is_mapped(const asio::ip::address& address) noexcept {
  return address.is_v6() && address.to_v6().is_v4_mapped();
}

/// True when datagrams to this address leave over IPv4, whatever the family of the socket.
inline bool is_over_ipv4(const asio::ip::address& address) noexcept {
  return address.is_v4() || is_mapped(address);
}

/// a.b.c.d for ::ffff:a.b.c.d; any other address unchanged.
inline asio::ip::address unmapped(const asio::ip::address& address) {
  if (!is_mapped(address)) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

/// Compares two addresses without the scopes of IPv6 addresses.
inline bool is_same_address(const asio::ip::address& a, const asio::ip::address& b) noexcept {
  if (a.is_v4() || b.is_v4()) return a == b;
  return a.to_v6().to_bytes() == b.to_v6().to_bytes();
}

}  // namespace detail
DGRAM_END_NAMESPACE
