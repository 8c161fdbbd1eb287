// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// setsockopt(2) and getsockopt(2): a setting at its places, buffer sizes (SO_RCVBUF, SO_SNDBUF and
// their FORCE forms), multicast groups.
#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/error.hpp>
#include <cstring>

#include "descriptor.hpp"
#include "system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- settings

namespace {

std::error_code set_at(NativeHandle handle, const SettingPlace& place, int value) noexcept {
  const unsigned char byte = static_cast<unsigned char>(value);
  const void* const data = place.is_byte ? static_cast<const void*>(&byte) : &value;
  const socklen_t size = place.is_byte ? sizeof byte : sizeof value;
  return ::setsockopt(handle, place.level, place.name, data, size) == 0 ? std::error_code()
                                                                        : last_error();
}

std::error_code get_at(NativeHandle handle, const SettingPlace& place, int& value) noexcept {
  unsigned char byte = 0;
  void* const data = place.is_byte ? static_cast<void*>(&byte) : &value;
  socklen_t size = place.is_byte ? sizeof byte : sizeof value;
  if (::getsockopt(handle, place.level, place.name, data, &size) != 0) return last_error();
  if (place.is_byte) value = byte;
  return {};
}

}  // namespace

SettingPlaces::SettingPlaces(Setting setting, Family family) noexcept {
  const SettingRow& row = setting_rows()[static_cast<std::size_t>(setting)];
  const bool is_ipv6 = family == Family::ipv6;
  if (const SettingPlace& own = is_ipv6 ? row.ipv6 : row.ipv4; own.name != 0)
    places_[count_++] = own;
  if (is_ipv6 && row.ipv6_for_ipv4_peers.name != 0) places_[count_++] = row.ipv6_for_ipv4_peers;
}

std::error_code set_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int value) noexcept {
  const SettingPlaces places(setting, family);
  if (places.empty()) return asio::error::operation_not_supported;
  for (const SettingPlace& place : places)
    if (const std::error_code ec = set_at(handle, place, value)) return ec;
  return {};
}

std::error_code get_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int& value) noexcept {
  const SettingPlaces places(setting, family);
  if (places.empty()) return asio::error::operation_not_supported;
  return get_at(handle, places.front(), value);
}

bool is_on(NativeHandle handle, Family family, Setting setting) noexcept {
  for (const SettingPlace& place : SettingPlaces(setting, family)) {
    int value = 0;
    if (!get_at(handle, place, value) && value != 0) return true;
  }
  return false;
}

bool may_be_on(NativeHandle handle, Family family, Setting setting) noexcept {
  for (const SettingPlace& place : SettingPlaces(setting, family)) {
    int value = 0;
    const std::error_code ec = get_at(handle, place, value);
    if (ec ? ec != asio::error::no_protocol_option : value != 0) return true;
  }
  return false;
}

std::error_code set_buffer_size_of(NativeHandle handle,
                                   Setting which,
                                   int asked,
                                   int& granted) noexcept {
  const SettingPlace plain = SettingPlaces(which, Family::ipv4).front();
  if (const std::error_code ec = set_at(handle, plain, asked)) return ec;
  if (const std::error_code ec = get_at(handle, plain, granted)) return ec;
  granted /= buffer_size_unit();
  const int privileged = privileged_name_of(which);
  if (granted >= asked || privileged == 0) return {};
  // Fails with EPERM without CAP_NET_ADMIN; the size granted above then remains.
  if (!set_at(handle, SettingPlace{SOL_SOCKET, privileged}, asked) &&
      !get_at(handle, plain, granted))
    granted /= buffer_size_unit();
  return {};
}

// ---- multicast groups

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
