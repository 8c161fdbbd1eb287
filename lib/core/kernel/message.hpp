// Messages of recvmsg and sendmsg, with what is in and around them. control.cpp has one
// implementation per platform.
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

// ---- Linux's names for runs and trains of datagrams, which are newer than the C libraries that
// dgram is built with (linux/udp.h), and what is known of its releases.

inline constexpr int udp_segment = 103;
inline constexpr int udp_gro = 104;

/// True where runs whose datagrams are all of one length may leave with wrong headers: from commit
/// b10b446 (7.0-rc1) to 7.1.4. The mends, 78effd8 and 5f17ae0, are not in all of these releases,
/// and the number does not tell in which.
/**
 * @param release As uname(2) has it: "7.0.0-14-generic", "7.1.0-rc3+".
 */
inline bool may_spoil_equal_runs(std::string_view release) noexcept {
  int parts[3] = {0, 0, 0};  // a part that is missing is 0: "7.0-rc1"
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

// ---- Control messages: what is asked of the kernel, how it is read back, how it is written for a
// send.

/// The metadata that a socket asked for, and the control space that it takes.
struct ControlPlan {
  std::uint32_t space = 0;  ///< Bytes per received datagram; 0: no control messages.
  bool trains = false;      ///< What comes may be a train, of which a control message tells.
};

/// The socket that sends.
struct Sender {
  NativeHandle handle = invalid_handle;
  Family family = Family::unspecified;
  bool connected = false;
  bool peer_over_ipv4 = false;  ///< Connected to an IPv4 peer, in whichever form.
  /// The IPv6 address that the socket is bound to, when the kernel has to be told with each
  /// datagram: else it goes on sending from it when this host has lost it. Over IPv4 it looks by
  /// itself.
  std::optional<asio::ip::address_v6> source;
};

/// The most that make_control() may need for a send.
inline constexpr std::size_t max_send_control = 128;

/// Room for the control messages of options that others may have set, beside those of Setting:
/// timestamps, drops, mark, priority and Wi-Fi status of SOL_SOCKET, which the kernel puts before
/// that of a train; then original destination, IP options, checksum, fragment size, security label.
inline constexpr std::size_t foreign_control = 608;

/// The most that a ControlPlan may ask for.
inline constexpr std::size_t max_receive_control = 232 + foreign_control;

/// What one received datagram needs for a setting that is on; 0 for those without control messages.
std::size_t control_space_of(Setting setting, Family family) noexcept;

/// Reads the control messages of a received datagram. What is not there stays absent.
void parse_control(const msghdr& message, ReceiveSlot& slot) noexcept;

/// Writes the control messages of `item`. Returns the bytes used of `space`, which must be zeroed.
/**
 * ECN and DSCP share one byte: where only one of them is asked for, the other is the socket's own.
 */
std::size_t make_control(const SendItem& item,
                         const Sender& sender,
                         std::span<std::byte> space,
                         std::error_code& ec) noexcept;

// ---- msghdr and its parts, filled anew for every call: the kernel writes into them (msg_namelen,
// msg_controllen).

/// Points a message at a slot and its spill.
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

/// Completes a slot from what the kernel wrote. `length` is the call's result.
inline void take_from(const msghdr& message,
                      std::size_t length,
                      const ControlPlan& control,
                      ReceiveSlot& slot) noexcept {
  const std::size_t room = std::size_t{slot.capacity} + slot.spill_capacity;
  slot.full_size = static_cast<std::uint32_t>(length);
  slot.size = static_cast<std::uint32_t>(length < room ? length : room);
  // Where the system does not tell the full length, one byte more than stored is the least that it
  // was.
  if ((message.msg_flags & MSG_TRUNC) != 0 && length <= room) slot.full_size = slot.size + 1;
  slot.control_truncated = (message.msg_flags & MSG_CTRUNC) != 0 && message.msg_control != nullptr;
  slot.metadata.present = 0;
  slot.segment_size = 0;
  if (message.msg_control != nullptr && message.msg_controllen != 0) parse_control(message, slot);
  // Perhaps a train of which nobody knows any more where to cut it: better none of its bytes, and
  // said so, than several datagrams that look like one.
  if (control.trains && slot.control_truncated && slot.segment_size == 0) slot.size = 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
