#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "descriptor.hpp"
#include "route.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr int so_netns_cookie = 71;  // asm-generic/socket.h, since Linux 5.14

std::uint64_t namespace_of(NativeHandle handle) noexcept {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(handle, SOL_SOCKET, so_netns_cookie, &cookie, &size) == 0 ? cookie : 0;
}

/// RTM_GETROUTE for one destination (rtnetlink(7)).
struct RouteRequest {
  nlmsghdr header;
  rtmsg route;
  rtattr destination;
  unsigned char address[16];
};

std::uint32_t interface_in(const char* answer, std::size_t size) noexcept {
  nlmsghdr header;
  if (size < NLMSG_LENGTH(sizeof(rtmsg))) return 0;
  std::memcpy(&header, answer, sizeof header);
  if (header.nlmsg_type != RTM_NEWROUTE || header.nlmsg_len > size) return 0;
  std::size_t at = NLMSG_LENGTH(sizeof(rtmsg));
  while (at + sizeof(rtattr) <= header.nlmsg_len) {
    rtattr attribute;
    std::memcpy(&attribute, answer + at, sizeof attribute);
    std::uint32_t index = 0;
    if (attribute.rta_len < sizeof attribute) return 0;
    if (attribute.rta_type == RTA_OIF && attribute.rta_len >= RTA_LENGTH(sizeof index)) {
      std::memcpy(&index, answer + at + RTA_LENGTH(0), sizeof index);
      return index;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return 0;
}

std::uint32_t ask(int netlink, const asio::ip::address& to) noexcept {
  const std::size_t address_size = to.is_v6() ? 16 : 4;
  RouteRequest request = RouteRequest();
  request.header.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(rtmsg)) + RTA_LENGTH(address_size));
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.route.rtm_family = to.is_v6() ? AF_INET6 : AF_INET;
  request.route.rtm_dst_len = static_cast<unsigned char>(address_size * 8);
  request.destination.rta_type = RTA_DST;
  request.destination.rta_len = static_cast<unsigned short>(RTA_LENGTH(address_size));
  if (to.is_v6())
    std::memcpy(request.address, to.to_v6().to_bytes().data(), 16);
  else
    std::memcpy(request.address, to.to_v4().to_bytes().data(), 4);
  if (::send(netlink, &request, request.header.nlmsg_len, 0) < 0) return 0;
  alignas(nlmsghdr) char answer[1024];
  // Netlink answers while it is asked: this does not wait.
  const ssize_t size = ::recv(netlink, answer, sizeof answer, MSG_DONTWAIT);
  return size < 0 ? 0 : interface_in(answer, static_cast<std::size_t>(size));
}

}  // namespace

std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept {
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return 0;
  // It sees the network namespace of the thread, which need not be that of the descriptor.
  const std::uint64_t here = namespace_of(netlink);
  const bool same = here != 0 && here == namespace_of(handle);
  const std::uint32_t index = same ? ask(netlink, to) : 0;
  ::close(netlink);
  return index;
}

}  // namespace detail
DGRAM_END_NAMESPACE
