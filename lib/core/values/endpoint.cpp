// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <net/if.h>
#include <sys/socket.h>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE

Family family_of(const Endpoint& endpoint) noexcept {
  switch (endpoint.data()->sa_family) {
    case AF_INET:
      return Family::ipv4;
    case AF_INET6:
      return Family::ipv6;
    default:  // the endpoint's memory was written to
      return Family::unspecified;
  }
}

namespace {

/// True when the zone of an address is `zone`, by number or by name. Asio reads "1abc" as 1, and
/// "4294967297" as well, and a zone that names no interface as none.
bool is_zone_of(const asio::ip::address& address, std::string_view zone) {
  const std::uint64_t scope = address.is_v6() ? address.to_v6().scope_id() : 0;
  if (scope == 0) return false;
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  const bool is_number = failed == std::errc() && end == zone.data() + zone.size();
  return (is_number && number == scope) || ::if_nametoindex(std::string(zone).c_str()) == scope;
}

}  // namespace

Endpoint make_endpoint(std::string_view address, int port, std::error_code& ec) {
  ec.clear();
  if (port < 0 || port > 65535) {
    ec = Errc::bad_port;
    return Endpoint();
  }
  // The parser behind make_address stops at a NUL: "127.0.0.1\0.example.org" must not pass as a
  // literal.
  std::error_code unparsable;
  const asio::ip::address parsed = address.find('\0') == std::string_view::npos
                                       ? asio::ip::make_address(std::string(address), unparsable)
                                       : asio::ip::address();
  const std::size_t zone = address.find('%');
  const bool lost_zone =
      zone != std::string_view::npos && !is_zone_of(parsed, address.substr(zone + 1));
  if (unparsable || lost_zone || address.empty() || address.find('\0') != std::string_view::npos) {
    ec = Errc::bad_address;
    return Endpoint();
  }
  return Endpoint(parsed, static_cast<unsigned short>(port));
}

Endpoint make_endpoint(std::string_view address, int port) {
  std::error_code ec;
  const Endpoint endpoint = make_endpoint(address, port, ec);
  if (ec == Errc::bad_port) throw Error(ec, "make_endpoint", std::to_string(port));
  if (ec) throw Error(ec, "make_endpoint", address);
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  const std::string port = std::to_string(endpoint.port());
  if (address.is_v6()) return '[' + address.to_string() + "]:" + port;
  return address.to_string() + ':' + port;
}

DGRAM_END_NAMESPACE
