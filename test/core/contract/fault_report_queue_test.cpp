// The reports of a socket: in order, bounded, counted, and there for whoever asks.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <string>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/options.hpp>
#include <support/outcome.hpp>
#include <support/run.hpp>

namespace contract_fault_report_queue_test {

using dgram::ErrorReport;
using test::Faulty;
using test::os;

namespace {

/// Reports that are told apart by their MTU.
void script_reports(dgram::FaultScript& script, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    ErrorReport report;
    report.error = os(EMSGSIZE);
    report.mtu = i;
    script.reports.push_back(report);
  }
}

}  // namespace

TEST_CASE("reports are taken in the order in which they came", "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  script_reports(*f.script, 20);
  std::error_code ec;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const std::optional<ErrorReport> report = f.socket.try_recv_error(ec);
    REQUIRE(report);
    CHECK(!ec);
    CHECK(report->mtu == i);
  }
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == asio::error::would_block);
  CHECK(f.socket.stats().error_reports == 20);
  CHECK(f.socket.stats().discarded_reports == 0);
}

TEST_CASE("of more than 64 reports the newest are kept, the others counted, and said once",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  std::vector<std::string> said;
  dgram::set_log_handler(f.io, [&](dgram::LogLevel level, std::string_view text) {
    CHECK(level == dgram::LogLevel::warning);
    said.emplace_back(text);
  });
  script_reports(*f.script, 70);
  std::error_code ec;
  std::optional<ErrorReport> report = f.socket.try_recv_error(ec);
  REQUIRE(report);
  CHECK(report->mtu == 6);
  CHECK(f.socket.stats().error_reports == 70);
  CHECK(f.socket.stats().discarded_reports == 6);
  script_reports(*f.script, 70);
  f.script->receive = {{os(ECONNREFUSED)}};  // whoever finds an error takes the reports out
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(f.socket.stats().discarded_reports == 6 + 69);
  CHECK(said == std::vector<std::string>{
                    "error reports are dropped: more of them wait for recv_error() than are kept"});
}

TEST_CASE("reports that nobody took are counted when the socket closes",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  script_reports(*f.script, 10);
  std::error_code ec;
  REQUIRE(f.socket.try_recv_error(ec));
  f.socket.close();
  CHECK(f.socket.stats().error_reports == 10);
  CHECK(f.socket.stats().discarded_reports == 9);
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == asio::error::bad_descriptor);
}

TEST_CASE("a waiting recv_error has the next report to itself", "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  test::Outcome<ErrorReport> waits;
  f.socket.async_recv_error(waits.handler());
  f.io.poll();
  script_reports(*f.script, 1);
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == asio::error::would_block);
  f.script->receive = {{os(ECONNREFUSED)}};
  CHECK_FALSE(f.socket.try_recv(ec));
  test::run(f.io);
  CHECK(waits.calls == 1);
  CHECK(!waits.ec);
}

TEST_CASE("a scripted report is there for recv_error", "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  script_reports(*f.script, 1);
  test::Outcome<ErrorReport> outcome;
  f.socket.async_recv_error(outcome.handler());
  for (int i = 0; i < 20 && outcome.calls == 0; ++i) f.io.poll();
  CHECK(outcome.calls == 1);
  CHECK(!outcome.ec);
  f.socket.close();
  test::run(f.io);
}

TEST_CASE("a scripted error of a read wait is not taken by an error wait",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.script->wait = {{os(EIO)}};
  test::Outcome<ErrorReport> reports;
  f.socket.async_recv_error(reports.handler());
  f.io.poll();
  CHECK(reports.calls == 0);
  test::Outcome<dgram::Datagram> recv;
  f.socket.async_recv(recv.handler());
  f.io.poll();
  CHECK(recv.ec == os(EIO));
  f.socket.close();
  test::run(f.io);
}

}  // namespace contract_fault_report_queue_test
