// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The table of settings: level and name of each setsockopt(2), for either family.
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <ctime>
#include <dgram/path_mtu.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/message.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// These are newer than the C libraries that dgram is built with: linux/in.h, linux/in6.h,
// asm/socket.h.
constexpr int ip_multicast_all = 49;
constexpr int ipv6_multicast_all = 29;
constexpr int so_bindtoifindex = 62;
constexpr int so_prefer_busy_poll = 69;

constexpr SettingRow at_udp(Setting setting, int name) {
  const SettingPlace place{IPPROTO_UDP, name};
  return {setting, place, place, {}};
}
constexpr SettingRow at_both(Setting setting, int ipv4_name, int ipv6_name) {
  const SettingPlace ipv4{IPPROTO_IP, ipv4_name};
  return {setting, ipv4, {IPPROTO_IPV6, ipv6_name}, ipv4};
}

// An IPv6 socket has the settings of both levels: those of the IPv4 level apply to its IPv4 peers.
constexpr SettingRows setting_table = {{
    at_socket(Setting::reuse_address, SO_REUSEADDR),
    at_socket(Setting::reuse_port, SO_REUSEPORT),
    {Setting::ipv6_only, {}, {IPPROTO_IPV6, IPV6_V6ONLY}, {}},
    at_socket(Setting::broadcast, SO_BROADCAST),
    at_socket(Setting::recv_buffer_size, SO_RCVBUF),
    at_socket(Setting::send_buffer_size, SO_SNDBUF),
    at_both(Setting::ttl, IP_TTL, IPV6_UNICAST_HOPS),
    at_both(Setting::multicast_ttl, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS),
    at_both(Setting::multicast_loopback, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP),
    at_both(Setting::multicast_all, ip_multicast_all, ipv6_multicast_all),
    at_both(Setting::traffic_class, IP_TOS, IPV6_TCLASS),
    at_both(Setting::path_mtu_discovery, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER),
    at_socket(Setting::device, so_bindtoifindex),
    at_both(Setting::receive_local_address, IP_PKTINFO, IPV6_RECVPKTINFO),
    at_both(Setting::receive_ecn, IP_RECVTOS, IPV6_RECVTCLASS),
    at_both(Setting::receive_hop_limit, IP_RECVTTL, IPV6_RECVHOPLIMIT),
    at_socket(Setting::receive_timestamp, SO_TIMESTAMPNS),
    at_both(Setting::receive_errors, IP_RECVERR, IPV6_RECVERR),
    at_udp(Setting::gro, udp_gro),
    at_socket(Setting::busy_poll, SO_BUSY_POLL),
    at_socket(Setting::prefer_busy_poll, so_prefer_busy_poll),
    at_socket(Setting::incoming_cpu, SO_INCOMING_CPU),
}};

static_assert(are_in_order(setting_table));

static_assert(static_cast<int>(PathMtuDiscovery::dont) == IP_PMTUDISC_DONT &&
              static_cast<int>(PathMtuDiscovery::want) == IP_PMTUDISC_WANT &&
              static_cast<int>(PathMtuDiscovery::enforce) == IP_PMTUDISC_DO &&
              static_cast<int>(PathMtuDiscovery::probe) == IP_PMTUDISC_PROBE &&
              static_cast<int>(PathMtuDiscovery::omit) == IP_PMTUDISC_OMIT &&
              IP_PMTUDISC_OMIT == IPV6_PMTUDISC_OMIT);

}  // namespace

const SettingRows& setting_rows() noexcept {
  return setting_table;
}

int privileged_name_of(Setting buffer_size) noexcept {
  return buffer_size == Setting::recv_buffer_size ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
}

// 64 bits since Linux 4.20, 32 bits before. In either width, all ones mean "no bound"
// (sk_setsockopt in net/core/sock.c).
std::error_code set_pacing_rate_of(NativeHandle handle, std::uint64_t bytes_per_second) noexcept {
  constexpr std::uint32_t no_bound = ~std::uint32_t{0};
  const std::uint32_t narrow =
      bytes_per_second == 0 ? no_bound : static_cast<std::uint32_t>(bytes_per_second);
  const bool is_wide = bytes_per_second >= no_bound;
  const void* const value = is_wide ? static_cast<const void*>(&bytes_per_second) : &narrow;
  const socklen_t size = is_wide ? sizeof bytes_per_second : sizeof narrow;
  return ::setsockopt(handle, SOL_SOCKET, SO_MAX_PACING_RATE, value, size) == 0 ? std::error_code()
                                                                                : last_error();
}

std::error_code hold_departures_of(NativeHandle handle) noexcept {
  sock_txtime how = sock_txtime();
  how.clockid = CLOCK_MONOTONIC;  // std::chrono::steady_clock, and the only clock of fq
  if (::setsockopt(handle, SOL_SOCKET, SO_TXTIME, &how, sizeof how) == 0) return {};
  // Linux before 4.19
  return errno == ENOPROTOOPT ? std::error_code(asio::error::operation_not_supported)
                              : last_error();
}

// A datagram that the filter keeps no byte of is dropped, and counted in sk_drops
// (sock_queue_rcv_skb in net/core/sock.c).
std::error_code refuse_more_of(NativeHandle handle) noexcept {
  sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog filter = {1, &nothing};
  return ::setsockopt(handle, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0
             ? std::error_code()
             : last_error();
}

int buffer_size_unit() noexcept {
  return 2;  // socket(7), SO_RCVBUF: the kernel doubles the size, and returns the doubled one
}

std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source) {
  const int ifindex = static_cast<int>(index);
  if (family == Family::ipv6 &&
      ::setsockopt(handle, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof ifindex) != 0)
    return last_error();
  ip_mreqn request = ip_mreqn();
  request.imr_address.s_addr = htonl(source.to_uint());
  request.imr_ifindex = ifindex;
  if (::setsockopt(handle, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) != 0)
    return last_error();
  return {};
}

}  // namespace detail
DGRAM_END_NAMESPACE
