// Addresses that look different and mean the same: IPv4 in IPv6 clothes, and scopes.
#pragma once

#include <asio/ip/address.hpp>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// ::ffff:a.b.c.d, by which an IPv6 socket names its IPv4 peers.
inline bool is_mapped(const asio::ip::address& address) noexcept {
  return address.is_v6() && address.to_v6().is_v4_mapped();
}

/// What is sent to it leaves as IPv4, whatever the socket is.
inline bool is_over_ipv4(const asio::ip::address& address) noexcept {
  return address.is_v4() || is_mapped(address);
}

/// a.b.c.d for ::ffff:a.b.c.d; others as they are.
inline asio::ip::address unmapped(const asio::ip::address& address) {
  if (!is_mapped(address)) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

/// The scopes of IPv6 addresses aside.
inline bool is_same_address(const asio::ip::address& a, const asio::ip::address& b) noexcept {
  if (a.is_v4() || b.is_v4()) return a == b;
  return a.to_v6().to_bytes() == b.to_v6().to_bytes();
}

}  // namespace detail
DGRAM_END_NAMESPACE
