// Error reports come to recv_error(), once and in order; ending it in whatever way takes none.
#include <netinet/in.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_error_reports_test {

namespace {

using Outcome = test::Outcome<dgram::ErrorReport>;

/// A socket that asks for reports, and ports where nobody listens.
struct ReportingSocket {
  explicit ReportingSocket(const dgram::SocketOptions& options = test::with_reports())
      : socket(test::bound(io, options)), peer(test::bound(io)) {
    std::vector<dgram::Socket> gone;  // all at once: no port comes twice
    for (dgram::Endpoint& to : dead) to = gone.emplace_back(test::bound(io)).local_endpoint();
  }
  /// A report is in the kernel's queue of the socket when this returns.
  void refuse(int n = 0) {
    std::error_code ec;
    CHECK(socket.try_send("to nobody", dead[static_cast<std::size_t>(n)], ec));
    REQUIRE(test::await_error(socket));
  }
  /// The report on the n-th dead port is here, and no other.
  void check_left(int n) {
    std::error_code ec;
    const std::optional<dgram::ErrorReport> report = socket.try_recv_error(ec);
    REQUIRE(report);
    CHECK(report->destination == dead[static_cast<std::size_t>(n)]);
    CHECK_FALSE(socket.try_recv_error(ec));
    CHECK(ec == asio::error::would_block);
  }
  asio::io_context io;
  std::array<dgram::Endpoint, 3> dead;
  dgram::Socket socket;
  dgram::Socket peer;
};

}  // namespace

TEST_CASE("recv_error on a socket that did not ask says so", "[conformance][reports]") {
  ReportingSocket f{dgram::SocketOptions()};
  Outcome outcome;
  f.socket.async_recv_error(outcome.handler());
  CHECK(outcome.calls == 0);
  test::run(f.io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == dgram::Errc::errors_not_received);
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == dgram::Errc::errors_not_received);
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code code;
    co_await f.socket.recv_error(code);
    CHECK(code == dgram::Errc::errors_not_received);
    co_await f.socket.recv_error();
  };
  CHECK_THROWS_AS(test::run(f.io, body()), dgram::Error);
}

TEST_CASE("recv_error on a socket that is not open, closed or moved away is bad_descriptor",
          "[conformance][reports]") {
  asio::io_context io;
  dgram::Socket fresh(io, test::with_reports()), closed = test::bound(io), moved = test::bound(io);
  closed.close();
  const dgram::Socket into = std::move(moved);
  for (dgram::Socket* socket : {&fresh, &closed, &moved}) {
    Outcome outcome;
    socket->async_recv_error(outcome.handler());
    test::run(io);
    CHECK(outcome.calls == 1);
    CHECK(outcome.ec == asio::error::bad_descriptor);
    std::error_code ec;
    CHECK_FALSE(socket->try_recv_error(ec));
    CHECK(ec == asio::error::bad_descriptor);
  }
}

TEST_CASE("a recv_error ends by each way of cancelling it, and has taken no report",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const int way = GENERATE(0, 1, 2, 3, 4);  // cancel(), and the signals
  const bool here = GENERATE(false, true);  // the report, before the cancelling
  INFO("way " << way << (here ? ", report" : ""));
  constexpr asio::cancellation_type types[] = {asio::cancellation_type::none,
                                               asio::cancellation_type::terminal,
                                               asio::cancellation_type::partial,
                                               asio::cancellation_type::total,
                                               asio::cancellation_type::all};
  ReportingSocket f;
  asio::cancellation_signal signal;
  Outcome outcome;
  if (here) f.refuse();
  f.socket.async_recv_error(asio::bind_cancellation_slot(signal.slot(), outcome.handler()));
  if (!here) f.io.poll();
  if (way == 0)
    f.socket.cancel();
  else
    signal.emit(types[way]);
  CHECK(outcome.calls == 0);
  if (!here) f.refuse();
  test::run(f.io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::operation_aborted);
  f.check_left(0);
}

TEST_CASE("a cancelled recv_error hands its turn to the one behind it", "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  ReportingSocket f;
  asio::cancellation_signal signal;
  Outcome first, second;
  f.socket.async_recv_error(asio::bind_cancellation_slot(signal.slot(), first.handler()));
  f.socket.async_recv_error(second.handler());
  f.io.poll();
  signal.emit(asio::cancellation_type::total);
  f.refuse();
  test::run(f.io);
  CHECK(first.ec == asio::error::operation_aborted);
  CHECK_FALSE(second.ec);
  CHECK(second.value.destination == f.dead[0]);
}

TEST_CASE("recv_errors are served in order, and try_recv_error does not overtake them",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool here = GENERATE(false, true);
  ReportingSocket f;
  std::array<Outcome, 2> outcomes;
  const auto start = [&] {
    for (Outcome& outcome : outcomes) f.socket.async_recv_error(outcome.handler());
  };
  if (!here) start();
  if (!here) f.io.poll();
  f.refuse(0);
  f.refuse(1);
  if (here) start();
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == asio::error::would_block);
  test::run(f.io);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(outcomes[i].calls == 1);
    CHECK_FALSE(outcomes[i].ec);
    CHECK(outcomes[i].value.destination == f.dead[i]);
  }
}

TEST_CASE("close and destruction end a pending recv_error with operation_aborted",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool destroyed = GENERATE(false, true);
  const bool here = GENERATE(false, true);
  ReportingSocket f;
  Outcome outcome;
  std::optional<dgram::Socket> socket(std::move(f.socket));
  std::error_code ec;
  socket->async_recv_error(outcome.handler());  // moved, it answers as before
  if (here) socket->try_send("x", f.dead[0], ec);
  if (destroyed)
    socket.reset();
  else
    socket->close();
  CHECK(outcome.calls == 0);
  test::run(f.io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::operation_aborted);
}

TEST_CASE("a context that goes away destroys a pending recv_error uncalled",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool socket_first = GENERATE(false, true);
  const bool here = GENERATE(false, true);
  const auto owned = std::make_shared<int>();
  int calls = 0;
  auto io = std::make_unique<asio::io_context>();
  // Its own handler keeps it, as the frame of a coroutine would: it dies with the context.
  auto socket = std::make_shared<dgram::Socket>(test::bound(*io, test::with_reports()));
  dgram::Socket& handle = *socket;
  handle.async_recv_error([owned, kept = socket_first ? nullptr : socket, &calls](
                              std::error_code, dgram::ErrorReport) { ++calls; });
  io->poll();
  std::error_code ec;
  if (here) handle.try_send("x", dgram::make_endpoint("127.0.0.1", 1), ec);
  socket.reset();
  io.reset();
  CHECK(owned.use_count() == 1);
  CHECK(calls == 0);
}

TEST_CASE("an IPv6 socket that has reports for its IPv4 peers alone gives them",
          "[conformance][reports]") {
  if (!test::is_linux_channel()) return;
  const bool adopts = GENERATE(false, true);
  asio::io_context io;
  dgram::SocketOptions dual;
  dual.family = dgram::Family::ipv6;
  dgram::Socket first(io, dual);
  first.bind(dgram::Endpoint(asio::ip::udp::v6(), 0));
  dgram::Socket socket(io, dual);
  const asio::detail::socket_option::boolean<IPPROTO_IP, IP_RECVERR> on(true);
  if (adopts) {
    first.set_option(on);
    socket.adopt(first.release());
  } else {
    socket = std::move(first);
    socket.set_option(on);
  }
  const auto mapped = [](const dgram::Endpoint& to) {
    return dgram::Endpoint(asio::ip::make_address_v6(asio::ip::v4_mapped, to.address().to_v4()),
                           to.port());
  };
  dgram::Socket good = test::bound(io);
  const dgram::Endpoint dead = mapped(test::dead_port(io));
  std::error_code ec;
  CHECK(socket.try_send("to nobody", dead, ec));
  REQUIRE(test::await_error(socket));
  CHECK(socket.try_send("to somebody", mapped(good.local_endpoint()), ec));
  CHECK_FALSE(ec);
  const std::optional<dgram::ErrorReport> report = socket.try_recv_error(ec);
  REQUIRE(report);
  CHECK(report->error == asio::error::connection_refused);
  CHECK(report->destination == dead);
}

}  // namespace conformance_error_reports_test
