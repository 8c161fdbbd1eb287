// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The setsockopt(2) calls of multicast groups.
#include "system.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/error.hpp>
#include <cstring>

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

}  // namespace

std::error_code change_membership_of(NativeHandle handle,
                                     MembershipAction action,
                                     const GroupMembership& membership) noexcept {
  const std::error_code ec = request(handle, action, membership);
  // The kernel's list of a socket's memberships identifies an interface by its index only. So it
  // still has the entry of an interface that has vanished when another interface gets that index,
  // and the join fails although the new interface does not receive the group: leave, then join
  // again.
  const bool is_known =
      (action == MembershipAction::join && ec == asio::error::address_in_use) ||
      (action == MembershipAction::join_source && ec == std::errc::address_not_available);
  if (is_known && is_deaf(handle, membership)) {
    const std::error_code left = request(handle, MembershipAction::leave, membership);
    return left ? ec : request(handle, action, membership);
  }
  // Leaving a source on an interface that has vanished fails with ENODEV, but leaving the group
  // works. Otherwise the entry would count against the limit of memberships until the socket
  // closes.
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
