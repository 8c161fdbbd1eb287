#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asio/error.hpp>
#include <cstring>
#include <dgram/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/settings.hpp"
#include "../kernel/system.hpp"
#include "../values/address.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

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

/// RTM_GETLINK by an alternative name (ip-link(8), "altname").
struct LinkRequest {
  nlmsghdr header;
  ifinfomsg link;
  rtattr attribute;
  char name[longest_alternative_name + 1];
};

std::uint32_t ask(int netlink, std::string_view name) noexcept {
  constexpr unsigned short ifla_alt_ifname = 53;  // linux/if_link.h, since Linux 5.5
  LinkRequest request = LinkRequest();
  request.header.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(ifinfomsg)) + RTA_LENGTH(name.size() + 1));
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.attribute.rta_type = ifla_alt_ifname;
  request.attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(name.size() + 1));
  std::memcpy(request.name, name.data(), name.size());
  if (::send(netlink, &request, request.header.nlmsg_len, 0) < 0) return 0;
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } answer = {};
  // What else it says of the link is cut off.
  const ssize_t size = ::recv(netlink, &answer, sizeof answer, MSG_DONTWAIT);
  const bool found = size == sizeof answer && answer.header.nlmsg_type == RTM_NEWLINK;
  return found ? static_cast<std::uint32_t>(answer.link.ifi_index) : 0;
}

/// Asks the network that the descriptor is in; 0 where that is not the thread's, which is the one
/// that netlink sees.
template <class Question>
std::uint32_t with_netlink(NativeHandle handle, Question&& question) noexcept {
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return 0;
  const std::uint64_t here = network_of(netlink);
  const bool same = here != 0 && here == network_of(handle);
  const std::uint32_t index = same ? question(netlink) : 0;
  ::close(netlink);
  return index;
}

}  // namespace

std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept {
  return with_netlink(handle, [&](int netlink) { return ask(netlink, to); });
}

std::uint32_t interface_of_alternative_name(NativeHandle handle, std::string_view name) noexcept {
  return with_netlink(handle, [&](int netlink) { return ask(netlink, name); });
}

namespace {

struct OwnedDescriptor {
  explicit OwnedDescriptor(NativeHandle h) noexcept : handle(h) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() {
    if (handle != invalid_handle) close_descriptor(handle);
  }
  NativeHandle handle;
};

}  // namespace

// The kernel tells IP_MTU of connected sockets only, and that of a long-lived one may be stale
// until its next send. So a new socket is connected: on the same device and from the same source,
// which both may decide about the route.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept {
  const Endpoint peer(unmapped(to.address()), to.port());
  const Family family = family_of(peer);
  const OwnedDescriptor asking(make_descriptor(family, ec));
  // A new socket is in the network of the thread: of another it knows nothing.
  if (!ec && are_worlds_apart(asking.handle, handle)) ec = asio::error::operation_not_supported;
  if (ec) return 0;
  int device = 0;
  if (!get_number(handle, family, Setting::device, device) && device != 0)
    ec = set_number(asking.handle, family, Setting::device, device);
  if (ec) return 0;
  const asio::ip::address source = unmapped(bound_address_of(handle));
  const bool is_source = !source.is_unspecified() && !source.is_multicast();  // or a group it hears
  if (is_source && family_of(Endpoint(source, 0)) == family) {
    const Endpoint local(source, 0);
    const int bound = ::bind(asking.handle, local.data(), static_cast<socklen_t>(local.size()));
    if (bound != 0) ec = is_missing(source, handle) ? Errc::source_unavailable : last_error();
    if (ec) return 0;
  }
  const int on = 1;  // else a broadcast address is refused
  ::setsockopt(asking.handle, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  if (::connect(asking.handle, peer.data(), static_cast<socklen_t>(peer.size())) != 0) {
    ec = last_error();
    return 0;
  }
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const bool v6 = family == Family::ipv6;
  if (::getsockopt(
          asking.handle, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
    ec = last_error();
  return mtu;
}

}  // namespace detail
DGRAM_END_NAMESPACE
