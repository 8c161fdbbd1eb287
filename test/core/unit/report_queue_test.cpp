// The queue of error reports that nobody has taken yet: in order, bounded, the newest are kept.
#include <core/socket/error_reports.hpp>
#include <support/catch2.hpp>

namespace unit_report_queue_test {

using dgram::detail::ReportQueue;

namespace {

/// A report that can be told from the others.
dgram::ErrorReport numbered(std::uint32_t number) {
  dgram::ErrorReport report;
  report.mtu = number;
  return report;
}

}  // namespace

TEST_CASE("a new report queue is empty", "[unit][reports]") {
  const ReportQueue queue;
  CHECK(queue.empty());
  CHECK(queue.size() == 0);
}

TEST_CASE("reports come out in the order in which they came", "[unit][reports]") {
  ReportQueue queue;
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(queue.push(numbered(i)));
  CHECK(queue.size() == 5);
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(queue.pop().mtu == i);
  CHECK(queue.empty());
}

TEST_CASE("a report queue holds 64, and drops the oldest for a newer one", "[unit][reports]") {
  ReportQueue queue;
  CHECK(ReportQueue::capacity == 64);
  for (std::uint32_t i = 0; i < 64; ++i) REQUIRE(queue.push(numbered(i)));
  CHECK(queue.size() == 64);
  CHECK_FALSE(queue.push(numbered(64)));
  CHECK_FALSE(queue.push(numbered(65)));
  CHECK(queue.size() == 64);
  for (std::uint32_t i = 2; i < 66; ++i) REQUIRE(queue.pop().mtu == i);
  CHECK(queue.empty());
  CHECK(queue.push(numbered(1)));  // room again
}

TEST_CASE("the newest report is the one that came last, wherever the ring stands",
          "[unit][reports]") {
  ReportQueue queue;
  for (std::uint32_t i = 0; i < 300; ++i) {
    queue.push(numbered(i));
    REQUIRE(queue.newest().mtu == i);
    if (i % 3 == 0) queue.pop();
  }
  CHECK(queue.newest().mtu == 299);
}

TEST_CASE("a report passes through the queue whole", "[unit][reports]") {
  dgram::ErrorReport report;
  report.error = std::make_error_code(std::errc::message_size);
  report.destination = dgram::make_endpoint("192.0.2.7", 9);
  report.offender = asio::ip::make_address("192.0.2.1");
  report.origin = dgram::ErrorReport::Origin::icmp;
  report.type = 3;
  report.code = 4;
  report.mtu = 1280;
  ReportQueue queue;
  queue.push(report);
  const dgram::ErrorReport out = queue.pop();
  CHECK(out.error == report.error);
  CHECK(out.destination == report.destination);
  CHECK(out.offender == report.offender);
  CHECK(out.origin == report.origin);
  CHECK(out.type == 3);
  CHECK(out.code == 4);
  CHECK(out.mtu == 1280);
}

}  // namespace unit_report_queue_test
