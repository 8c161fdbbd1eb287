// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Sending: from a socket to the channel, the checks, the counters, and the send requests.
#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/error.hpp>
#include <dgram/socket_base.hpp>
#include <new>
#include <optional>
#include <utility>

#include "../planning/pacer.hpp"
#include "../planning/runs.hpp"
#include "../planning/send_planner.hpp"
#include "../planning/send_rules.hpp"
#include "../values/address.hpp"
#include "core.hpp"
#include "error_reports.hpp"
#include "guard.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code Core::open_for(const Endpoint* to) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  return state_ == State::fresh && to ? open(family_of(*to)) : std::error_code();
}

std::error_code Core::send_items(std::span<const SendItem> items, std::size_t& count) {
  return pacer_ || have_departures(items) ? send_in_time(items, count) : send_now(items, count);
}

inline bool Core::have_departures(std::span<const SendItem> items) const noexcept {
  for (const SendItem& item : items)
    if (item.options && item.options->departure != TimePoint())
      return !options_.departure_by_system;
  return false;
}

// What may not leave yet stays with the caller, as if there were no room. Not inlined: sockets that
// do not need it stay without it.
[[gnu::noinline]] std::error_code Core::send_in_time(std::span<const SendItem> items,
                                                     std::size_t& count) {
  const TimePoint now = channel_->now();
  std::array<SendItem, SendPlanner::max_items> ready;
  std::array<SendOptions, SendPlanner::max_items> without_time;
  std::optional<Pacer> admitted;
  if (pacer_) admitted = *pacer_;
  TimePoint next = TimePoint::max();
  std::size_t n = 0;
  for (; n < items.size() && n < ready.size(); ++n) {
    ready[n] = items[n];
    const bool is_held = items[n].options && !options_.departure_by_system;
    if (is_held && items[n].options->departure > now) {
      next = items[n].options->departure;
      break;
    }
    const std::size_t bytes = packet_bytes(items[n]);
    if (admitted && !admitted->admits(bytes, now)) {
      next = admitted->retry_at(bytes);
      break;
    }
    if (admitted) admitted->sent(bytes, now);
    if (!is_held) continue;
    without_time[n] = *items[n].options;
    without_time[n].departure = TimePoint();
    ready[n].options = without_time[n].empty() ? nullptr : &without_time[n];
  }
  std::error_code ec;
  count = 0;
  if (n != 0) ec = send_now(std::span<const SendItem>(ready.data(), n), count);
  if (pacer_)
    for (const SendItem& item : items.first(count)) pacer_->sent(packet_bytes(item), now);
  paused_until_ = TimePoint::max();
  if (ec || n == items.size()) return ec;
  paused_until_ = next;
  write_blocked_ = true;
  return asio::error::would_block;
}

std::size_t Core::packet_bytes(const SendItem& item) const noexcept {
  const bool over_ipv4 =
      family_ == Family::ipv4 || (item.to ? is_over_ipv4(item.to->address()) : peer_over_ipv4_);
  return item.bytes() + item.datagrams() * packet_overhead(over_ipv4);
}

inline std::error_code Core::send_now(std::span<const SendItem> items, std::size_t& count) {
  const std::error_code ec = channel_->send_batch(items, count);
  for (const SendItem& item : items.first(count)) count_sent(item);
  return ec ? send_after(ec, items, count) : ec;
}

std::error_code Core::send_after(std::error_code ec,
                                 std::span<const SendItem> items,
                                 std::size_t& count) {
  std::error_code pending;  // an error of the connected peer, met by a send to another address
  unsigned attempt = 0;     // number of the attempt to send the next item
  while (ec && !is_would_block(ec)) {
    if (!may_be_anothers(ec, items[count], attempt)) break;
    if (connected_ && !deferred_) pending = ec;
    std::size_t sent = 0;
    ec = channel_->send_batch(items.subspan(count), sent);
    for (const SendItem& item : items.subspan(count, sent)) count_sent(item);
    count += sent;
    attempt = sent == 0 ? attempt + 1 : 0;
  }
  if (pending && pending != ec) defer(pending);
  if (!ec) return ec;
  if (reports_) collect_reports(connected_ && is_peer_error(ec));
  if (is_would_block(ec)) {
    paused_until_ = TimePoint::max();
    write_blocked_ = true;
  } else if (items[count].segment_size != 0 && may_refuse_runs(ec)) {
    ++counters_.gso_refused;  // no datagram has failed: they are sent one by one next
  } else {
    // Towards the connected peer, an error belongs to one datagram; the others of a run are sent
    // again.
    const std::size_t failed = items[count].to ? items[count].datagrams() : 1;
    counters_.send_errors += failed;
    count_error(ec, failed);
  }
  return ec;
}

// Without memory the refusal is not remembered: the next run is refused too, and its datagrams are
// sent one by one as well.
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

inline bool Core::send(const Payload& payload,
                       const Endpoint* to,
                       const SendOptions& options,
                       std::error_code& ec) {
  if (is_closed()) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  ec = check_send(payload.buffers(), to, options, send_rules());
  if (!ec && is_fresh()) ec = open_for(to);
  if (ec) {
    count_refused(ec);
    return true;
  }
  const SendItem item{payload.buffers(), to, options.empty() ? nullptr : &options};
  std::size_t count = 0;
  ec = send_items(std::span<const SendItem>(&item, 1), count);
  if (count == 1 || (ec && !is_would_block(ec))) return true;
  ec.clear();
  return false;
}

[[gnu::flatten]] bool SendRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  if (!core.send(payload, to_peer ? nullptr : &to, options, ec)) return false;
  if (!ec) result = payload.size();
  return true;
}

namespace {

std::string subject_of(const Payload& payload, const Endpoint* to) {
  std::string text = std::to_string(payload.size()) + " bytes";
  if (payload.buffers().size() != 1)
    text += " in " + std::to_string(payload.buffers().size()) + " buffers";
  if (to) text += " to " + to_string(*to);
  return text;
}

}  // namespace

std::string SendRequest::subject() const {
  return subject_of(payload, to_peer ? nullptr : &to);
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)
[[gnu::flatten]] bool send_at_once(SendCall& call) {
  Core& core = *call.core;
  const Guard guard(core);
  return core.may_serve_inline(Event::write) &&
         core.send(call.payload, call.receiver(), SendOptions(), call.ec);
}

[[noreturn, gnu::cold]] static void throw_failure(const SendCall& call) {
  const std::string option = refused_option(*call.core, call.ec);
  throw Error(call.ec,
              SendRequest::operation,
              option.empty() ? subject_of(call.payload, call.receiver()) : option);
}

std::size_t result_of(const SendCall& call) {
  if (call.error)
    *call.error = call.ec;
  else if (call.ec)
    throw_failure(call);
  return call.ec ? 0 : call.payload.size();
}
#endif

SendManyRequest::SendManyRequest(std::span<Outgoing> b) noexcept : batch(b) {
  const std::error_code not_attempted = asio::error::operation_aborted;
  for (Outgoing& one : batch) {
    one.result = not_attempted;
    total += one.bytes.size();
  }
}

std::size_t SendManyRequest::bytes_sent() const noexcept {
  std::size_t sum = 0;
  for (const Outgoing& one : batch.first(progress.next)) sum += one.bytes.size();
  return sum;
}

[[gnu::flatten]] bool SendManyRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  // Calls in one turn, each with up to 32 items; then timers and other sockets have their turn.
  constexpr unsigned calls_per_turn = 16;
  ec.clear();
  for (unsigned calls = 0; progress.next < batch.size(); ++calls) {
    if (calls == calls_per_turn) return false;
    if (core.is_closed()) {
      ec = asio::error::bad_descriptor;
      return true;
    }
    if (core.is_fresh()) {  // the first datagram that passes the checks decides the family
      Outgoing& first = batch[progress.next];
      const std::span<const asio::const_buffer> pieces(&first.bytes, 1);
      first.result = check_send(pieces, &first.to, first.options, core.send_rules());
      if (!first.result) first.result = core.open_for(&first.to);
      if (first.result) {
        core.count_refused(first.result);
        ++progress.next;
        continue;
      }
      first.result = asio::error::operation_aborted;  // not attempted yet
    }
    SendPlanner planner(batch, progress, core.send_rules(), core.run_rules(), core.run_refusals());
    const std::span<const SendItem> items = planner.plan(core.now_for_runs());
    std::error_code outcome;
    if (!items.empty()) {
      std::size_t sent = 0;
      outcome = core.send_items(items, sent);
      const std::optional<RunRefusal> refusal = planner.settle(sent, outcome);
      if (refusal) core.refuse_runs(*refusal);
      result += planner.accepted();
    }
    if (planner.rejections()) {
      for (const ErrorCount& rejection : planner.rejections()->counts)
        if (rejection.count != 0) core.count_refused(rejection.code, rejection.count);
    }
    if (is_would_block(outcome)) return false;
  }
  return true;
}

[[gnu::flatten]] bool SendSegmentsRequest::attempt(Core& core, std::error_code& ec) {
  const Guard guard(core);
  constexpr unsigned calls_per_turn = 16;
  const std::span<const asio::const_buffer> pieces = payload.buffers();
  if (core.is_closed()) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  const Endpoint* const receiver = to_peer ? nullptr : &to;
  const asio::const_buffer longest(nullptr, std::min(segment_size, payload.size()));
  if (segment_size == 0 || pieces.size() != 1)
    ec = asio::error::invalid_argument;
  else
    ec = check_send(
        std::span<const asio::const_buffer>(&longest, 1), receiver, options, core.send_rules());
  if (!ec) ec = core.open_for(receiver);
  if (ec) {
    core.count_refused(ec);
    return true;
  }

  for (unsigned calls = 0; calls < calls_per_turn; ++calls) {
    SegmentPlanner planner(pieces.front(),
                           segment_size,
                           receiver,
                           options.empty() ? nullptr : &options,
                           progress,
                           core.run_rules(),
                           core.run_refusals());
    const std::span<const SendItem> items = planner.plan(core.now_for_runs());
    std::size_t sent = 0;
    ec = core.send_items(items, sent);
    const std::optional<RunRefusal> refusal = planner.settle(sent, ec);
    if (refusal) core.refuse_runs(*refusal);
    result = progress.next;
    if (is_would_block(ec)) {
      ec.clear();
      return false;
    }
    if (ec || (sent != 0 && progress.next == payload.size())) return true;
  }
  return false;
}

std::string SendSegmentsRequest::subject() const {
  std::string text =
      std::to_string(payload.size()) + " bytes in segments of " + std::to_string(segment_size);
  if (!to_peer) text += " to " + to_string(to);
  return text;
}

}  // namespace detail

[[gnu::flatten]] bool SocketBase::try_send(const Payload& payload,
                                           const Endpoint& to,
                                           std::error_code& ec) {
  detail::Core& core = *this->core();
  const detail::Guard guard(core);
  if (core.anyone_writes() || !core.send(payload, &to, SendOptions(), ec))
    ec = asio::error::would_block;
  return !ec;
}

[[gnu::flatten]] bool SocketBase::try_send(const Payload& payload, std::error_code& ec) {
  detail::Core& core = *this->core();
  const detail::Guard guard(core);
  if (core.anyone_writes() || !core.send(payload, nullptr, SendOptions(), ec))
    ec = asio::error::would_block;
  return !ec;
}

DGRAM_END_NAMESPACE
