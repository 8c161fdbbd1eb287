#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <cstring>
#include <dgram/detail/request.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "../engine/segment_planner.hpp"
#include "../engine/send_planner.hpp"
#include "../engine/send_rules.hpp"
#include "core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- receiving

#if defined(DGRAM_HAS_FAST_AWAITABLE)
bool find_datagram(Core& core) noexcept {
  return core.find_at_once();
}

Datagram take_found(Core& core) noexcept {
  return core.pop();
}

void throw_recv_error(const std::error_code& ec) {
  throw Error(ec, RecvRequest::operation);
}
#endif

bool RecvRequest::attempt(Core& core, std::error_code& ec) {
  if (!core.have_datagram(ec)) return false;
  if (!ec) result = core.pop();
  return true;
}

bool RecvUntilRequest::attempt(Core& core, std::error_code& ec) {
  if (!core.have_datagram(ec)) return false;
  if (!ec) datagram = core.pop();
  return true;
}

bool RecvManyRequest::attempt(Core& core, std::error_code& ec) {
  if (into.empty()) {
    ec = Errc::no_buffers;
    return true;
  }
  // Those of the last time go first: their memory is warm, and takes the next ones.
  if (core.is_about_to_ask()) Datagram::reset_all(into);
  if (!core.have_datagram(ec)) return false;
  if (ec) return true;
  do result += core.pop_many(into.subspan(result));
  while (result < into.size() && core.have_more());
  return true;
}

bool RecvIntoRequest::attempt(Core& core, std::error_code& ec) {
  if (into.empty()) {
    ec = Errc::no_buffers;
    return true;
  }
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
  return core.readable(ec);
}

bool RecvErrorRequest::attempt(Core& core, std::error_code& ec) {
  return core.take_report(result, ec);
}

// ---- sending

bool SendRequest::attempt(Core& core, std::error_code& ec) {
  const Endpoint* const destination = to_peer ? nullptr : &to;
  if (core.is_closed()) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  ec = check_send(payload.buffers(), destination, options, core.send_rules());
  if (!ec) ec = core.open_for(destination);
  if (ec) {
    core.count_refused(ec);
    return true;
  }
  const SendItem item{payload.buffers(), destination, options.empty() ? nullptr : &options};
  std::size_t count = 0;
  ec = core.send_items(std::span<const SendItem>(&item, 1), count);
  if (is_would_block(ec) || (!ec && count == 0)) {
    ec.clear();
    return false;
  }
  if (!ec) result = payload.size();
  return true;
}

std::string SendRequest::subject() const {
  std::string text = std::to_string(payload.size()) + " bytes";
  if (payload.buffers().size() != 1)
    text += " in " + std::to_string(payload.buffers().size()) + " buffers";
  if (!to_peer) text += " to " + to_string(to);
  return text;
}

SendManyRequest::SendManyRequest(std::span<Outgoing> b) noexcept : batch(b) {
  for (Outgoing& one : batch) {
    one.result = asio::error::operation_aborted;
    total += one.bytes.size();
  }
}

bool SendManyRequest::attempt(Core& core, std::error_code& ec) {
  // Calls in one turn: 512 datagrams, then timers and other sockets have theirs.
  constexpr unsigned calls_per_turn = 16;
  ec.clear();
  for (unsigned calls = 0; progress.next < batch.size(); ++calls) {
    if (calls == calls_per_turn) return false;
    if (core.is_closed()) {
      ec = asio::error::bad_descriptor;
      return true;
    }
    if (core.is_fresh()) {  // the first datagram that may be sent at all decides the family
      Outgoing& first = batch[progress.next];
      const std::span<const asio::const_buffer> pieces(&first.bytes, 1);
      first.result = check_send(pieces, &first.to, first.options, core.send_rules());
      if (!first.result) first.result = core.open_for(&first.to);
      if (first.result) {
        core.count_refused(first.result);
        ++progress.next;
        continue;
      }
      first.result = asio::error::operation_aborted;  // until it was attempted
    }
    SendPlanner planner(batch, progress, core.send_rules(), core.run_refusals());
    const std::span<const SendItem> items = planner.plan(core.now_for_runs());
    if (planner.rejections()) {
      for (const ErrorCount& rejection : planner.rejections()->counts)
        if (rejection.count != 0) core.count_refused(rejection.code, rejection.count);
    }
    std::error_code outcome;
    if (!items.empty()) {
      std::size_t sent = 0;
      outcome = core.send_items(items, sent);
      const std::optional<RunRefusal> refusal = planner.settle(sent, outcome);
      if (refusal) core.refuse_runs(*refusal);
      result += planner.accepted();
    }
    if (is_would_block(outcome)) return false;
  }
  return true;
}

bool SendSegmentsRequest::attempt(Core& core, std::error_code& ec) {
  constexpr unsigned calls_per_turn = 16;
  const std::span<const asio::const_buffer> pieces = payload.buffers();
  if (core.is_closed()) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  const asio::const_buffer longest(nullptr, std::min(segment_size, payload.size()));
  if (segment_size == 0 || pieces.size() != 1)
    ec = asio::error::invalid_argument;
  else
    ec = check_send(
        std::span<const asio::const_buffer>(&longest, 1), &to, SendOptions(), core.send_rules());
  if (!ec) ec = core.open_for(&to);
  if (ec) {
    core.count_refused(ec);
    return true;
  }

  for (unsigned calls = 0; calls < calls_per_turn; ++calls) {
    SegmentPlanner planner(
        pieces.front(), segment_size, to, progress, core.has_runs(), core.run_refusals());
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
  return std::to_string(payload.size()) + " bytes in segments of " + std::to_string(segment_size) +
         " to " + to_string(to);
}

}  // namespace detail
DGRAM_END_NAMESPACE
