// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The system calls of the portable channel, which uses POSIX only: recvmsg() and sendmsg(), one
// datagram per call; the settings that every system has. What POSIX has no call for returns nothing
// or is refused.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <asio/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/kernel_channel.hpp"
#include "../kernel/message.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- datagrams

std::size_t control_space_of(Setting, Family) noexcept {
  return 0;
}

void parse_control(const msghdr&, ReceiveSlot&) noexcept {}

std::size_t make_control(const SendItem&,
                         const Sender&,
                         std::span<std::byte>,
                         std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

namespace {

std::error_code receive_datagrams(NativeHandle handle,
                                  const ControlPlan& control,
                                  std::span<ReceiveSlot> slots,
                                  std::size_t& count,
                                  CallHistogram& calls) noexcept {
  for (count = 0; count < slots.size(); ++count) {
    msghdr message;
    std::array<iovec, 2> pieces;
    alignas(cmsghdr) std::byte space[max_receive_control];
    aim_at(message, slots[count], pieces, space, control.space);
    const ssize_t length = ::recvmsg(handle, &message, MSG_DONTWAIT);
    calls.record(length < 0 ? 0 : 1);
    if (length < 0) return last_error();
    take_from(message, static_cast<std::size_t>(length), control, slots[count]);
  }
  return {};
}

std::error_code send_datagrams(const Sender& sender,
                               std::span<const SendItem> items,
                               std::size_t& count,
                               CallHistogram& calls) noexcept {
  for (count = 0; count < items.size(); ++count) {
    const SendItem& item = items[count];
    if (item.options) return asio::error::operation_not_supported;
    std::array<iovec, max_pieces> pieces;
    for (std::size_t i = 0; i < item.buffers.size(); ++i) {
      pieces[i].iov_base = const_cast<void*>(item.buffers[i].data());  // sendmsg only reads
      pieces[i].iov_len = item.buffers[i].size();
    }
    msghdr message = msghdr();
    message.msg_name =
        item.to ? const_cast<sockaddr*>(static_cast<const sockaddr*>(item.to->data())) : nullptr;
    message.msg_namelen = item.to ? static_cast<socklen_t>(item.to->size()) : 0;
    message.msg_iov = pieces.data();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(item.buffers.size());
    const bool sent = ::sendmsg(sender.handle, &message, MSG_DONTWAIT) >= 0;
    calls.record(sent ? 1 : 0);
    if (!sent) return last_error();
  }
  return {};
}

}  // namespace

[[gnu::flatten]] std::error_code KernelChannel::receive_batch(std::span<ReceiveSlot> slots,
                                                              std::size_t& count) noexcept {
  return receive_by(receive_datagrams, slots, count);
}

[[gnu::flatten]] std::error_code KernelChannel::send_batch(std::span<const SendItem> items,
                                                           std::size_t& count) noexcept {
  return send_by(send_datagrams, items, count);
}

bool transfers_have(Feature, NativeHandle) noexcept {
  return false;
}

// ---- settings

namespace {

/// For settings whose IPv4 option takes a byte on the BSDs.
constexpr SettingRow at_byte(Setting setting, int ipv4_name, int ipv6_name) {
  return {setting, {IPPROTO_IP, ipv4_name, true}, {IPPROTO_IPV6, ipv6_name}, {}};
}

// An IPv6 socket has no place for its IPv4 peers: not every system lets it have the settings of the
// IPv4 level.
constexpr SettingRows setting_table = {{
    at_socket(Setting::reuse_address, SO_REUSEADDR),
    at_socket(Setting::reuse_port, SO_REUSEPORT),
    {Setting::ipv6_only, {}, {IPPROTO_IPV6, IPV6_V6ONLY}, {}},
    at_socket(Setting::broadcast, SO_BROADCAST),
    at_socket(Setting::recv_buffer_size, SO_RCVBUF),
    at_socket(Setting::send_buffer_size, SO_SNDBUF),
    at_own_level(Setting::ttl, IP_TTL, IPV6_UNICAST_HOPS),
    at_byte(Setting::multicast_ttl, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS),
    at_byte(Setting::multicast_loopback, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP),
    nowhere(Setting::multicast_all),
    at_own_level(Setting::traffic_class, IP_TOS, IPV6_TCLASS),
    nowhere(Setting::path_mtu_discovery),
    nowhere(Setting::device),
    nowhere(Setting::receive_local_address),
    nowhere(Setting::receive_ecn),
    nowhere(Setting::receive_hop_limit),
    nowhere(Setting::receive_timestamp),
    nowhere(Setting::receive_errors),
    nowhere(Setting::gro),
    nowhere(Setting::busy_poll),
    nowhere(Setting::prefer_busy_poll),
    nowhere(Setting::incoming_cpu),
}};
static_assert(are_in_order(setting_table));

}  // namespace

const SettingRows& setting_rows() noexcept {
  return setting_table;
}

int privileged_name_of(Setting) noexcept {
  return 0;
}

std::error_code set_pacing_rate_of(NativeHandle, std::uint64_t) noexcept {
  return asio::error::operation_not_supported;
}

std::error_code hold_departures_of(NativeHandle) noexcept {
  return asio::error::operation_not_supported;
}

std::error_code refuse_more_of(NativeHandle) noexcept {
  return asio::error::operation_not_supported;
}

int buffer_size_unit() noexcept {
#if defined(__linux__)
  return 2;
#else
  return 1;
#endif
}

std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source) {
  if (family == Family::ipv6) {
    const unsigned ifindex = index;
    return ::setsockopt(handle, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof ifindex) == 0
               ? std::error_code()
               : last_error();
  }
  // The interface is set by its address, the only form that every system knows.
  in_addr address = in_addr();
  address.s_addr = htonl(source.to_uint());
  if (index != 0 && source.is_unspecified()) {
    std::error_code ec;
    const asio::ip::address_v4 first = first_ipv4_address(list_interfaces(ec), index);
    if (ec) return ec;
    if (first.is_unspecified()) return asio::error::operation_not_supported;
    address.s_addr = htonl(first.to_uint());
  }
  return ::setsockopt(handle, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address) == 0
             ? std::error_code()
             : last_error();
}

// ---- the rest

std::size_t read_error_queue(NativeHandle, std::span<ErrorReport>) noexcept {
  return 0;  // Setting::receive_errors cannot be switched on here
}

bool is_deaf(NativeHandle, const GroupMembership&) noexcept {
  return false;  // there is no portable call for this
}

std::uint32_t route_interface_of(NativeHandle, const asio::ip::address&) noexcept {
  return 0;  // there is no portable call for this
}

std::uint32_t interface_of_alternative_name(NativeHandle, std::string_view) noexcept {
  return 0;
}

int path_mtu_of(NativeHandle, const Endpoint&, std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
