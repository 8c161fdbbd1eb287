// Control messages: what is asked of the kernel, how it is read back, how it is written for a send.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/options.hpp>
#include <dgram/receive_slot.hpp>
#include <dgram/setting.hpp>
#include <optional>
#include <span>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

}  // namespace detail
DGRAM_END_NAMESPACE
