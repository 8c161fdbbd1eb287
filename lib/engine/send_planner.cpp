#include "send_planner.hpp"

#include <asio/error.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

bool is_would_block(std::error_code ec) noexcept {
  // EINTR too: a socket that is asked again after its next readiness loses nothing and never spins.
  return ec == asio::error::would_block || ec == asio::error::try_again ||
         ec == asio::error::interrupted;
}

std::span<const SendItem> SendPlanner::plan() noexcept {
  planned_ = 0;
  for (scanned_ = next_; scanned_ < batch_.size() && planned_ < max_items; ++scanned_) {
    Outgoing& one = batch_[scanned_];
    const Endpoint* to = one.to.port() == 0 && rules_.connected ? nullptr : &one.to;
    const std::span<const asio::const_buffer> pieces(&one.bytes, 1);
    if (const std::error_code refusal = check_send(pieces, to, one.options, rules_)) {
      if (one.result != refusal) {  // behind a stop the same ones are looked at again
        if (!refusals_) refusals_.emplace();
        refusals_->record(refusal);
      }
      one.result = refusal;
      continue;
    }
    one.result = asio::error::operation_aborted;  // until it was attempted
    items_[planned_] = SendItem{pieces, to, one.options.empty() ? nullptr : &one.options};
    runs_[planned_] = Run{scanned_, 1};
    ++planned_;
  }
  if (planned_ == 0) next_ = scanned_;
  return {items_.data(), planned_};
}

void SendPlanner::settle(std::size_t sent, std::error_code ec) noexcept {
  for (std::size_t i = 0; i < sent; ++i) {
    for (std::size_t k = 0; k < runs_[i].count; ++k) {
      Outgoing& one = batch_[runs_[i].first + k];
      one.result = {};
      ++accepted_;
      accepted_bytes_ += one.bytes.size();
    }
  }
  if (sent >= planned_) {
    next_ = scanned_;
    return;
  }
  const Run& stopped = runs_[sent];
  next_ = stopped.first;
  if (!ec || is_would_block(ec)) return;
  for (std::size_t k = 0; k < stopped.count; ++k) batch_[stopped.first + k].result = ec;
  next_ += stopped.count;
}

}  // namespace detail
DGRAM_END_NAMESPACE
