// The system calls that move datagrams: KernelChannel::receive_batch() and send_batch(). One
// implementation per platform: linux/transfer.cpp, posix/transfer.cpp.
//
// The kernel's own calls push the process's off the CPU's return stack, so that each function that
// returns behind a system call is mispredicted, for 10 to 20 ns. Between these two and the call
// there is none that is not inlined; `[[gnu::flatten]]` sees to it.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <dgram/channel.hpp>

#include "../planning/runs.hpp"
#include "descriptor.hpp"
#include "kernel_channel.hpp"
#include "system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The most datagrams that one call brings.
inline constexpr std::size_t max_batch = 64;

/// What is around the platform's call, in either of them.
template <class Call>
std::error_code KernelChannel::receive_by(Call call,
                                          std::span<ReceiveSlot> slots,
                                          std::size_t& count) noexcept {
  count = 0;
  if (!can_count()) return asio::error::no_memory;
  if (are_descriptors_shared() && !is_shared_) note_sharing();
  const std::error_code ec = call(sender_.handle, control_, slots, count, calls_->receives);
  // recvmmsg stops short also at an error, which it puts back without a wake-up.
  came_short_ = !ec && count < std::min(slots.size(), max_batch) && !may_have_errors_;
  is_emptied_ = ec == asio::error::would_block || came_short_;
  return ec;
}

template <class Call>
std::error_code KernelChannel::send_by(Call call,
                                       std::span<const SendItem> items,
                                       std::size_t& count) noexcept {
  count = 0;
  if (!can_count()) return asio::error::no_memory;
  const std::error_code ec = call(sender_, items, count, calls_->sends);
  if (!ec) return ec;
  if (is_out_of_ports(ec)) return asio::error::address_in_use;
  return explain_send_error(ec, sender_, items[count]);
}

/// See Channel::has(), for those of the features that are calls of these files.
bool transfers_have(Feature feature, NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
