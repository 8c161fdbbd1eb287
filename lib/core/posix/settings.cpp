// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Settings of the portable channel, without the options that only Linux has.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <asio/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// For settings whose IPv4 option takes a byte on the BSDs.
constexpr SettingRow at_byte(Setting setting, int ipv4_name, int ipv6_name) {
  return {setting, {IPPROTO_IP, ipv4_name, true}, {IPPROTO_IPV6, ipv6_name}, {}};
}

// An IPv6 socket has no place for its IPv4 peers: not every system lets it have the settings of the
// IPv4 level.
constexpr SettingRows setting_table = {{
    at_socket(Setting::reuse_address, SO_REUSEADDR),
    at_socket(Setting::reuse_port, SO_REUSEPORT),
    {Setting::ipv6_only, {}, {IPPROTO_IPV6, IPV6_V6ONLY}, {}},
    at_socket(Setting::broadcast, SO_BROADCAST),
    at_socket(Setting::recv_buffer_size, SO_RCVBUF),
    at_socket(Setting::send_buffer_size, SO_SNDBUF),
    at_own_level(Setting::ttl, IP_TTL, IPV6_UNICAST_HOPS),
    at_byte(Setting::multicast_ttl, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS),
    at_byte(Setting::multicast_loopback, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP),
    nowhere(Setting::multicast_all),
    at_own_level(Setting::traffic_class, IP_TOS, IPV6_TCLASS),
    nowhere(Setting::path_mtu_discovery),
    nowhere(Setting::device),
    nowhere(Setting::receive_local_address),
    nowhere(Setting::receive_ecn),
    nowhere(Setting::receive_hop_limit),
    nowhere(Setting::receive_timestamp),
    nowhere(Setting::receive_errors),
    nowhere(Setting::gro),
    nowhere(Setting::busy_poll),
    nowhere(Setting::prefer_busy_poll),
    nowhere(Setting::incoming_cpu),
}};
static_assert(are_in_order(setting_table));

}  // namespace

const SettingRows& setting_rows() noexcept {
  return setting_table;
}

int privileged_name_of(Setting) noexcept {
  return 0;
}

std::error_code set_pacing_rate_of(NativeHandle, std::uint64_t) noexcept {
  return asio::error::operation_not_supported;
}

std::error_code hold_departures_of(NativeHandle) noexcept {
  return asio::error::operation_not_supported;
}

std::error_code refuse_more_of(NativeHandle) noexcept {
  return asio::error::operation_not_supported;
}

int buffer_size_unit() noexcept {
#if defined(__linux__)
  return 2;
#else
  return 1;
#endif
}

std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source) {
  if (family == Family::ipv6) {
    const unsigned ifindex = index;
    return ::setsockopt(handle, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof ifindex) == 0
               ? std::error_code()
               : last_error();
  }
  // The interface is set by its address, the only form that every system knows.
  in_addr address = in_addr();
  address.s_addr = htonl(source.to_uint());
  if (index != 0 && source.is_unspecified()) {
    std::error_code ec;
    const asio::ip::address_v4 first = first_ipv4_address(list_interfaces(ec), index);
    if (ec) return ec;
    if (first.is_unspecified()) return asio::error::operation_not_supported;
    address.s_addr = htonl(first.to_uint());
  }
  return ::setsockopt(handle, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address) == 0
             ? std::error_code()
             : last_error();
}

}  // namespace detail
DGRAM_END_NAMESPACE
