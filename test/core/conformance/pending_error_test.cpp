// What an earlier datagram left pending on a socket, in its error queue or beside it: it is told
// where it belongs, fails nothing else, and nothing spins on it.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run_until.hpp"

namespace conformance_pending_error_test {

namespace {

struct RefusedSocket {
  explicit RefusedSocket(const dgram::SocketOptions& options)
      : socket(test::bound(io, options)),
        peer(test::bound_in(io, options.family)),
        dead(test::dead_port(io, options.family)) {}

  /// Sends into the void; the refusal is there when this returns.
  void refuse(std::size_t size = 1) {
    std::error_code ec;
    CHECK(socket.try_send(std::string(size, 'x'), dead, ec));
    CHECK_FALSE(ec);
    REQUIRE(test::await_error(socket));
  }
  /// Turns of the context until it has nothing more to do. One that spins has no end.
  int turns() {
    int n = 0;
    io.restart();
    while (n < 1000 && io.poll_one() != 0) ++n;
    return n;
  }
  std::optional<dgram::ErrorReport> report() {
    std::error_code ec;
    return socket.try_recv_error(ec);
  }

  asio::io_context io;
  dgram::Socket socket;
  dgram::Socket peer;
  dgram::Endpoint dead;
};

constexpr int few = 20;

}  // namespace

TEST_CASE("a mere report wakes no wait_readable and no recv", "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool reporting = GENERATE(false, true);  // a recv_error waits as well
  RefusedSocket f(test::with_reports());
  test::Outcome<void> readable;
  test::Outcome<dgram::Datagram> received;
  test::Outcome<dgram::ErrorReport> report;
  f.socket.async_wait_readable(readable.handler());
  f.socket.async_recv(received.handler());
  if (reporting) f.socket.async_recv_error(report.handler());
  f.io.poll();
  f.refuse();
  CHECK(f.turns() <= few);
  CHECK(readable.calls + received.calls == 0);
  CHECK(report.calls == (reporting ? 1 : 0));
  CHECK(f.socket.stats().error_reports == 1);
  test::put(f.peer, f.socket, "a datagram");
  test::run_until(f.io, [&] { return received.calls != 0; });
  CHECK(readable.calls == 1);
  CHECK_FALSE(readable.ec);
  CHECK(received.value.text() == "a datagram");
}

TEST_CASE(
    "a connected socket that asks for reports gives a refusal to one receive, and as a report",
    "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool waiting = GENERATE(true, false);
  INFO((waiting ? "a recv_error waits" : "the report is taken later"));
  RefusedSocket f(test::with_reports());
  f.socket.connect(f.dead);
  test::Outcome<dgram::Datagram> first, second;
  test::Outcome<dgram::ErrorReport> report;
  f.socket.async_recv(first.handler());
  f.socket.async_recv(second.handler());
  if (waiting) f.socket.async_recv_error(report.handler());
  f.io.poll();
  f.refuse();
  test::run_until(f.io, [&] { return f.socket.stats().error_reports != 0; });
  CHECK(f.turns() <= few);
  CHECK(first.calls == 1);
  CHECK(first.ec == asio::error::connection_refused);
  CHECK(second.calls == 0);
  if (!waiting) f.socket.async_recv_error(report.handler());
  test::run_until(f.io, [&] { return report.calls != 0; });
  CHECK(report.value.error == asio::error::connection_refused);
  CHECK(report.value.destination == f.dead);
  CHECK_FALSE(f.report());
}

TEST_CASE(
    "the refusal of the connected peer is told to a receive also when its report was taken before",
    "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  RefusedSocket f(test::with_reports());
  f.socket.connect(f.dead);
  f.refuse();
  REQUIRE(f.report());
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::connection_refused);
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
}

TEST_CASE("a connected socket that asks for reports gives a refusal to one send, and as a report",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  RefusedSocket f(test::with_reports());
  f.socket.connect(f.dead);
  f.refuse();
  std::error_code ec;
  CHECK_FALSE(f.socket.try_send("again", ec));
  CHECK(ec == asio::error::connection_refused);
  CHECK(f.report());
  CHECK_FALSE(f.report());
}

TEST_CASE(
    "the refusal of the connected peer fails no send to another, and goes to the next receive",
    "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool asked = GENERATE(false, true);    // for reports
  const bool waiting = GENERATE(false, true);  // a recv, all the time
  INFO((asked ? "reports" : "no reports") << (waiting ? ", recv waits" : ""));
  RefusedSocket f(asked ? test::with_reports() : dgram::SocketOptions());
  f.socket.connect(f.dead);
  test::Outcome<dgram::Datagram> outcome;
  if (waiting) f.socket.async_recv(outcome.handler());
  f.io.poll();
  f.refuse();
  std::error_code ec;
  CHECK(f.socket.try_send("to another", f.peer.local_endpoint(), ec));
  CHECK_FALSE(ec);
  const std::optional<dgram::Datagram> arrived = f.peer.try_recv(ec);
  REQUIRE(arrived);
  CHECK(arrived->text() == "to another");
  if (!waiting) f.socket.async_recv(outcome.handler());
  CHECK(f.turns() <= few);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::connection_refused);
  if (asked) CHECK(f.report());
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
}

TEST_CASE("an error of the socket with an empty error queue spins nowhere",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  enum class Who { recv, wait_readable, recv_error, all };
  const Who who = GENERATE(Who::recv, Who::wait_readable, Who::recv_error, Who::all);
  const bool before = GENERATE(true, false);  // the operations are started before the error comes
  INFO("who " << static_cast<int>(who) << (before ? ", before" : ", after"));
  // ICMPv6 quotes 1232 bytes. That is more than the smallest SO_RCVBUF has room for, which bounds
  // the error queue, too: what is left is the error of the socket.
  dgram::SocketOptions tiny = test::with_reports(dgram::Family::ipv6);
  tiny.recv_buffer_size = 1;
  RefusedSocket f(tiny);
  test::Outcome<dgram::Datagram> received;
  test::Outcome<void> readable;
  test::Outcome<dgram::ErrorReport> report;
  const auto start = [&] {
    if (who == Who::wait_readable || who == Who::all)
      f.socket.async_wait_readable(readable.handler());
    if (who == Who::recv || who == Who::all) f.socket.async_recv(received.handler());
    if (who == Who::recv_error || who == Who::all) f.socket.async_recv_error(report.handler());
  };
  if (before) start();
  if (before) f.io.poll();
  f.refuse(1400);
  if (!before) start();
  CHECK(f.turns() <= few);
  CHECK(received.calls + readable.calls + report.calls == 0);
  CHECK(f.socket.stats().receive_calls.calls() <= few);
  REQUIRE(f.socket.stats().error_reports == 0);

  f.refuse(1400);
  std::error_code ec;
  CHECK(f.socket.try_send("x", f.peer.local_endpoint(), ec));
  CHECK_FALSE(ec);
  CHECK(f.turns() <= few);
}

TEST_CASE("an error of a connected socket that nobody asked for reports spins nowhere",
          "[conformance][reports]") {
  const bool before = GENERATE(true, false);
  RefusedSocket f{dgram::SocketOptions()};
  f.socket.connect(f.dead);
  test::Outcome<void> readable;
  const auto start = [&] { f.socket.async_wait_readable(readable.handler()); };
  if (before) start();
  if (before) f.io.poll();
  f.refuse();
  if (!before) start();
  CHECK(f.turns() <= few);
  CHECK(readable.calls == 1);
  CHECK_FALSE(readable.ec);
  // Nobody takes the error: whoever asks again is told again, once for each time.
  start();
  CHECK(f.turns() <= few);
  CHECK(readable.calls == 2);
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::connection_refused);
}

}  // namespace conformance_pending_error_test
