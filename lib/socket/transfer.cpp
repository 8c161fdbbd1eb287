// Datagrams between a socket's ring and its channel, counted.
#include <algorithm>
#include <asio/error.hpp>
#include <new>
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
  const ReceiveRing::Filled filled = ring_.end_fill(count);
  // A train fills its slot, however many datagrams it has.
  const std::size_t got = filled.in_trains != 0 && count == slots.size() ? filled.datagrams : count;
  batch_size_.record(static_cast<unsigned>(slots.size()), static_cast<unsigned>(got));
  count_received(filled);
  if (count == 0) return ec ? ec : std::error_code(asio::error::would_block);
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return {};
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

// Errors are kept for the operation that will find them.
bool Core::refill() noexcept {
  if (state_ != State::open || stopped_ || deferred_) return false;
  const std::error_code ec = fill();
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return !ring_.empty();
}

bool Core::receive_direct(ReceiveSlot& slot, std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  // What the caller has no room for lands here, so that its length is known on every system.
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
    for (const SendItem& item : items.subspan(count, sent)) count_sent(item);
    count += sent;
    if (!ec || is_would_block(ec) || !may_be_anothers(ec, items[count], attempt)) break;
    if (connected_ && !deferred_) pending = ec;
  }
  if (pending && pending != ec) defer(pending);
  if (!ec) return ec;
  if (reports_) collect_reports(connected_ && is_peer_error(ec));
  if (is_would_block(ec)) {
    write_blocked_ = true;
  } else if (items[count].segment_size != 0 && may_refuse_runs(ec)) {
    ++counters_.gso_refused;  // no datagram has failed: they go out another way
  } else {
    // Towards the peer an error is owed to one datagram, and the others of a run are tried again.
    const std::size_t failed = items[count].to ? items[count].datagrams() : 1;
    counters_.send_errors += failed;
    count_error(ec, failed);
  }
  return ec;
}

// Without memory it is forgotten: the next run is refused, too, and goes out all the same.
void Core::refuse_runs(const RunRefusal& refusal) noexcept {
  if (!refusals_) refusals_.reset(new (std::nothrow) OffloadRefusals);
  if (refusals_) refusals_->add(refusal, channel_->now());
}

void Core::count_sent(const SendItem& item) noexcept {
  const std::size_t datagrams = item.datagrams();
  counters_.bytes_sent += item.bytes();
  counters_.datagrams_sent += datagrams;
  if (item.segment_size != 0) counters_.gso_datagrams += datagrams;
}

}  // namespace detail
DGRAM_END_NAMESPACE
