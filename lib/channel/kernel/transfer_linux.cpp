#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "descriptor.hpp"
#include "message.hpp"
#include "transfer.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// MSG_TRUNC as an input flag makes the kernel report the length that was sent (recv(2)).
constexpr int receive_flags = MSG_DONTWAIT | MSG_TRUNC;
constexpr int send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
constexpr std::size_t max_batch = 64;

std::error_code receive_one(NativeHandle handle,
                            const ControlPlan& control,
                            ReceiveSlot& slot,
                            CallHistogram& calls) noexcept {
  msghdr message;
  std::array<iovec, 2> pieces;
  alignas(cmsghdr) std::byte space[max_receive_control];
  aim_at(message, slot, pieces, space, control.space);
  const ssize_t length = ::recvmsg(handle, &message, receive_flags);
  calls.record(length < 0 ? 0 : 1);
  if (length < 0) return last_error();
  take_from(message, static_cast<std::size_t>(length), slot);
  return {};
}

const sockaddr* name_of(const SendItem& item) noexcept {
  return item.to ? item.to->data() : nullptr;
}
socklen_t name_size_of(const SendItem& item) noexcept {
  return item.to ? static_cast<socklen_t>(item.to->size()) : 0;
}

/// One message of a send call.
struct Prepared {
  msghdr& message;
  iovec* pieces;
  std::byte* control;  // max_send_control bytes
};

std::error_code prepare(const SendItem& item, const Sender& sender, const Prepared& out) noexcept {
  for (std::size_t i = 0; i < item.buffers.size(); ++i) {
    out.pieces[i].iov_base = const_cast<void*>(item.buffers[i].data());  // sendmsg only reads
    out.pieces[i].iov_len = item.buffers[i].size();
  }
  out.message = msghdr();
  out.message.msg_name = const_cast<sockaddr*>(name_of(item));
  out.message.msg_namelen = name_size_of(item);
  out.message.msg_iov = out.pieces;
  out.message.msg_iovlen = item.buffers.size();
  if (!item.options && !sender.source) return {};
  std::memset(
      out.control, 0, max_send_control);  // CMSG_NXTHDR reads the length of the header behind
  std::error_code ec;
  out.message.msg_controllen = make_control(item.options ? *item.options : SendOptions(),
                                            sender,
                                            item.to,
                                            std::span<std::byte>(out.control, max_send_control),
                                            ec);
  out.message.msg_control = out.control;
  return ec;
}

// sendto for the plain datagram: sendmsg costs 5 % more.
std::error_code send_one(const Sender& sender,
                         const SendItem& item,
                         CallHistogram& calls) noexcept {
  ssize_t result = 0;
  if (item.buffers.size() == 1 && !item.options && !sender.source) {
    const asio::const_buffer& bytes = item.buffers.front();
    result = ::sendto(
        sender.handle, bytes.data(), bytes.size(), send_flags, name_of(item), name_size_of(item));
  } else {
    msghdr message;
    std::array<iovec, max_pieces> pieces;
    alignas(cmsghdr) std::byte control[max_send_control];
    const Prepared prepared{message, pieces.data(), control};
    if (const std::error_code ec = prepare(item, sender, prepared)) return ec;
    result = ::sendmsg(sender.handle, &message, send_flags);
  }
  calls.record(result < 0 ? 0 : 1);
  return result < 0 ? last_error() : std::error_code();
}

constexpr std::size_t max_messages = 32;

// Not to the connected peer: a pending ICMP error stops sendmmsg short and is consumed without
// being reported (the errno of a short count is lost), so nobody would hear of it.
bool fits_a_run(const SendItem& item) noexcept {
  return item.buffers.size() == 1 && item.to;
}

// One sendmmsg over the items from the front on that fit.
std::error_code send_run(const Sender& sender,
                         std::span<const SendItem> items,
                         std::size_t& count,
                         CallHistogram& calls) noexcept {
  std::array<mmsghdr, max_messages> messages;
  std::array<iovec, max_messages> pieces;
  alignas(cmsghdr) std::byte control[max_messages][max_send_control];
  unsigned n = 0;
  std::error_code unprepared;
  for (; n < items.size() && n < max_messages && fits_a_run(items[n]); ++n) {
    const Prepared prepared{messages[n].msg_hdr, &pieces[n], control[n]};
    unprepared = prepare(items[n], sender, prepared);
    if (unprepared) break;
  }
  count = 0;
  if (n == 0) return unprepared;
  const int sent = ::sendmmsg(sender.handle, messages.data(), n, send_flags);
  calls.record(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  if (sent < 0) return last_error();
  count = static_cast<std::size_t>(sent);
  // A short count hides its errno (it belongs to the next message): asking again from there brings
  // it.
  return count == n ? unprepared : std::error_code();
}

}  // namespace

std::error_code receive_datagrams(NativeHandle handle,
                                  const ControlPlan& control,
                                  std::span<ReceiveSlot> slots,
                                  std::size_t& count,
                                  CallHistogram& calls) noexcept {
  count = 0;
  if (slots.size() == 1) {
    const std::error_code ec = receive_one(handle, control, slots.front(), calls);
    count = ec ? 0 : 1;
    return ec;
  }
  std::array<mmsghdr, max_batch> messages;
  std::array<std::array<iovec, 2>, max_batch> pieces;
  alignas(cmsghdr) std::byte space[max_batch][max_receive_control];
  const unsigned n = static_cast<unsigned>(std::min(slots.size(), max_batch));
  for (unsigned i = 0; i < n; ++i)
    aim_at(messages[i].msg_hdr, slots[i], pieces[i], space[i], control.space);
  // No timeout argument: it is only looked at between datagrams (recvmmsg(2), BUGS).
  const int received = ::recvmmsg(handle, messages.data(), n, receive_flags, nullptr);
  calls.record(received < 0 ? 0 : static_cast<std::size_t>(received));
  if (received < 0) return last_error();
  count = static_cast<std::size_t>(received);
  for (std::size_t i = 0; i < count; ++i)
    take_from(messages[i].msg_hdr, messages[i].msg_len, slots[i]);
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
    if (rest.size() == 1 || !fits_a_run(rest.front())) {
      ec = send_one(sender, rest.front(), calls);
      sent = ec ? 0 : 1;
    } else {
      ec = send_run(sender, rest, sent, calls);
    }
    count += sent;
    if (ec) return ec;
  }
  return {};
}

bool transfers_have(Feature feature) noexcept {
  return feature == Feature::batch_receive || feature == Feature::batch_send ||
         feature == Feature::send_options;
}

}  // namespace detail
DGRAM_END_NAMESPACE
