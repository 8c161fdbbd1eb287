// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The system calls that move datagrams: KernelChannel::receive_batch() and send_batch(). They have
// one implementation per platform: linux/transfer.cpp, posix/transfer.cpp.
//
// A system call overwrites the CPU's return stack, so that each function that returns after it is
// mispredicted, which costs 10 to 20 ns. So all functions between these two and the system call are
// inlined, with `[[gnu::flatten]]`.
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

/// The most datagrams that one receive call returns.
inline constexpr std::size_t max_batch = 64;

/// The part of a receive that all platforms share. `call` makes the system call.
template <class Call>
std::error_code KernelChannel::receive_by(Call call,
                                          std::span<ReceiveSlot> slots,
                                          std::size_t& count) noexcept {
  count = 0;
  if (!can_count()) return asio::error::no_memory;
  if (are_descriptors_shared() && !is_shared_) note_sharing();
  const std::error_code ec = call(sender_.handle, control_, slots, count, calls_->receives);
  // recvmmsg() also stops early at an error, which it stores in the socket again without a wake-up.
  // So where an error is possible, a short batch does not mean that the socket is empty.
  came_short_ = !ec && count < std::min(slots.size(), max_batch) && !may_have_errors_;
  is_emptied_ = ec == asio::error::would_block || came_short_;
  socket_.note_receive(count != 0 || ec != asio::error::would_block);
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

/// See Channel::has(), for the features that depend on these system calls.
bool transfers_have(Feature feature, NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
