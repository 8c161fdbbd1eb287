// A multicast router on a host: forwards single groups from one interface to another, by the
// kernel's routing tables.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

// After <netinet/in.h>, whose types they would define again.
#include <linux/mroute.h>
#include <linux/mroute6.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "support/descriptors.hpp"
#include "support/network.hpp"

namespace test {

/// One per host. Forwards as long as it lives, what has hops left: a TTL of 1 ends here, a TTL of 2
/// passes. The host need not be a router for unicast.
class MulticastRouter {
 public:
  explicit MulticastRouter(const Host& host)
      : host_(host),
        v4_(open(host, AF_INET, IPPROTO_IGMP)),
        v6_(open(host, AF_INET6, IPPROTO_ICMPV6)) {
    const int on = 1;
    set4(MRT_INIT, on);
    set6(MRT6_INIT, on);
  }
  MulticastRouter(const MulticastRouter&) = delete;

  /// Forwards what `source` sends to `group`, both IPv4 or both IPv6, and comes in by `from`. Of
  /// calls with the same source and group, the last one counts.
  void forward(const asio::ip::address& source,
               const asio::ip::address& group,
               const std::string& from,
               const std::string& to) {
    const unsigned short in = interface(from);
    const unsigned short out = interface(to);
    if (source.is_v4()) {
      mfcctl route{};
      route.mfcc_origin.s_addr = htonl(source.to_v4().to_uint());
      route.mfcc_mcastgrp.s_addr = htonl(group.to_v4().to_uint());
      route.mfcc_parent = in;
      route.mfcc_ttls[out] = 1;  // passes what has a greater TTL
      set4(MRT_ADD_MFC, route);
    } else {
      mf6cctl route{};
      route.mf6cc_origin = socket_address(source.to_v6());
      route.mf6cc_mcastgrp = socket_address(group.to_v6());
      route.mf6cc_parent = in;
      IF_SET(out, &route.mf6cc_ifset);
      set6(MRT6_ADD_MFC, route);
    }
  }

 private:
  static Descriptor open(const Host& host, int family, int protocol) {
    const Here here = host.enter();
    return Descriptor(::socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol), "a raw socket");
  }

  static sockaddr_in6 socket_address(const asio::ip::address_v6& address) {
    const asio::ip::address_v6::bytes_type bytes = address.to_bytes();
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    std::memcpy(&result.sin6_addr, bytes.data(), bytes.size());
    return result;
  }

  /// The router's own number for an interface, the same for both families.
  unsigned short interface(const std::string& name) {
    const auto known = std::find(interfaces_.begin(), interfaces_.end(), name);
    const auto number = static_cast<unsigned short>(known - interfaces_.begin());
    if (known != interfaces_.end()) return number;

    vifctl v4{};
    v4.vifc_vifi = number;
    v4.vifc_flags = VIFF_USE_IFINDEX;
    v4.vifc_threshold = 1;
    v4.vifc_lcl_ifindex = static_cast<int>(host_.index(name));
    set4(MRT_ADD_VIF, v4);

    mif6ctl v6{};
    v6.mif6c_mifi = number;
    v6.vifc_threshold = 1;
    v6.mif6c_pifi = static_cast<unsigned short>(host_.index(name));
    set6(MRT6_ADD_MIF, v6);

    interfaces_.push_back(name);
    return number;
  }

  template <class T>
  void set4(int option, const T& value) {
    set(v4_, IPPROTO_IP, option, &value, sizeof value);
  }
  template <class T>
  void set6(int option, const T& value) {
    set(v6_, IPPROTO_IPV6, option, &value, sizeof value);
  }
  void set(const Descriptor& socket, int level, int option, const void* value, std::size_t size) {
    if (::setsockopt(socket.get(), level, option, value, static_cast<socklen_t>(size)) != 0)
      throw std::system_error(
          errno,
          std::generic_category(),
          "multicast routing on " + host_.name() + ", option " + std::to_string(option));
  }

  const Host& host_;
  Descriptor v4_;
  Descriptor v6_;
  std::vector<std::string> interfaces_;
};

}  // namespace test
