// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Transfers of the portable channel: recvmsg() and sendmsg(), one datagram per call.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <array>
#include <asio/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/message.hpp"
#include "../kernel/transfer.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

}  // namespace detail
DGRAM_END_NAMESPACE
