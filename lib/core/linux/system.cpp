// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// System calls beside datagrams: routes and interfaces by netlink, path MTU, the error queue
// (ICMP).
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <asio/error.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <dgram/error.hpp>
#include <memory>

#include "../kernel/descriptor.hpp"
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
  // The answer is in the queue when send() returns, so this does not wait.
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
  // The answer is cut off behind the link's index, the only part that is needed.
  const ssize_t size = ::recv(netlink, &answer, sizeof answer, MSG_DONTWAIT);
  const bool found = size == sizeof answer && answer.header.nlmsg_type == RTM_NEWLINK;
  return found ? static_cast<std::uint32_t>(answer.link.ifi_index) : 0;
}

/// Calls `question` with a netlink socket. Returns 0 where the descriptor is not in the network
/// namespace of the thread, since netlink sees only that one.
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

// The kernel returns IP_MTU for connected sockets only, and the value of a long-lived one may be
// stale until its next send. So a new socket is connected, on the same device and from the same
// source, because both may decide about the route.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept {
  const Endpoint peer(unmapped(to.address()), to.port());
  const Family family = family_of(peer);
  const OwnedDescriptor asking(make_descriptor(family, ec));
  // The new socket is in the network namespace of the thread; it knows no path in another one.
  if (!ec && are_worlds_apart(asking.handle, handle)) ec = asio::error::operation_not_supported;
  if (ec) return 0;
  int device = 0;
  if (!get_number(handle, family, Setting::device, device) && device != 0)
    ec = set_number(asking.handle, family, Setting::device, device);
  if (ec) return 0;
  const asio::ip::address source = unmapped(bound_address_of(handle));
  // A socket may also be bound to a group that it receives, which is not a source address.
  const bool is_source = !source.is_unspecified() && !source.is_multicast();
  if (is_source && family_of(Endpoint(source, 0)) == family) {
    const Endpoint local(source, 0);
    const int bound = ::bind(asking.handle, local.data(), static_cast<socklen_t>(local.size()));
    if (bound != 0) ec = is_missing(source, handle) ? Errc::source_unavailable : last_error();
    if (ec) return 0;
  }
  const int on = 1;  // without it, connect() refuses a broadcast address
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

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Opens a file of this thread's network namespace. /proc/net is that of the process's first thread.
File open_list(const char* path) noexcept {
  return File(std::fopen(path, "re"));
}

// One line per interface, "700 eth0 : 2 V3", then one per group, "  0302EFEF 1 0:00000000 0": the
// address, read as an integer in the machine's byte order (igmp_mc_seq_show in net/ipv4/igmp.c).
bool lists_ipv4_group(const GroupMembership& membership) noexcept {
  const File list = open_list("/proc/thread-self/net/igmp");
  if (!list) return true;
  const asio::ip::address_v4::bytes_type bytes = membership.group.to_v4().to_bytes();
  std::uint32_t wanted = 0;
  std::memcpy(&wanted, bytes.data(), sizeof wanted);
  char line[256];
  bool is_interface = false;
  while (std::fgets(line, sizeof line, list.get())) {
    unsigned number = 0;
    if (line[0] != '\t' && line[0] != ' ')
      is_interface = std::sscanf(line, "%u", &number) == 1 && number == membership.interface;
    else if (is_interface && std::sscanf(line, "%x", &number) == 1 && number == wanted)
      return true;
  }
  return false;
}

// One line per group: "700 eth0 ff150000000000000000000000000099 1 00000004 0" (igmp6_mc_seq_show
// in net/ipv6/mcast.c).
bool lists_ipv6_group(const GroupMembership& membership) noexcept {
  const File list = open_list("/proc/thread-self/net/igmp6");
  if (!list) return true;
  char wanted[33];
  const asio::ip::address_v6::bytes_type bytes = membership.group.to_v6().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    std::snprintf(wanted + 2 * i, 3, "%02x", static_cast<unsigned>(bytes[i]));
  char line[256];
  while (std::fgets(line, sizeof line, list.get())) {
    unsigned number = 0;
    char group[33] = "";
    if (std::sscanf(line, "%u %*s %32s", &number, group) == 2 && number == membership.interface &&
        std::strcmp(group, wanted) == 0)
      return true;
  }
  return false;
}

}  // namespace

bool is_deaf(NativeHandle handle, const GroupMembership& membership) noexcept {
  if (membership.interface == 0) return false;
  std::error_code ec;
  const NativeHandle here = make_descriptor(Family::ipv4, ec);
  if (ec) return false;
  const bool apart = are_worlds_apart(here, handle);
  close_descriptor(here);
  if (apart) return false;
  return membership.group.is_v6() ? !lists_ipv6_group(membership) : !lists_ipv4_group(membership);
}

}  // namespace detail
DGRAM_END_NAMESPACE

// Included after <time.h>, which <linux/errqueue.h> needs and does not include.
#include <linux/errqueue.h>

#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>

#include "../kernel/descriptor.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

ErrorReport::Origin origin_of(const sock_extended_err& error) noexcept {
  switch (error.ee_origin) {
    case SO_EE_ORIGIN_LOCAL:
      return ErrorReport::Origin::local;
    case SO_EE_ORIGIN_ICMP:
      return ErrorReport::Origin::icmp;
    case SO_EE_ORIGIN_ICMP6:
      return ErrorReport::Origin::icmpv6;
    default:
      return ErrorReport::Origin::other;
  }
}

/// The host that sent the ICMP message. Its address follows the error in the same control message
/// (SO_EE_OFFENDER).
asio::ip::address offender_of(const cmsghdr& header) noexcept {
  const std::size_t room = header.cmsg_len - CMSG_LEN(sizeof(sock_extended_err));
  sockaddr_storage offender = sockaddr_storage();
  std::memcpy(&offender,
              CMSG_DATA(&header) + sizeof(sock_extended_err),
              room < sizeof offender ? room : sizeof offender);
  Endpoint name;
  const bool v4 = offender.ss_family == AF_INET && room >= sizeof(sockaddr_in);
  const bool v6 = offender.ss_family == AF_INET6 && room >= sizeof(sockaddr_in6);
  if (!v4 && !v6) return {};
  const std::size_t size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::memcpy(name.data(), &offender, size);
  name.resize(size);
  return name.address();
}

bool is_error(const cmsghdr& header) noexcept {
  return ((header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RECVERR) ||
          (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_RECVERR)) &&
         header.cmsg_len >= CMSG_LEN(sizeof(sock_extended_err));
}

void read_report(msghdr& message, ErrorReport& report) noexcept {
  report.origin = ErrorReport::Origin::other;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (!is_error(*header)) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(header), sizeof error);
    report.error =
        comparable(std::error_code(static_cast<int>(error.ee_errno), asio::system_category()));
    report.origin = origin_of(error);
    report.type = error.ee_type;
    report.code = error.ee_code;
    if (error.ee_errno == EMSGSIZE) report.mtu = error.ee_info;
    if (report.origin != ErrorReport::Origin::local) report.offender = offender_of(*header);
  }
}

}  // namespace

std::size_t read_error_queue(NativeHandle handle, std::span<ErrorReport> reports) noexcept {
  std::size_t count = 0;
  for (; count < reports.size(); ++count) {
    ErrorReport& report = reports[count];
    report = ErrorReport();
    // The kernel returns the original destination as the name. The quoted payload is not read.
    alignas(cmsghdr) std::array<std::byte, 512> control;
    msghdr message = msghdr();
    message.msg_name = report.destination.data();
    message.msg_namelen = static_cast<socklen_t>(report.destination.capacity());
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(handle, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    read_report(message, report);
  }
  return count;
}

}  // namespace detail
DGRAM_END_NAMESPACE
