// Datagrams between a socket's ring and its channel, counted.
#include <algorithm>
#include <asio/error.hpp>
#include <utility>

#include "../engine/send_planner.hpp"
#include "core.hpp"
#include "error_reports.hpp"
#include "peer_error.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code Core::fill() {
  const std::span<ReceiveSlot> slots = ring_.begin_fill(batch_size_.next());
  if (slots.empty()) return asio::error::no_memory;
  std::size_t count = 0;
  const std::error_code ec = receive(slots, count);
  woken_ = look_once_ = false;
  batch_size_.record(static_cast<unsigned>(slots.size()), static_cast<unsigned>(count));
  count_received(count, ring_.end_fill(count));
  if (count == 0) return ec ? ec : std::error_code(asio::error::would_block);
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return {};
}

void Core::count_received(std::size_t datagrams, const ReceiveRing::Filled& filled) noexcept {
  stats_.datagrams_received += datagrams;
  stats_.bytes_received += filled.bytes;
  stats_.truncated += filled.truncated;
  stats_.control_truncated += filled.control_truncated;
  stats_.spilled += filled.spilled;
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
    return woken_ || look_once_ || batch_size_.more() ? Next::ask : Next::wait;
  return Next::fail;
}

bool Core::have_datagram(std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  ec = fill();
  if (!is_would_block(ec)) return true;
  ec.clear();
  return false;
}

bool Core::look_now(std::error_code& ec) {
  look_once_ = ring_.empty();
  const bool found = have_datagram(ec);
  look_once_ = false;
  if (ring_.empty() && !found) ring_.park();
  return found;
}

bool Core::have_more() {
  if (!ring_.empty()) return true;
  if (state_ != State::open || stopped_ || deferred_ || !batch_size_.more()) return false;
  const std::error_code ec = fill();
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return !ring_.empty();
}

bool Core::receive_direct(ReceiveSlot& slot, std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  // What the caller has no room for lands here, so that its length is known on every system.
  const unsigned pieces = 1;
  slot.spill = pool_.lease_spill(pieces);
  if (!slot.spill) {
    ec = asio::error::no_memory;
    return true;
  }
  slot.spill_capacity = spill_piece;
  std::size_t count = 0;
  ec = receive(std::span<ReceiveSlot>(&slot, 1), count);
  pool_.return_spill(slot.spill, pieces);
  woken_ = look_once_ = false;
  batch_size_.record(1, static_cast<unsigned>(count));
  if (count == 1) {
    if (ec && !is_would_block(ec)) deferred_ = ec;
    ec.clear();
    slot.size = std::min(slot.size, slot.capacity);
    ReceiveRing::Filled filled;
    filled.bytes = slot.size;
    filled.truncated = slot.full_size > slot.size;
    filled.control_truncated = slot.control_truncated;
    count_received(1, filled);
    return true;
  }
  if (ec && !is_would_block(ec)) return true;
  ec.clear();
  return false;
}

bool Core::readable(std::error_code& ec) {
  ec.clear();
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  if (!ring_.empty() || stopped_ || deferred_) return true;
  if (woken_ && reports_) {  // perhaps by a report only, of which try_recv has nothing to say
    const std::error_code found = fill();
    if (found && !is_would_block(found)) deferred_ = found;
    return !ring_.empty() || deferred_;
  }
  if (woken_) return true;
  batch_size_.forget();  // "there may be more" is no answer: the kernel has to say
  return false;
}

std::error_code Core::open_for(const Endpoint* to) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  return state_ == State::fresh && to ? open(family_of(*to)) : std::error_code();
}

std::error_code Core::send_items(std::span<const SendItem> items, std::size_t& count) {
  std::error_code ec;
  std::error_code pending;  // of the connected peer, found by a send to somebody else
  count = 0;
  for (unsigned attempt = 0;; ++attempt) {
    std::size_t sent = 0;
    ec = channel_->send_batch(items.subspan(count), sent);
    for (std::size_t i = count; i < count + sent; ++i)
      for (const asio::const_buffer& piece : items[i].buffers) stats_.bytes_sent += piece.size();
    count += sent;
    if (!ec || is_would_block(ec) || !may_be_anothers(ec, items[count], attempt)) break;
    if (connected_ && !deferred_) pending = ec;
  }
  stats_.datagrams_sent += count;
  if (pending && pending != ec) defer(pending);
  if (!ec) return ec;
  if (reports_) collect_reports(connected_ && is_peer_error(ec));
  if (is_would_block(ec)) {
    write_blocked_ = true;
  } else {
    ++stats_.send_errors;
    count_error(ec);
  }
  return ec;
}

}  // namespace detail
DGRAM_END_NAMESPACE
