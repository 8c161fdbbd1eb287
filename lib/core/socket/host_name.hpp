// What is a host name and what is not.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// 1 to 253 characters (RFC 1035, section 2.3.4, in text form) and no NUL, behind which a C
/// resolver would not look.
inline bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 253 && text.find('\0') == std::string_view::npos;
}

/// A name that means this host everywhere (RFC 6761, section 6.3).
inline bool is_localhost(std::string_view text) noexcept {
  constexpr std::string_view name = "localhost";
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if ((text[i] | 0x20) != name[i]) return false;
  return true;
}

inline asio::ip::address loopback_of(Family family) {
  if (family == Family::ipv6) return asio::ip::address_v6::loopback();
  return asio::ip::address_v4::loopback();
}

}  // namespace detail
DGRAM_END_NAMESPACE
