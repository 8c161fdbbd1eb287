// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <cstring>
#include <utility>

#include "send_planner.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The bytes of the run that begins at the next datagram; 0 when none begins there.
std::size_t SegmentPlanner::run_bytes(TimePoint now) const noexcept {
  const Runs allowed = run_rules_.towards(to_);
  if (allowed == Runs::none || progress_.next < progress_.apart_until) return 0;
  const std::size_t most_bytes = run_rules_.most_bytes(segment_size_);
  const std::size_t most = std::min(max_run, most_bytes / segment_size_) * segment_size_;
  const std::size_t bytes = std::min(most, whole_.size() - progress_.next);
  const bool is_equal = bytes % segment_size_ == 0;
  const bool is_run = bytes > segment_size_ && (!is_equal || allowed == Runs::any);
  return is_run && (!refusals_ || refusals_->allow(to_, segment_size_, now)) ? bytes : 0;
}

std::span<const SendItem> SegmentPlanner::plan(TimePoint now) noexcept {
  if (const std::size_t bytes = run_bytes(now)) {
    segments_[0] = asio::buffer(whole_ + progress_.next, bytes);
    items_[0] = SendItem{{segments_.data(), 1}, to_, options_, segment_size_};
    return {items_.data(), 1};
  }
  std::size_t planned = 0;
  std::size_t at = progress_.next;
  do {
    segments_[planned] = asio::buffer(whole_ + at, segment_size_);
    items_[planned] = SendItem{{&segments_[planned], 1}, to_, options_};
    at += segments_[planned].size();
    ++planned;
  } while (planned < max_items && at < whole_.size());
  return {items_.data(), planned};
}

std::optional<RunRefusal> SegmentPlanner::settle(std::size_t sent, std::error_code& ec) noexcept {
  std::optional<RunRefusal> proof;
  const bool was_run = items_[0].segment_size != 0;
  if (progress_.refusal && sent != 0) {
    const std::error_code why = std::exchange(progress_.refusal, std::error_code());
    if (refuses_all_runs(why)) proof = RunRefusal{to_, segment_size_, why};
  }
  for (std::size_t i = 0; i < sent; ++i) progress_.next += segments_[i].size();
  if (was_run && sent == 0 && may_refuse_runs(ec)) {
    progress_.apart_until = progress_.next + segments_[0].size();
    progress_.refusal = std::exchange(ec, std::error_code());
  }
  return proof;
}

namespace {

bool is_same(const Endpoint& a, const Endpoint& b) noexcept {
  constexpr std::size_t over_ipv4 = 16;  // memcmp of a constant size needs no call
  if (a.size() != b.size()) return false;
  if (a.size() == over_ipv4) return std::memcmp(a.data(), b.data(), over_ipv4) == 0;
  return std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool is_would_block(std::error_code ec) noexcept {
  if (!ec) return false;  // the usual case, and each comparison below costs a call
  // EINTR counts as well: trying again after the next readiness loses nothing and never spins.
  return ec == asio::error::would_block || ec == asio::error::try_again ||
         ec == asio::error::interrupted;
}

bool SendPlanner::may_grow(const Run& run, const Endpoint* to, TimePoint now) const noexcept {
  return run.bytes != 0 && run.first >= progress_.apart_until &&
         (!refusals_ || refusals_->allow(to, run.bytes, now));
}

// The checks of the first datagram also hold for those that join its run: they have the same
// receiver and options, and are not longer.
bool SendPlanner::extend(SendItem& item, Run& run, Runs allowed) noexcept {
  const std::error_code not_attempted = asio::error::operation_aborted;
  const Outgoing& first = batch_[run.first];
  const std::size_t size = first.bytes.size();
  const bool is_plain = first.options.empty();
  const std::span<asio::const_buffer> pieces = std::span(pieces_).subspan(pieces_used_);
  const std::size_t most = std::min(max_run, pieces.size());
  const std::size_t most_bytes = run_rules_.most_bytes(size);
  pieces.front() = first.bytes;
  bool is_equal = true;  // all datagrams so far have the same length
  for (; is_equal && scanned_ < batch_.size() && run.count < most; ++scanned_) {
    Outgoing& one = batch_[scanned_];
    const std::size_t length = one.bytes.size();
    const bool same_options = is_plain ? one.options.empty() : one.options == first.options;
    if (length == 0 || length > size || run.bytes + length > most_bytes || !same_options ||
        !is_same(one.to, first.to))
      break;
    one.result = not_attempted;
    pieces[run.count++] = one.bytes;
    run.bytes += length;
    is_equal = length == size;  // a shorter datagram is the last one of a run
  }
  if (run.count == 1) return true;
  if (is_equal && allowed != Runs::any) {
    const std::size_t end = std::exchange(scanned_, run.first + 1);
    if (run.count == most && most < max_run && end < batch_.size()) return false;
    // A run that begins at another of these datagrams would end at the same one. (If this run had
    // reached the size limit, a later one might end later, but the search for it would scan each
    // datagram many times.)
    progress_.apart_until = end;
    run = Run{run.first, 1, size};
    return true;
  }
  pieces_used_ += run.count;
  item.buffers = pieces.first(run.count);
  item.segment_size = size;
  return true;
}

bool SendPlanner::reject(Outgoing& one, const Endpoint* to) noexcept {
  const std::span<const asio::const_buffer> pieces(&one.bytes, 1);
  const std::error_code why = check_send(pieces, to, one.options, rules_);
  one.result = why;
  has_rejected_ = has_rejected_ || why;
  return static_cast<bool>(why);
}

// Counts the rejected datagrams that the batch has passed. Those behind a stop are not counted yet,
// because plan() checks them again. All datagrams between the runs are rejected ones.
void SendPlanner::count_rejections(std::size_t from, std::size_t until) noexcept {
  if (!has_rejected_) return;
  const auto count_before = [&](std::size_t end) {
    for (; from < std::min(end, until); ++from) {
      if (!rejections_) rejections_.emplace();
      rejections_->record(batch_[from].result);
    }
  };
  for (const Run& run : std::span(runs_).first(planned_)) {
    count_before(run.first);
    from = std::max(from, run.first + run.count);
  }
  count_before(until);
}

std::span<const SendItem> SendPlanner::plan(TimePoint now) noexcept {
  planned_ = pieces_used_ = 0;
  has_rejected_ = false;
  const std::error_code not_attempted = asio::error::operation_aborted;
  // Stops where no room is left for a run of two: the next call can send longer runs than the rest
  // of this one.
  for (scanned_ = progress_.next;
       scanned_ < batch_.size() && planned_ < max_items && pieces_used_ + 2 <= pieces_.size();) {
    Outgoing& one = batch_[scanned_];
    const bool to_peer = one.to.port() == 0 && rules_.connected && one.to == Endpoint();
    const Endpoint* const to = to_peer ? nullptr : &one.to;
    const std::size_t index = scanned_++;
    if (reject(one, to)) continue;
    one.result = not_attempted;
    Run& run = runs_[planned_];
    run = Run{index, 1, one.bytes.size()};
    SendItem& item = items_[planned_++];
    item = SendItem{std::span<const asio::const_buffer>(&one.bytes, 1),
                    to,
                    one.options.empty() ? nullptr : &one.options};
    const Runs allowed = run_rules_.towards(to);
    if (allowed == Runs::none || !may_grow(run, to, now) || extend(item, run, allowed)) continue;
    scanned_ = index;
    --planned_;
    break;
  }
  if (planned_ == 0) {
    count_rejections(progress_.next, scanned_);
    progress_.next = scanned_;
  }
  return {items_.data(), planned_};
}

std::optional<RunRefusal> SendPlanner::settle(std::size_t sent, std::error_code ec) noexcept {
  std::optional<RunRefusal> proof;
  const std::error_code accepted;
  for (std::size_t i = 0; i < sent; ++i) {
    const Run& run = runs_[i];
    accepted_ += run.count;
    accepted_bytes_ += run.bytes;
    for (Outgoing& one : batch_.subspan(run.first, run.count)) one.result = accepted;
    if (progress_.refusal && run.first == progress_.refused) {
      if (refuses_all_runs(progress_.refusal))
        proof = RunRefusal{items_[i].to, run.bytes, progress_.refusal};
      progress_.refusal.clear();
    }
  }
  const std::size_t stop = sent >= planned_ ? scanned_ : runs_[sent].first;
  count_rejections(progress_.next, stop);
  progress_.next = stop;
  if (sent >= planned_) return proof;
  const Run& stopped = runs_[sent];
  if (!ec || is_would_block(ec)) return proof;
  std::size_t failed = stopped.count;
  if (failed > 1 && may_refuse_runs(ec)) {
    progress_.apart_until = stopped.first + stopped.count;
    progress_.refused = stopped.first;
    progress_.refusal = ec;
    failed = 0;
  } else if (!items_[sent].to) {
    failed = 1;  // may be the error of an earlier datagram, which the kernel reports only once
  }
  if (failed != 0 && stopped.first == progress_.refused) progress_.refusal.clear();
  for (Outgoing& one : batch_.subspan(stopped.first, failed)) one.result = ec;
  progress_.next += failed;
  return proof;
}

}  // namespace detail
DGRAM_END_NAMESPACE
