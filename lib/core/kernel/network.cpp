// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Interfaces of this host: by name, by index, all of them; and its source addresses.
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <dgram/error.hpp>
#include <memory>

#include "descriptor.hpp"
#include "system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Returns the entry of the item's interface, and adds it if it is not in the list. An address may
/// have a label such as "eth0:1" as its name, which is not another interface.
InterfaceInfo& entry_of(std::vector<InterfaceInfo>& list, const ifaddrs& item) {
  const unsigned index = ::if_nametoindex(item.ifa_name);
  const auto known = std::find_if(
      list.begin(), list.end(), [&](const InterfaceInfo& i) { return i.index == index; });
  if (known != list.end()) return *known;
  char name[IFNAMSIZ];
  InterfaceInfo info;
  info.name = ::if_indextoname(index, name) ? name : item.ifa_name;
  info.index = index;
  info.is_up = (item.ifa_flags & IFF_UP) != 0;
  info.can_multicast = (item.ifa_flags & IFF_MULTICAST) != 0;
  return list.emplace_back(std::move(info));
}

}  // namespace

std::uint32_t interface_index_of(NativeHandle handle,
                                 const std::string& name,
                                 std::error_code& ec) noexcept {
  ec = no_such_device();
  if (name.empty() || name.size() > longest_alternative_name ||
      name.find('\0') != std::string::npos)
    return 0;
  if (name.size() >= IFNAMSIZ) {
    const std::uint32_t found = interface_of_alternative_name(handle, name);
    if (found != 0) ec.clear();
    return found;
  }
#if defined(SIOCGIFINDEX) && defined(__linux__)
  ifreq request = ifreq();
  std::memcpy(request.ifr_name, name.data(), name.size());
  if (::ioctl(handle, SIOCGIFINDEX, &request) != 0) {
    ec = last_error();
    return 0;
  }
  ec.clear();
  return static_cast<std::uint32_t>(request.ifr_ifindex);
#else
  static_cast<void>(handle);
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index != 0) ec.clear();
  return index;
#endif
}

bool interface_exists(NativeHandle handle, int index) noexcept {
#if defined(SIOCGIFNAME) && defined(__linux__)
  ifreq request = ifreq();
  request.ifr_ifindex = index;
  return ::ioctl(handle, SIOCGIFNAME, &request) == 0;
#else
  static_cast<void>(handle);
  char name[IFNAMSIZ];
  return ::if_indextoname(static_cast<unsigned>(index), name) != nullptr;
#endif
}

std::vector<InterfaceInfo> list_interfaces(std::error_code& ec) {
  ec.clear();
  std::vector<InterfaceInfo> list;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    ec = last_error();
    return list;
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, ::freeifaddrs);
  for (const ifaddrs* item = first; item; item = item->ifa_next) {
    InterfaceInfo& info = entry_of(list, *item);
    if (!item->ifa_addr) continue;
    Endpoint name;  // converts a sockaddr to an address
    const int family = item->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const std::size_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(name.data(), item->ifa_addr, size);
    name.resize(size);
    info.addresses.push_back(name.address());
  }
  // An interface that vanished during the loop has no index any more.
  std::erase_if(list, [](const InterfaceInfo& info) { return info.index == 0; });
  return list;
}

asio::ip::address_v4 first_ipv4_address(const std::vector<InterfaceInfo>& interfaces,
                                        std::uint32_t index) noexcept {
  for (const InterfaceInfo& info : interfaces)
    if (info.index == index)
      for (const asio::ip::address& address : info.addresses)
        if (address.is_v4()) return address.to_v4();
  return {};
}

asio::ip::address bound_address_of(NativeHandle handle) noexcept {
  Endpoint local;
  socklen_t size = static_cast<socklen_t>(local.capacity());
  if (::getsockname(handle, local.data(), &size) != 0) return {};
  local.resize(size);
  return local.address();
}

bool is_missing(const asio::ip::address& address, NativeHandle handle) noexcept {
  const Endpoint any_port(address, 0);
  std::error_code ec;
  const NativeHandle probe = make_descriptor(family_of(any_port), ec);
  if (ec) return false;
  const bool missing =
      !are_worlds_apart(probe, handle) &&
      ::bind(probe, any_port.data(), static_cast<socklen_t>(any_port.size())) != 0 &&
      errno == EADDRNOTAVAIL;
  close_descriptor(probe);
  return missing;
}

std::error_code explain_send_error(const std::error_code& ec,
                                   const Sender& sender,
                                   const SendItem& item) noexcept {
  const bool may_be = ec == asio::error::network_unreachable ||
                      ec == asio::error::invalid_argument || ec == std::errc::address_not_available;
  if (!may_be) return ec;
  // The socket's device may have vanished. Over IPv4 the kernel reports ENODEV for that itself.
  int device = 0;
  if (!get_number(sender.handle, sender.family, Setting::device, device) && device != 0 &&
      !interface_exists(sender.handle, device))
    return no_such_device();
  const bool chosen = item.options && item.options->source_address;
  const asio::ip::address source =
      chosen ? *item.options->source_address : bound_address_of(sender.handle);
  if (source.is_unspecified() || source.is_multicast() || !is_missing(source, sender.handle))
    return ec;
  return Errc::source_unavailable;
}

}  // namespace detail
DGRAM_END_NAMESPACE
