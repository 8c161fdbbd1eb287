// What POSIX and RFC 3493 have, and nothing else.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <asio/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

using Places = std::span<const SettingPlace>;

Places at(const SettingPlace& place) noexcept {
  return Places(&place, 1);
}

/// Of an IPv6 socket only the IPv6 level: not every system lets it have the other one.
Places by_family(Family family, const SettingPlace& ipv4, const SettingPlace& ipv6) noexcept {
  return at(family == Family::ipv6 ? ipv6 : ipv4);
}

constexpr SettingPlace reuse_address_place{SOL_SOCKET, SO_REUSEADDR};
constexpr SettingPlace reuse_port_place{SOL_SOCKET, SO_REUSEPORT};
constexpr SettingPlace ipv6_only_place{IPPROTO_IPV6, IPV6_V6ONLY};
constexpr SettingPlace broadcast_place{SOL_SOCKET, SO_BROADCAST};
constexpr SettingPlace recv_buffer_place{SOL_SOCKET, SO_RCVBUF};
constexpr SettingPlace send_buffer_place{SOL_SOCKET, SO_SNDBUF};
constexpr SettingPlace ttl_place{IPPROTO_IP, IP_TTL};
constexpr SettingPlace hops_place{IPPROTO_IPV6, IPV6_UNICAST_HOPS};
constexpr SettingPlace multicast_ttl_place{IPPROTO_IP, IP_MULTICAST_TTL, true};
constexpr SettingPlace multicast_hops_place{IPPROTO_IPV6, IPV6_MULTICAST_HOPS};
constexpr SettingPlace loopback_place{IPPROTO_IP, IP_MULTICAST_LOOP, true};
constexpr SettingPlace loopback6_place{IPPROTO_IPV6, IPV6_MULTICAST_LOOP};
constexpr SettingPlace tos_place{IPPROTO_IP, IP_TOS};
constexpr SettingPlace traffic_class_place{IPPROTO_IPV6, IPV6_TCLASS};

}  // namespace

std::span<const SettingPlace> places_of(Setting setting, Family family) noexcept {
  switch (setting) {
    case Setting::reuse_address:
      return at(reuse_address_place);
    case Setting::reuse_port:
      return at(reuse_port_place);
    case Setting::ipv6_only:
      return family == Family::ipv6 ? at(ipv6_only_place) : Places();
    case Setting::broadcast:
      return at(broadcast_place);
    case Setting::recv_buffer_size:
      return at(recv_buffer_place);
    case Setting::send_buffer_size:
      return at(send_buffer_place);
    case Setting::ttl:
      return by_family(family, ttl_place, hops_place);
    case Setting::multicast_ttl:
      return by_family(family, multicast_ttl_place, multicast_hops_place);
    case Setting::multicast_loopback:
      return by_family(family, loopback_place, loopback6_place);
    case Setting::traffic_class:
      return by_family(family, tos_place, traffic_class_place);
    default:
      return {};
  }
}

int privileged_name_of(Setting) noexcept {
  return 0;
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
  // By address is the one way that every system knows.
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
