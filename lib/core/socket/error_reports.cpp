// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Error reports, and pending errors of peers, which must not fail operations with other peers.
#include <array>
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <new>
#include <span>
#include <utility>

#include "../planning/runs.hpp"
#include "../planning/send_planner.hpp"
#include "../values/address.hpp"
#include "context.hpp"
#include "error_reports.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

bool ReportQueue::push(const ErrorReport& report) noexcept {
  const bool fits = size_ < capacity;
  if (!fits) pop();
  reports_[(first_ + size_) % capacity] = report;
  ++size_;
  return fits;
}

ErrorReport ReportQueue::pop() noexcept {
  const ErrorReport report = reports_[first_];
  first_ = (first_ + 1) % capacity;
  --size_;
  return report;
}

}  // namespace detail

namespace detail {

namespace {

/// True for a report that this host itself made about a datagram to `to`.
bool is_about(const ErrorReport& report, const Endpoint& to) noexcept {
  return report.origin == ErrorReport::Origin::local &&
         is_same_address(report.destination.address(), to.address());
}

// Limits how often a call is made again. Each repetition serves one report or pending error, and
// more of them may keep coming.
constexpr unsigned max_attempts = 8;

}  // namespace

std::error_code Core::update_reports() {
  int on = 0;
  if (reports_ || channel_->get(Setting::receive_errors, on) || on == 0) return {};
  return make_reports();
}

std::error_code Core::make_reports() {
  if (!reports_) reports_.reset(new (std::nothrow) ErrorReports);
  return reports_ ? std::error_code() : std::error_code(asio::error::no_memory);
}

bool Core::anyone_awaits_reports() const noexcept {
  return reports_ && !reports_->direction.queue.empty();
}

// Reading the reports clears the error that the kernel keeps for the next call. On a connected
// socket, one operation has to get this error, so it is deferred, unless `told` says that an
// operation has just got it.
void Core::add_report(const ErrorReport& report, bool told) noexcept {
  const bool by_icmp =
      report.origin == ErrorReport::Origin::icmp || report.origin == ErrorReport::Origin::icmpv6;
  if (connected_ && by_icmp && !told) defer(report.error);
  ++counters_.error_reports;
  if (!reports_->queue.push(report)) ++counters_.discarded_reports;
}

// While a report is unread, the kernel reports the socket as ready for everything. So a call that
// meets an error, or finds nothing, takes the reports out.
void Core::collect_reports(bool told) noexcept {
  std::array<ErrorReport, 16> batch;
  const std::uint64_t discarded = counters_.discarded_reports;
  std::size_t count = batch.size();
  for (unsigned round = 0; round < max_attempts && count == batch.size(); ++round) {
    count = channel_->receive_reports(batch);
    for (const ErrorReport& report : std::span(batch).first(count)) add_report(report, told);
  }
  // The kernel will not signal the reports that were just read, so the wait for them is ended here.
  if (!reports_->queue.empty() && reports_->direction.waits()) channel_->cancel_wait(Event::error);
  if (counters_.discarded_reports == discarded) return;
  try {
    log(executor_, LogLevel::warning, LogTopic::reports, [] {
      return std::string(
          "error reports are dropped: more of them wait for recv_error() than are kept");
    });
  } catch (const std::bad_alloc&) {  // the dropped reports are counted all the same
  }
}

void Core::defer(const std::error_code& ec) noexcept {
  if (deferred_) return;
  deferred_ = ec;
  count_error(ec);
  if (read_.waits()) channel_->cancel_wait(Event::read);
}

// The kernel keeps a pending error over connect(2), even to another peer.
void Core::forget_peer() noexcept {
  if (reports_) collect_reports(true);
  if (const std::error_code pending = channel_->take_error()) {
    if (is_peer_error(pending))
      count_error(pending);
    else
      defer(pending);
  }
  if (is_peer_error(deferred_)) deferred_.clear();  // counted when it came
}

bool Core::take_report(ErrorReport& report, std::error_code& ec) {
  ec.clear();
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  if (!reports_) {
    ec = Errc::errors_not_received;
    return true;
  }
  if (reports_->queue.empty()) collect_reports(false);
  if (reports_->queue.empty() && reports_->woken) {
    // The report of this error did not fit into the kernel's queue. While it is pending, it ends
    // every wait for reports at once.
    const std::error_code pending = channel_->take_error();
    if (pending && connected_) defer(pending);
    if (pending && !connected_) count_error(pending);
  }
  reports_->woken = false;
  if (reports_->queue.empty()) return false;
  report = reports_->queue.pop();
  return true;
}

// On an unconnected socket, an error of a peer becomes a report only, and the receive is made
// again.
std::error_code Core::receive_after(std::error_code ec,
                                    std::span<ReceiveSlot> slots,
                                    std::size_t& count) noexcept {
  for (unsigned attempt = 1;; ++attempt) {
    const bool by_peer = is_peer_error(ec);
    if (by_peer) update_reports();
    if (reports_) collect_reports(by_peer);
    if (is_would_block(ec)) return count == 0 && deferred_ ? std::exchange(deferred_, {}) : ec;
    if (!reports_ || connected_ || !by_peer) break;
    ec = asio::error::would_block;
    if (count != 0 || attempt == max_attempts) return ec;
    ec = channel_->receive_batch(slots, count);
    if (!ec) return ec;
  }
  count_error(ec);
  return ec;
}

// True when the send has to be made again. The kernel fails a send with the pending error of an
// earlier one, whatever the destination, and does not send (ip(7), IP_RECVERR; on a connected
// socket even without that option). Made again, the send either goes out or fails with an error of
// its own.
bool Core::may_be_anothers(const std::error_code& ec,
                           const SendItem& item,
                           unsigned attempt) noexcept {
  if (!item.to || !is_peer_error(ec) || attempt + 1 == max_attempts) return false;
  update_reports();
  if (!reports_ && !connected_) return false;
  std::error_code unknown;
  if (connected_ && channel_->remote_endpoint(unknown) == *item.to) return false;
  if (!reports_) return attempt == 0;
  const std::uint64_t before = counters_.error_reports;
  collect_reports(false);
  // No report has come: it did not fit into the kernel's queue.
  if (counters_.error_reports == before) return attempt == 0;
  // A send that this host itself could not make leaves a report too. Then the error is its own, not
  // a pending one.
  if (!is_about(reports_->queue.newest(), *item.to)) return true;
  // A batch call hides the error of its second and later datagrams, so the send was made again. It
  // was refused twice, and has left two reports.
  ErrorReport own = reports_->queue.newest();
  own.destination =
      *item.to;  // the kernel does not always know the port (IPv4) or the scope (IPv6)
  while (counters_.error_reports != before && !reports_->queue.empty() &&
         is_about(reports_->queue.newest(), *item.to)) {
    reports_->queue.drop_newest();
    --counters_.error_reports;
  }
  add_report(own, false);
  return false;
}

}  // namespace detail
DGRAM_END_NAMESPACE
