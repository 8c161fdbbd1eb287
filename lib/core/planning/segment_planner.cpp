#include "segment_planner.hpp"

#include <algorithm>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Of the run that begins here; 0: none does.
std::size_t SegmentPlanner::run_bytes(TimePoint now) const noexcept {
  if (runs_ == Runs::none || progress_.next < progress_.apart_until) return 0;
  const std::size_t most = std::min(max_run, max_run_bytes / segment_size_) * segment_size_;
  const std::size_t bytes = std::min(most, whole_.size() - progress_.next);
  const bool is_equal = bytes % segment_size_ == 0;
  const bool is_run = bytes > segment_size_ && (!is_equal || runs_ == Runs::any);
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

}  // namespace detail
DGRAM_END_NAMESPACE
