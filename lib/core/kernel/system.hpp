// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// System calls of the kernel channel other than those that move datagrams: interfaces, addresses,
// memberships, error reports, routes, settings. Some functions have one implementation per
// platform, in linux/ and posix/.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/error_report.hpp>
#include <dgram/interface.hpp>
#include <dgram/setting.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- the network interfaces of this host

/// The index of the interface with this name in the network namespace of the descriptor, which may
/// be another one than that of the thread.
std::uint32_t interface_index_of(NativeHandle handle,
                                 const std::string& name,
                                 std::error_code& ec) noexcept;

bool interface_exists(NativeHandle handle, int index) noexcept;

/// The interfaces in the network namespace of the calling thread; the system does not list those in
/// the namespace of a descriptor.
std::vector<InterfaceInfo> list_interfaces(std::error_code& ec);

/// The first IPv4 address of the interface; unspecified when it has none.
asio::ip::address_v4 first_ipv4_address(const std::vector<InterfaceInfo>& interfaces,
                                        std::uint32_t index) noexcept;

// ---- the source address of what a socket sends, and whether this host still has it

/// The address that the socket is bound to; unspecified when it is bound to all addresses or
/// unbound.
asio::ip::address bound_address_of(NativeHandle handle) noexcept;

/// True when no socket on the host of this one could bind to `address`, because the host does not
/// have it. False where that cannot be found out, because the socket is in another network
/// namespace than the thread.
bool is_missing(const asio::ip::address& address, NativeHandle handle) noexcept;

/// Returns Errc::source_unavailable or `no_such_device` when a missing source address or device
/// made the send of `item` fail, else `ec`.
/**
 * The kernel reports ENETUNREACH for an IPv4 source that is gone and EINVAL for an IPv6 one, but
 * both errors have other causes as well.
 */
std::error_code explain_send_error(const std::error_code& ec,
                                   const Sender& sender,
                                   const SendItem& item) noexcept;

// ---- Multicast memberships of a descriptor, by the protocol-independent interface of RFC 3678.

/// See Channel::change_membership().
std::error_code change_membership_of(NativeHandle handle,
                                     MembershipAction action,
                                     const GroupMembership& membership) noexcept;

// ---- the groups that an interface receives. One implementation per platform

/// True when the interface does not receive the group although the socket's own list says that it
/// has joined: the interface has vanished, and another one has come back with its index. False
/// where the system does not tell.
bool is_deaf(NativeHandle handle, const GroupMembership& membership) noexcept;

// ---- The queue in which the kernel keeps error reports for a socket that asked for them
// (IP_RECVERR; ip(7)). One implementation per platform.

/// See Channel::receive_reports().
std::size_t read_error_queue(NativeHandle handle, std::span<ErrorReport> reports) noexcept;

// ---- what the system knows about the path to a peer. One implementation per platform

/// See Channel::path_mtu(). `handle` is the socket that asks.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept;

// ---- Queries to the routing table and the list of links. One implementation per platform.

/// See Channel::route_interface().
std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept;

/// Linux: ALTIFNAMSIZ without the terminating zero. Longer than the names that fit into an ifreq
/// (IFNAMSIZ).
inline constexpr std::size_t longest_alternative_name = 127;

/// The index of the interface that has this alternative name; 0 when there is none, or it is
/// unknown.
/// @param name At most longest_alternative_name characters.
std::uint32_t interface_of_alternative_name(NativeHandle handle, std::string_view name) noexcept;

/// The socket option that holds a setting.
struct SettingPlace {
  int level = 0;
  int name = 0;
  bool is_byte = false;  ///< The value is an unsigned char (some options on the BSDs), else an int.
};

/// The socket options of a setting, for each family. A place whose name is 0 does not exist.
struct SettingRow {
  Setting setting;
  SettingPlace ipv4;
  SettingPlace ipv6;
  SettingPlace ipv6_for_ipv4_peers;
};
using SettingRows = std::array<SettingRow, setting_count>;

constexpr SettingRow nowhere(Setting setting) {
  return {setting, {}, {}, {}};
}
constexpr SettingRow at_socket(Setting setting, int name) {
  const SettingPlace place{SOL_SOCKET, name};
  return {setting, place, place, {}};
}
/// For settings that an IPv6 socket has at the IPv6 level only.
constexpr SettingRow at_own_level(Setting setting, int ipv4_name, int ipv6_name) {
  return {setting, {IPPROTO_IP, ipv4_name}, {IPPROTO_IPV6, ipv6_name}, {}};
}

constexpr bool are_in_order(const SettingRows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].setting) != i) return false;
  return true;
}

/// The table of the platform: linux/settings.cpp, posix/posix.cpp.
const SettingRows& setting_rows() noexcept;

/// The places of a setting on a socket of this family; empty where the system does not have the
/// setting. On an IPv6 socket the second place is for its IPv4 peers; the setting is read from the
/// first.
class SettingPlaces {
 public:
  SettingPlaces(Setting setting, Family family) noexcept;
  const SettingPlace* begin() const noexcept { return places_.data(); }
  const SettingPlace* end() const noexcept { return places_.data() + count_; }
  bool empty() const noexcept { return count_ == 0; }
  const SettingPlace& front() const noexcept { return places_[0]; }

 private:
  std::array<SettingPlace, 2> places_;
  std::size_t count_ = 0;
};

/// The SOL_SOCKET option that sets a buffer size with privileges; 0 where there is none.
int privileged_name_of(Setting buffer_size) noexcept;

/// SO_MAX_PACING_RATE. `operation_not_supported` where there is none.
/// @param bytes_per_second 0: no bound.
std::error_code set_pacing_rate_of(NativeHandle handle, std::uint64_t bytes_per_second) noexcept;

/// SO_TXTIME. `operation_not_supported` where there is none.
std::error_code hold_departures_of(NativeHandle handle) noexcept;

/// A filter that drops what comes (SO_ATTACH_FILTER). `operation_not_supported` where there is
/// none.
std::error_code refuse_more_of(NativeHandle handle) noexcept;

/// The factor by which getsockopt() multiplies a granted buffer size (Linux: 2).
int buffer_size_unit() noexcept;

std::error_code set_number(NativeHandle handle, Family family, Setting setting, int value) noexcept;
std::error_code get_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int& value) noexcept;

/// True when the setting is on at any of its places.
bool is_on(NativeHandle handle, Family family, Setting setting) noexcept;

/// False when the setting is known to be off, or not there.
bool may_be_on(NativeHandle handle, Family family, Setting setting) noexcept;

/// See Channel::set_buffer_size().
std::error_code set_buffer_size_of(NativeHandle handle,
                                   Setting which,
                                   int asked,
                                   int& granted) noexcept;

/// See Channel::set_multicast_interface(). One implementation per platform.
std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source);

}  // namespace detail
DGRAM_END_NAMESPACE
