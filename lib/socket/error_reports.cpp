// Error reports, and pending errors of peers that must not fail what has nothing to do with them.
#include "error_reports.hpp"

#include <array>
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "../engine/send_planner.hpp"
#include "log_service.hpp"
#include "peer_error.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

std::string_view origin_text(ErrorReport::Origin origin) noexcept {
  switch (origin) {
    case ErrorReport::Origin::local:
      return "this host";
    case ErrorReport::Origin::icmp:
      return "ICMP";
    case ErrorReport::Origin::icmpv6:
      return "ICMPv6";
    default:
      return "something else";
  }
}

}  // namespace

std::string to_string(const ErrorReport& report) {
  std::string text = report.error.message() + ": " + to_string(report.destination);
  text += ", reported by ";
  if (report.origin == ErrorReport::Origin::local || report.origin == ErrorReport::Origin::other) {
    text += origin_text(report.origin);
  } else {
    text += report.offender.to_string() + " (";
    text += origin_text(report.origin);
    text += " type " + std::to_string(report.type) + ", code " + std::to_string(report.code) + ')';
  }
  if (report.mtu != 0) text += ", path MTU " + std::to_string(report.mtu);
  return text;
}

namespace detail {

namespace {

// Reports and pending errors may keep coming while a call is made again: each round serves one.
constexpr unsigned max_attempts = 8;

}  // namespace

std::error_code Core::update_reports() {
  int on = 0;
  if (channel_->get(Setting::receive_errors, on)) on = 0;
  if (on == 0 || reports_) return {};
  reports_.reset(new (std::nothrow) ErrorReports(*this));
  return reports_ ? std::error_code() : std::error_code(asio::error::no_memory);
}

bool Core::anyone_awaits_reports() const noexcept {
  return reports_ && !reports_->direction.queue.empty();
}

// While a report is unread, the kernel calls the socket ready for everything, for ever. So whoever
// finds an error, or finds nothing, takes the reports out.
void Core::collect_reports() noexcept {
  std::array<ErrorReport, 16> batch;
  std::uint64_t lost = 0;
  std::size_t count = batch.size();
  for (unsigned round = 0; round < max_attempts && count == batch.size(); ++round) {
    count = channel_->receive_reports(batch);
    stats_.error_reports += count;
    for (std::size_t i = 0; i < count; ++i)
      if (!reports_->queue.push(batch[i])) ++lost;
  }
  stats_.discarded_reports += lost;
  // The kernel, asked again, will not say any more that there is something.
  if (!reports_->queue.empty() && reports_->direction.wait.armed)
    channel_->cancel_wait(Event::error);
  if (lost != 0) {
    try {
      log(executor_, LogLevel::warning, LogTopic::reports, [] {
        return std::string("error reports are dropped: nobody takes them with recv_error()");
      });
    } catch (const std::bad_alloc&) {  // they are counted
    }
  }
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
  if (reports_->queue.empty()) collect_reports();
  reports_->woken = false;
  if (reports_->queue.empty()) return false;
  report = reports_->queue.pop();
  return true;
}

// With IP_RECVERR an unconnected socket gets the errors of its peers as its own: here they end as
// reports.
std::error_code Core::receive(std::span<ReceiveSlot> slots, std::size_t& count) noexcept {
  std::error_code ec;
  for (unsigned attempt = 0; attempt < max_attempts; ++attempt) {
    count = 0;
    ec = channel_->receive_batch(slots, count);
    if (!ec) return ec;
    if (reports_) collect_reports();
    if (is_would_block(ec)) return ec;
    const bool peers = reports_ && !connected_ && is_peer_error(ec);
    if (!peers) break;
    ec = asio::error::would_block;
    if (count != 0) return ec;
  }
  if (!is_would_block(ec)) count_error(ec);
  return ec;
}

// The kernel fails the next send with the pending error of an earlier one, to whomever it goes, and
// does not send (ip(7), IP_RECVERR; on a connected socket without that as well). Made once more, it
// either goes out or fails with an error of its own.
bool Core::may_be_anothers(const std::error_code& ec,
                           const SendItem& item,
                           unsigned attempt) noexcept {
  if (!item.to || attempt + 1 == max_attempts) return false;
  if (!reports_) {
    if (!connected_ || attempt != 0 || !is_peer_error(ec)) return false;
    std::error_code unknown;
    return channel_->remote_endpoint(unknown) != *item.to;
  }
  const std::uint64_t before = stats_.error_reports;
  collect_reports();
  if (stats_.error_reports == before) return attempt == 0;  // pending, but the queue was full
  // A datagram that this host itself could not send leaves a report as well: no pending error.
  const ErrorReport& newest = reports_->queue.newest();
  return newest.origin != ErrorReport::Origin::local || newest.destination != *item.to;
}

}  // namespace detail
DGRAM_END_NAMESPACE
