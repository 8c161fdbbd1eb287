// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Transfers on Linux: recvmmsg() and sendmmsg(), runs by UDP_SEGMENT, single datagrams past them.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "../kernel/descriptor.hpp"
#include "../kernel/kernel_channel.hpp"
#include "../kernel/message.hpp"
#include "../planning/runs.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// MSG_TRUNC as an input flag makes the kernel report the length that was sent (recv(2)).
constexpr int receive_flags = MSG_DONTWAIT | MSG_TRUNC;
constexpr int send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

// Without control messages no msghdr is needed, which costs more than copying the datagram. The
// datagram is received into the spill area, where any datagram fits; its first bytes are then
// copied into the slot.
std::error_code receive_plain(NativeHandle handle,
                              ReceiveSlot& slot,
                              CallHistogram& calls) noexcept {
  socklen_t name_size = static_cast<socklen_t>(slot.remote.capacity());
  const ssize_t length = ::recvfrom(
      handle, slot.spill, slot.spill_capacity, receive_flags, slot.remote.data(), &name_size);
  calls.record(length < 0 ? 0 : 1);
  if (length < 0) return last_error();
  slot.full_size = static_cast<std::uint32_t>(length);
  slot.size = std::min(slot.full_size, slot.spill_capacity);
  const std::uint32_t head = std::min(slot.size, slot.capacity);
  if (head != 0) std::memcpy(slot.data, slot.spill, head);
  if (slot.size > head) std::memmove(slot.spill, slot.spill + head, slot.size - head);
  slot.control_truncated = false;
  slot.segment_size = 0;
  slot.metadata.present = 0;
  return {};
}

std::error_code receive_one(NativeHandle handle,
                            const ControlPlan& control,
                            ReceiveSlot& slot,
                            CallHistogram& calls) noexcept {
  constexpr std::uint32_t largest_datagram = 65527;  // RFC 768 over RFC 8200
  if (control.space == 0 && slot.spill_capacity >= largest_datagram)
    return receive_plain(handle, slot, calls);
  msghdr message;
  std::array<iovec, 2> pieces;
  alignas(cmsghdr) std::byte space[max_receive_control];
  aim_at(message, slot, pieces, space, control.space);
  const ssize_t length = ::recvmsg(handle, &message, receive_flags);
  calls.record(length < 0 ? 0 : 1);
  if (length < 0) return last_error();
  take_from(message, static_cast<std::size_t>(length), control, slot);
  return {};
}

const sockaddr* name_of(const SendItem& item) noexcept {
  return item.to ? item.to->data() : nullptr;
}
socklen_t name_size_of(const SendItem& item) noexcept {
  return item.to ? static_cast<socklen_t>(item.to->size()) : 0;
}

/// Buffer in which short datagrams of a run are joined into one piece. Each piece costs the kernel
/// 30 ns, and a copy costs as much from 700 bytes on. The limit is lower, because the buffer for
/// datagrams of that size would be too large for a stack.
class Gathered {
 public:
  /// Copies the datagrams of `item` and sets `all` to the copy. False: nothing is copied, and the
  /// datagrams have to be sent from where they are.
  bool take(const SendItem& item, iovec& all) noexcept {
    if (item.segment_size == 0 || item.segment_size > longest || item.buffers.size() == 1)
      return false;
    const std::size_t size = item.bytes();
    if (size > bytes_.size() - used_) return false;
    std::byte* at = bytes_.data() + used_;
    all = {at, size};
    for (const asio::const_buffer& piece : item.buffers) {
      std::memcpy(at, piece.data(), piece.size());
      at += piece.size();
    }
    used_ += size;
    return true;
  }

 private:
  static constexpr std::size_t longest = 256;

  std::array<std::byte, max_run * longest> bytes_;
  std::size_t used_ = 0;
};

/// The memory for one message of a send call.
struct Prepared {
  msghdr& message;
  iovec* pieces;
  std::byte* control;  // max_send_control bytes
  Gathered& gathered;
};

std::error_code prepare(const SendItem& item, const Sender& sender, const Prepared& out) noexcept {
  out.message = msghdr();
  out.message.msg_name = const_cast<sockaddr*>(name_of(item));
  out.message.msg_namelen = name_size_of(item);
  out.message.msg_iov = out.pieces;
  if (out.gathered.take(item, out.pieces[0])) {
    out.message.msg_iovlen = 1;
  } else {
    for (std::size_t i = 0; i < item.buffers.size(); ++i) {
      out.pieces[i].iov_base = const_cast<void*>(item.buffers[i].data());  // sendmsg only reads
      out.pieces[i].iov_len = item.buffers[i].size();
    }
    out.message.msg_iovlen = item.buffers.size();
  }
  if (!item.options && !sender.source && item.segment_size == 0) return {};
  std::memset(
      out.control, 0, max_send_control);  // leaves no uninitialized bytes between control messages
  std::error_code ec;
  out.message.msg_controllen =
      make_control(item, sender, std::span<std::byte>(out.control, max_send_control), ec);
  out.message.msg_control = out.control;
  return ec;
}

// Uses sendto() for a plain datagram, because sendmsg() costs 5 % more.
std::error_code send_one(const Sender& sender,
                         const SendItem& item,
                         CallHistogram& calls) noexcept {
  ssize_t result = 0;
  if (item.buffers.size() == 1 && !item.options && !sender.source && item.segment_size == 0) {
    const asio::const_buffer& bytes = item.buffers.front();
    result = ::sendto(
        sender.handle, bytes.data(), bytes.size(), send_flags, name_of(item), name_size_of(item));
  } else {
    msghdr message;
    std::array<iovec, max_pieces> pieces;
    alignas(cmsghdr) std::byte control[max_send_control];
    Gathered gathered;
    const Prepared prepared{message, pieces.data(), control, gathered};
    if (const std::error_code ec = prepare(item, sender, prepared)) return ec;
    result = ::sendmsg(sender.handle, &message, send_flags);
  }
  calls.record(result < 0 ? 0 : item.datagrams());
  return result < 0 ? last_error() : std::error_code();
}

constexpr std::size_t max_messages = 32;

// True when an item may share a sendmmsg() with others. Not on a connected socket: there a pending
// ICMP error ends sendmmsg() early and is lost, because a short count has no errno.
bool goes_with_others(const Sender& sender, const SendItem& item) noexcept {
  return item.to && !sender.connected && !disabled().mmsg;
}

// Sends the items up to the first that may not share a call, with one sendmmsg().
std::error_code send_together(const Sender& sender,
                              std::span<const SendItem> items,
                              std::size_t& count,
                              CallHistogram& calls) noexcept {
  std::array<mmsghdr, max_messages> messages;
  std::array<iovec, max_pieces> pieces;
  alignas(cmsghdr) std::byte control[max_messages][max_send_control];
  Gathered gathered;
  unsigned n = 0;
  std::size_t used = 0;
  std::error_code unprepared;
  for (; n < items.size() && n < max_messages && goes_with_others(sender, items[n]); ++n) {
    const std::size_t needed = items[n].buffers.size();
    if (used + needed > pieces.size()) break;
    const Prepared prepared{messages[n].msg_hdr, &pieces[used], control[n], gathered};
    unprepared = prepare(items[n], sender, prepared);
    if (unprepared) break;
    used += needed;
  }
  count = 0;
  if (n == 0) return unprepared;
  const int sent = ::sendmmsg(sender.handle, messages.data(), n, send_flags);
  if (sent > 0) count = static_cast<std::size_t>(sent);
  std::size_t datagrams = 0;
  for (const SendItem& item : items.first(count)) datagrams += item.datagrams();
  calls.record(datagrams);
  if (sent < 0) return last_error();
  // A short count hides the errno, which belongs to the next message. The next call starts at that
  // message and gets the error.
  return count == n ? unprepared : std::error_code();
}

std::error_code receive_datagrams(NativeHandle handle,
                                  const ControlPlan& control,
                                  std::span<ReceiveSlot> slots,
                                  std::size_t& count,
                                  CallHistogram& calls) noexcept {
  count = 0;
  if (slots.size() == 1 || disabled().mmsg) {
    for (; count < slots.size(); ++count)
      if (const std::error_code ec = receive_one(handle, control, slots[count], calls)) return ec;
    return {};
  }
  std::array<mmsghdr, max_batch> messages;
  std::array<std::array<iovec, 2>, max_batch> pieces;
  alignas(cmsghdr) std::byte space[max_batch * max_receive_control];
  const unsigned n = static_cast<unsigned>(std::min(slots.size(), max_batch));
  for (unsigned i = 0; i < n; ++i)
    aim_at(messages[i].msg_hdr, slots[i], pieces[i], space + i * control.space, control.space);
  // No timeout argument: the kernel checks it between datagrams only (recvmmsg(2), BUGS).
  const int received = ::recvmmsg(handle, messages.data(), n, receive_flags, nullptr);
  calls.record(received < 0 ? 0 : static_cast<std::size_t>(received));
  if (received < 0) return last_error();
  count = static_cast<std::size_t>(received);
  for (std::size_t i = 0; i < count; ++i)
    take_from(messages[i].msg_hdr, messages[i].msg_len, control, slots[i]);
  return {};
}

std::error_code send_datagrams(const Sender& sender,
                               std::span<const SendItem> items,
                               std::size_t& count,
                               CallHistogram& calls) noexcept {
  count = 0;
  while (count < items.size()) {
    const std::span<const SendItem> rest = items.subspan(count);
    std::size_t sent = 0;
    std::error_code ec;
    if (rest.size() == 1 || !goes_with_others(sender, rest.front())) {
      ec = send_one(sender, rest.front(), calls);
      sent = ec ? 0 : 1;
    } else {
      ec = send_together(sender, rest, sent, calls);
    }
    count += sent;
    if (ec) return ec;
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

// Asks the kernel once. A kernel before 4.18 would ignore the control message and send a run as one
// datagram.
static bool cuts_runs(NativeHandle handle) noexcept {
  static const bool known = [handle] {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(handle, IPPROTO_UDP, udp_segment, &value, &size) == 0;
  }();
  return known;
}

static bool equal_runs_arrive() noexcept {
  static const bool known = [] {
    utsname system;
    return ::uname(&system) != 0 || !may_spoil_equal_runs(system.release);
  }();
  return known;
}

bool transfers_have(Feature feature, NativeHandle handle) noexcept {
  switch (feature) {
    case Feature::batch_receive:
    case Feature::batch_send:
      return !disabled().mmsg;
    case Feature::send_options:
    case Feature::balancing:
      return true;
    case Feature::gso:
      return !disabled().gso && cuts_runs(handle);
    case Feature::equal_runs:
      return equal_runs_arrive();
    default:
      return false;
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
