// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The msghdr of recvmsg() and sendmsg(), and its control messages, which have one implementation
// per platform: linux/control.cpp, posix/posix.cpp.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/options.hpp>
#include <dgram/setting.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <tuple>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- Linux: options for runs and trains of datagrams that are newer than the C libraries that
// dgram is built with (linux/udp.h), and the kernel releases that have a bug with runs.

inline constexpr int udp_segment = 103;
inline constexpr int udp_gro = 104;

/// True for kernel releases that may send runs with wrong headers when all datagrams of the run
/// have the same length: from commit b10b446 (7.0-rc1) to 7.1.4. Some of these releases have the
/// fixes, 78effd8 and 5f17ae0, but the release number does not tell which.
/**
 * @param release As uname(2) returns it: "7.0.0-14-generic", "7.1.0-rc3+".
 */
inline bool may_spoil_equal_runs(std::string_view release) noexcept {
  int parts[3] = {0, 0, 0};  // a missing part counts as 0: "7.0-rc1"
  const char* at = release.data();
  const char* const end = at + release.size();
  for (int& part : parts) {
    const auto [next, ec] = std::from_chars(at, end, part);
    if (ec != std::errc()) break;
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  const auto version = std::tie(parts[0], parts[1], parts[2]);
  return version >= std::make_tuple(7, 0, 0) && version < std::make_tuple(7, 1, 5);
}

// ---- Control messages: which ones are requested, reading those of a receive, writing those of a
// send.

/// What a receive has to expect of the control messages that the socket requested.
struct ControlPlan {
  std::uint32_t space = 0;  ///< Bytes per received datagram; 0: no control messages.
  bool trains = false;      ///< A datagram may be a train; its control message tells.
};

/// What a send needs to know about its socket.
struct Sender {
  NativeHandle handle = invalid_handle;
  Family family = Family::unspecified;
  bool connected = false;
  bool peer_over_ipv4 = false;  ///< Connected to an IPv4 or IPv4-mapped peer, or an IPv4 socket.
  /// The IPv6 address that the socket is bound to, if it has to go along with each datagram.
  /// Without it, the kernel keeps sending from this address after the host has lost it. Over IPv4
  /// the kernel checks the address itself.
  std::optional<asio::ip::address_v6> source;
};

/// The most bytes that make_control() may need for a send.
inline constexpr std::size_t max_send_control = 144;

/// Room for control messages of options other than those of Setting, which other code may have set.
/// These are, at SOL_SOCKET, timestamps, drops, mark, priority and Wi-Fi status, which the kernel
/// writes before the message of a train; then original destination, IP options, checksum, fragment
/// size and security label.
inline constexpr std::size_t foreign_control = 608;

/// The largest possible ControlPlan::space.
inline constexpr std::size_t max_receive_control = 232 + foreign_control;

/// The bytes of control space that one received datagram needs for a setting that is on; 0 for
/// settings without control messages.
std::size_t control_space_of(Setting setting, Family family) noexcept;

/// Reads the control messages of a received datagram into the slot. An item without a message stays
/// absent.
void parse_control(const msghdr& message, ReceiveSlot& slot) noexcept;

/// Writes the control messages of `item` into `space`, which must be zeroed. Returns the bytes
/// used.
/**
 * ECN and DSCP share one byte: where `item` sets only one of them, the other one is the socket's.
 */
std::size_t make_control(const SendItem& item,
                         const Sender& sender,
                         std::span<std::byte> space,
                         std::error_code& ec) noexcept;

// ---- msghdr, filled in before every call, because the kernel overwrites parts of it (msg_namelen,
// msg_controllen).

/// Fills in a msghdr so that a receive writes into the slot and its spill area.
inline void aim_at(msghdr& message,
                   ReceiveSlot& slot,
                   std::array<iovec, 2>& pieces,
                   std::byte* control,
                   std::size_t control_space) noexcept {
  pieces[0].iov_base = slot.data;
  pieces[0].iov_len = slot.capacity;
  pieces[1].iov_base = slot.spill;
  pieces[1].iov_len = slot.spill_capacity;
  message = msghdr();
  message.msg_name = slot.remote.data();
  message.msg_namelen = static_cast<socklen_t>(slot.remote.capacity());
  message.msg_iov = pieces.data();
  message.msg_iovlen = slot.spill_capacity == 0 ? 1 : 2;
  message.msg_control = control_space == 0 ? nullptr : control;
  message.msg_controllen = control_space;
}

/// Fills in the slot from what the kernel wrote. `length` is the length that the receive returned.
inline void take_from(const msghdr& message,
                      std::size_t length,
                      const ControlPlan& control,
                      ReceiveSlot& slot) noexcept {
  const std::size_t room = std::size_t{slot.capacity} + slot.spill_capacity;
  slot.full_size = static_cast<std::uint32_t>(length);
  slot.size = static_cast<std::uint32_t>(length < room ? length : room);
  // Where the system does not report the full length, it was at least one byte more than what was
  // stored.
  if ((message.msg_flags & MSG_TRUNC) != 0 && length <= room) slot.full_size = slot.size + 1;
  slot.control_truncated = (message.msg_flags & MSG_CTRUNC) != 0 && message.msg_control != nullptr;
  slot.metadata.present = 0;
  slot.segment_size = 0;
  if (message.msg_control != nullptr && message.msg_controllen != 0) parse_control(message, slot);
  // The lost control message may have held the segment size of a train. Several datagrams must not
  // look like one, so the slot is left without bytes; its full size shows that it was truncated.
  if (control.trains && slot.control_truncated && slot.segment_size == 0) slot.size = 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
