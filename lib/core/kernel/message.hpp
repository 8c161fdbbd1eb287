// msghdr and its parts, filled anew for every call: the kernel writes into them (msg_namelen,
// msg_controllen).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <dgram/channel.hpp>
#include <span>

#include "control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

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
