#include "memberships.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/error.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(MCAST_JOIN_GROUP)

namespace {

void store(const asio::ip::address& address, sockaddr_storage& storage) noexcept {
  const Endpoint name(address, 0);
  std::memcpy(&storage, name.data(), name.size());
}

int name_of(MembershipAction action) noexcept {
  switch (action) {
    case MembershipAction::join:
      return MCAST_JOIN_GROUP;
    case MembershipAction::leave:
      return MCAST_LEAVE_GROUP;
    case MembershipAction::join_source:
      return MCAST_JOIN_SOURCE_GROUP;
    case MembershipAction::leave_source:
      return MCAST_LEAVE_SOURCE_GROUP;
    case MembershipAction::block_source:
      return MCAST_BLOCK_SOURCE;
    case MembershipAction::unblock_source:
      return MCAST_UNBLOCK_SOURCE;
  }
  return 0;
}

#if defined(__linux__)

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// Of the network of this thread; /proc/net is that of the process's first one.
File open_list(const char* path) noexcept {
  return File(std::fopen(path, "re"));
}

// "700 eth0 : 2 V3" and then, for each of its groups, "  0302EFEF 1 0:00000000 0": the address as
// the machine reads its four bytes (igmp_mc_seq_show in net/ipv4/igmp.c).
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

// "700 eth0 ff150000000000000000000000000099 1 00000004 0" (igmp6_mc_seq_show in net/ipv6/mcast.c)
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

#endif

std::error_code request(NativeHandle handle,
                        MembershipAction action,
                        const GroupMembership& membership) noexcept {
  const int level = membership.group.is_v6() ? IPPROTO_IPV6 : IPPROTO_IP;
  group_req group = group_req();
  group.gr_interface = membership.interface;
  store(membership.group, group.gr_group);
  group_source_req source = group_source_req();
  source.gsr_interface = membership.interface;
  source.gsr_group = group.gr_group;
  store(membership.source, source.gsr_source);
  const bool any_source = action == MembershipAction::join || action == MembershipAction::leave;
  const void* const asked = any_source ? static_cast<const void*>(&group) : &source;
  const socklen_t size = any_source ? sizeof group : sizeof source;
  return ::setsockopt(handle, level, name_of(action), asked, size) == 0 ? std::error_code()
                                                                        : last_error();
}

/// True when the interface does not hear the group, whatever sockets believe that have joined it:
/// it has gone away, and is another one that has come back with its index. False where that is not
/// known.
bool is_deaf([[maybe_unused]] NativeHandle handle,
             [[maybe_unused]] const GroupMembership& membership) noexcept {
#if defined(__linux__)
  if (membership.interface == 0) return false;
  std::error_code ec;
  const NativeHandle here = make_descriptor(Family::ipv4, ec);
  if (ec) return false;
  const bool apart = are_worlds_apart(here, handle);
  close_descriptor(here);
  if (apart) return false;
  return membership.group.is_v6() ? !lists_ipv6_group(membership) : !lists_ipv4_group(membership);
#else
  return false;
#endif
}

}  // namespace

std::error_code change_membership_of(NativeHandle handle,
                                     MembershipAction action,
                                     const GroupMembership& membership) noexcept {
  const std::error_code ec = request(handle, action, membership);
  // The socket's own list of groups knows interfaces by their index alone.
  const bool is_known =
      (action == MembershipAction::join && ec == asio::error::address_in_use) ||
      (action == MembershipAction::join_source && ec == std::errc::address_not_available);
  if (is_known && is_deaf(handle, membership)) {
    const std::error_code left = request(handle, MembershipAction::leave, membership);
    return left ? ec : request(handle, action, membership);
  }
  // Of an interface that has vanished a source cannot be left (ENODEV), but the group can: its
  // entry would count against the limit of memberships until the socket closes.
  const bool vanished = ec == std::errc::no_such_device &&
                        action == MembershipAction::leave_source && membership.interface != 0;
  if (!vanished) return ec;
  return request(handle, MembershipAction::leave, membership) ? ec : std::error_code();
}

#else

std::error_code change_membership_of(NativeHandle,
                                     MembershipAction,
                                     const GroupMembership&) noexcept {
  return asio::error::operation_not_supported;
}

#endif

}  // namespace detail
DGRAM_END_NAMESPACE
