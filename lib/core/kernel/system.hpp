// What the kernel channel asks the system for, beside datagrams. The second half has one
// implementation per platform, in linux/ and posix/.
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

/// By name, in the network namespace of the descriptor, which need not be that of the thread.
std::uint32_t interface_index_of(NativeHandle handle,
                                 const std::string& name,
                                 std::error_code& ec) noexcept;

bool interface_exists(NativeHandle handle, int index) noexcept;

/// Those in the network namespace of the calling thread: nothing tells those of a descriptor.
std::vector<InterfaceInfo> list_interfaces(std::error_code& ec);

/// Unspecified when the interface has none.
asio::ip::address_v4 first_ipv4_address(const std::vector<InterfaceInfo>& interfaces,
                                        std::uint32_t index) noexcept;

// ---- the source address of what a socket sends: is it still this host's?

/// The address that the socket is bound to; unspecified when it is bound to all, or not at all.
asio::ip::address bound_address_of(NativeHandle handle) noexcept;

/// True when nobody could bind to `address` on the host of this socket. False where that cannot be
/// found out, because the socket is in another network than the thread.
bool is_missing(const asio::ip::address& address, NativeHandle handle) noexcept;

/// `ec`, or Errc::source_unavailable or `no_such_device` when that is what made the send of `item`
/// fail.
/**
 * The kernel says ENETUNREACH for an IPv4 source that is gone, EINVAL for an IPv6 one: both mean
 * other things as well.
 */
std::error_code explain_send_error(const std::error_code& ec,
                                   const Sender& sender,
                                   const SendItem& item) noexcept;

// ---- Multicast memberships of a descriptor, by the protocol-independent interface of RFC 3678.

/// See Channel::change_membership().
std::error_code change_membership_of(NativeHandle handle,
                                     MembershipAction action,
                                     const GroupMembership& membership) noexcept;

// ---- the groups that an interface hears. One implementation per platform

/// True when the interface does not hear the group, whatever the socket believes that has joined
/// it: it has gone away, and is another one that has come back with its index. False where that is
/// not known.
bool is_deaf(NativeHandle handle, const GroupMembership& membership) noexcept;

// ---- The queue in which the kernel keeps error reports for a socket that asked for them
// (IP_RECVERR; ip(7)). One implementation per platform.

/// See Channel::receive_reports().
std::size_t read_error_queue(NativeHandle handle, std::span<ErrorReport> reports) noexcept;

// ---- what the system knows about the path to a peer. One implementation per platform

/// See Channel::path_mtu(). `handle` is the socket that asks.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept;

// ---- Questions to the routing table and the list of links. One implementation per platform.

/// See Channel::route_interface().
std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept;

/// Linux: IFNAMSIZ for those that have no place in an ifreq.
inline constexpr std::size_t longest_alternative_name = 127;

/// The interface that has this name beside its own; 0 when there is none or that is unknown.
/// @param name At most longest_alternative_name characters.
std::uint32_t interface_of_alternative_name(NativeHandle handle, std::string_view name) noexcept;

/// Where the system keeps a setting.
struct SettingPlace {
  int level = 0;
  int name = 0;
  bool is_byte = false;  ///< An unsigned char, as the BSDs want some; else an int.
};

/// Where it is kept, for each family. A place without a name is none.
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
/// Of an IPv6 socket only the IPv6 level.
constexpr SettingRow at_own_level(Setting setting, int ipv4_name, int ipv6_name) {
  return {setting, {IPPROTO_IP, ipv4_name}, {IPPROTO_IPV6, ipv6_name}, {}};
}

constexpr bool are_in_order(const SettingRows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].setting) != i) return false;
  return true;
}

/// The table of the platform: linux/settings.cpp, posix/settings.cpp.
const SettingRows& setting_rows() noexcept;

/// The places of a setting on a socket of this family: none where the system does not have it. On
/// an IPv6 socket the second one is that of its IPv4 peers; the first one is read.
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

/// The name of the privileged form of a buffer size at SOL_SOCKET; 0 where there is none.
int privileged_name_of(Setting buffer_size) noexcept;

/// What one granted byte of buffer reads as (Linux: 2).
int buffer_size_unit() noexcept;

std::error_code set_number(NativeHandle handle, Family family, Setting setting, int value) noexcept;
std::error_code get_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int& value) noexcept;

/// True when it is on at any of its places.
bool is_on(NativeHandle handle, Family family, Setting setting) noexcept;

/// See Channel::set_buffer_size().
std::error_code set_buffer_size_of(NativeHandle handle,
                                   Setting which,
                                   int asked,
                                   int& granted) noexcept;

/// See Channel::set_multicast_interface(). In the files of the platform.
std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source);

}  // namespace detail
DGRAM_END_NAMESPACE
