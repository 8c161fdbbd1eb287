// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Receiving: from the channel into the ring of a socket and out of it, the counters, and the
// receive requests.
//
// Everything that a request calls before it asks the channel is inlined: see kernel_channel.hpp for
// the reason.
#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <cstring>
#include <dgram/detail/awaited_recv.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "../planning/send_planner.hpp"
#include "core.hpp"
#include "guard.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code Core::fill() {
  const std::span<ReceiveSlot> slots = ring_.begin_fill(batch_size_.next());
  if (slots.empty()) return asio::error::no_memory;
  std::size_t count = 0;
  const std::error_code ec = receive(slots, count);
  woken_ = look_once_ = false;
  const ReceiveRing::Filled filled = ring_.end_fill(count);
  // A train takes one slot for many datagrams. They are counted singly only if no slot was left.
  const std::size_t got = filled.in_trains != 0 && count == slots.size() ? filled.datagrams : count;
  batch_size_.record(static_cast<unsigned>(slots.size()), static_cast<unsigned>(got));
  count_received(filled);
  if (count == 0) return ec ? ec : std::error_code(asio::error::would_block);
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return {};
}

// An error needs more work: with IP_RECVERR, an unconnected socket gets the errors of its peers as
// its own.
std::error_code Core::receive(std::span<ReceiveSlot> slots, std::size_t& count) noexcept {
  const std::error_code ec = channel_->receive_batch(slots, count);
  return ec ? receive_after(ec, slots, count) : ec;
}

void Core::count_received(const ReceiveRing::Filled& filled) noexcept {
  counters_.datagrams_received += filled.datagrams;
  counters_.gro_datagrams += filled.in_trains;
  counters_.bytes_received += filled.bytes;
  counters_.truncated += filled.truncated;
  counters_.control_truncated += filled.control_truncated;
  counters_.spilled += filled.spilled;
}

Core::Next Core::next_step(std::error_code& ec) {
  ec.clear();
  if (!ring_.empty()) return Next::take;
  if (state_ != State::open)
    ec = asio::error::bad_descriptor;
  else if (deferred_)
    ec = std::exchange(deferred_, std::error_code());
  else if (stopped_)
    ec = asio::error::eof;
  else
    return woken_ || look_once_ || draining_ || batch_size_.more() ? Next::ask : Next::wait;
  return Next::fail;
}

bool Core::have_datagram(std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  ec = fill();
  if (!is_would_block(ec)) return true;
  return has_nothing_more(ec);
}

// The kernel has nothing. True when that is the end.
bool Core::has_nothing_more(std::error_code& ec) noexcept {
  ec.clear();
  if (draining_) ec = asio::error::eof;
  return draining_;
}

bool Core::look_now(std::error_code& ec) {
  look_once_ = ring_.empty();
  const bool found = have_datagram(ec);
  look_once_ = false;
  if (ring_.empty() && !found) ring_.park();
  return found;
}

// An error is kept for the next receive.
bool Core::refill() noexcept {
  if (state_ != State::open || stopped_ || deferred_) return false;
  const std::error_code ec = fill();
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return !ring_.empty();
}

bool Core::receive_direct(ReceiveSlot& slot, std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  // Bytes that do not fit into the caller's buffer go to the spill area, so that the full length is
  // known on every system.
  const unsigned pieces = 1;
  slot.spill = ring_.pool().lease_spill(pieces);
  if (!slot.spill) {
    ec = asio::error::no_memory;
    return true;
  }
  slot.spill_capacity = spill_piece;
  std::size_t count = 0;
  ec = receive(std::span<ReceiveSlot>(&slot, 1), count);
  ring_.pool().return_spill(slot.spill, pieces);
  woken_ = look_once_ = false;
  batch_size_.record(1, static_cast<unsigned>(count));
  if (count == 1) {
    if (ec && !is_would_block(ec)) deferred_ = ec;
    ec.clear();
    slot.size = std::min(slot.size, slot.capacity);
    ReceiveRing::Filled filled;
    filled.datagrams = 1;
    filled.bytes = slot.size;
    filled.truncated = slot.full_size > slot.size;
    filled.control_truncated = slot.control_truncated;
    count_received(filled);
    return true;
  }
  if (ec && !is_would_block(ec)) return true;
  return has_nothing_more(ec);
}

bool Core::readable(std::error_code& ec) {
  ec.clear();
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  if (!ring_.empty() || stopped_ || draining_ || deferred_) return true;
  if (woken_ && reports_) {  // perhaps only by a report, which try_recv() does not return
    const std::error_code found = fill();
    if (found && !is_would_block(found)) deferred_ = found;
    return !ring_.empty() || deferred_;
  }
  if (woken_) return true;
  batch_size_.forget();  // that there may be more is not enough: the kernel has to report it
  return false;
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)
[[gnu::flatten]] bool find_datagram(Core& core) noexcept {
  const Guard guard(core);
  return core.find_at_once();
}

Datagram take_found(Core& core) noexcept {
  const Guard guard(core);
  return core.pop();
}

void start_recv(void* made) {
  Op& op = *static_cast<Op*>(made);
  op.core.start(op);
}

[[gnu::flatten]] bool RecvOp::attempt() {
  if (!core->have_datagram(ec)) return false;
  if (!ec) datagram = core->pop();
  return true;
}

Datagram RecvOp::take(std::error_code* error) {
  if (error)
    *error = ec;
  else if (ec)
    throw Error(ec, RecvRequest::operation);
  return std::move(datagram);
}
#endif

[[gnu::flatten]] bool RecvRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  if (!core.have_datagram(ec)) return false;
  if (!ec) result = core.pop();
  return true;
}

[[gnu::flatten]] bool RecvUntilRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  if (!core.have_datagram(ec)) return false;
  if (!ec) datagram = core.pop();
  return true;
}

std::optional<Datagram> RecvUntilRequest::take() noexcept {
  std::optional<Datagram> result;
  if (datagram) result.emplace(std::move(datagram));
  return result;
}

std::error_code RecvManyRequest::refused() const noexcept {
  return into.empty() ? make_error_code(Errc::no_buffers) : std::error_code();
}

[[gnu::flatten]] bool RecvManyRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  if ((ec = refused())) return true;
  // Release the previous batch before filling: its slab is still in cache.
  if (core.is_about_to_ask()) Datagram::reset_all(into);
  if (!core.have_datagram(ec)) return false;
  if (ec) return true;
  do result += core.pop_many(into.subspan(result));
  while (result < into.size() && core.have_more());
  return true;
}

std::error_code RecvIntoRequest::refused() const noexcept {
  return into.empty() ? make_error_code(Errc::no_buffers) : std::error_code();
}

bool RecvIntoRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  if ((ec = refused())) return true;
  if (core.prefers_direct()) {
    ReceiveSlot slot;
    slot.data = into.data();
    slot.capacity = static_cast<std::uint32_t>(std::min<std::size_t>(into.size(), 65536));
    if (!core.receive_direct(slot, ec)) return false;
    if (!ec) result = Received{slot.size, slot.full_size, slot.full_size > slot.size, slot.remote};
    return true;
  }
  if (!core.have_datagram(ec)) return false;
  if (ec) return true;
  const Datagram datagram = core.pop();
  const std::size_t size = std::min(datagram.size(), into.size());
  if (size != 0) std::memcpy(into.data(), datagram.data().data(), size);
  result = Received{size, datagram.full_size(), datagram.full_size() > size, datagram.remote()};
  if (size < datagram.size()) core.count_truncated();
  return true;
}

bool WaitReadableRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  return core.readable(ec);
}

bool RecvErrorRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  return core.take_report(result, ec);
}

}  // namespace detail
DGRAM_END_NAMESPACE
