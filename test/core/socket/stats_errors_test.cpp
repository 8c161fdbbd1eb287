// stats(): errors by code. Each operation and each datagram that ended with one is counted once.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <numeric>

#include "support/catch2.hpp"
#include "support/faulty.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_stats_errors_test {

namespace {

using dgram::Errc;
using test::dead_port;
using test::Faulty;
using test::os;

const dgram::Endpoint no_port = dgram::make_endpoint("127.0.0.1", 0);
const dgram::Endpoint broadcast = dgram::make_endpoint("127.255.255.255", 9);
const std::string too_long(65508, 'x');

/// All that was counted by code.
std::uint64_t total(const dgram::Socket& socket) {
  const dgram::ErrorCounts errors = socket.stats().errors;
  return std::accumulate(errors.counts.begin(),
                         errors.counts.end(),
                         errors.other,
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.count; });
}

}  // namespace

TEST_CASE("a socket on which nothing failed has counted no errors", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  CHECK_FALSE(socket.try_recv(ec));  // would_block is none
  CHECK(socket.try_send("x", socket.local_endpoint(), ec));
  CHECK(total(socket) == 0);
}

TEST_CASE("a send that the rules refuse is counted with its code, once", "[socket][stats]") {
  const bool fresh = GENERATE(false, true);
  asio::io_context io;
  dgram::Socket socket(io);
  if (!fresh) socket.bind(test::any_port());
  std::error_code ec;
  CHECK_FALSE(socket.try_send("x", no_port, ec));
  CHECK(socket.stats().errors.of(Errc::bad_port) == 1);
  CHECK_FALSE(socket.try_send(too_long, broadcast, ec));
  CHECK(socket.stats().errors.of(asio::error::message_size) == 1);
  CHECK(socket.stats().send_errors == 2);
  CHECK(total(socket) == 2);
}

TEST_CASE("a send that the kernel refuses is counted with its code, once", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<std::size_t> outcome;
  socket.async_send("x", broadcast, outcome.handler());
  test::run(io);
  CHECK(outcome.ec == asio::error::access_denied);
  CHECK(socket.stats().errors.of(asio::error::access_denied) == 1);
  CHECK(socket.stats().send_errors == 1);
  CHECK(total(socket) == 1);
}

TEST_CASE("each datagram of a batch is counted with its own code, once", "[socket][stats]") {
  const bool fresh = GENERATE(false, true);
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket(io);
  if (!fresh) socket.bind(test::any_port());
  const dgram::Endpoint to = peer.local_endpoint();
  std::vector<dgram::Outgoing> batch = {dgram::Outgoing(asio::buffer("x", 1), no_port),
                                        dgram::Outgoing(asio::buffer(too_long), to),
                                        dgram::Outgoing(asio::buffer("x", 1), to),
                                        dgram::Outgoing(asio::buffer("x", 1), broadcast),
                                        dgram::Outgoing(asio::buffer("x", 1), no_port),
                                        dgram::Outgoing(asio::buffer("x", 1), to),
                                        dgram::Outgoing(asio::buffer("x", 1), broadcast)};
  for (int round = 1; round <= 2; ++round) {  // the same batch again is counted again
    test::Outcome<std::size_t> outcome;
    socket.async_send_many(batch, outcome.handler());
    test::run(io);
    CHECK(outcome.value == 2);
    const dgram::Stats stats = socket.stats();
    const std::uint64_t n = static_cast<std::uint64_t>(round);
    CHECK(stats.errors.of(Errc::bad_port) == 2 * n);
    CHECK(stats.errors.of(asio::error::message_size) == n);
    CHECK(stats.errors.of(asio::error::access_denied) == 2 * n);
    CHECK(stats.send_errors == 5 * n);
    CHECK(stats.datagrams_sent == 2 * n);
    CHECK(total(socket) == 5 * n);
  }
}

TEST_CASE("a batch that had to wait counts a refused datagram once", "[socket][stats]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket = test::bound(io);
  gate->shut = true;
  const dgram::Endpoint to = peer.local_endpoint();
  std::vector<dgram::Outgoing> batch = {dgram::Outgoing(asio::buffer("x", 1), to),
                                        dgram::Outgoing(asio::buffer("x", 1), no_port),
                                        dgram::Outgoing(asio::buffer("x", 1), to)};
  test::Outcome<std::size_t> outcome;
  socket.async_send_many(batch, outcome.handler());
  io.poll();
  CHECK(outcome.calls == 0);
  gate->open();
  test::run(io);
  CHECK(outcome.value == 2);
  CHECK(socket.stats().errors.of(Errc::bad_port) == 1);
  CHECK(socket.stats().send_errors == 1);
}

TEST_CASE("a refused one among sends that wait together is counted once, however often they try",
          "[socket][stats]") {
  const int times = GENERATE(0, 1, 5);
  Faulty f;
  for (int i = 0; i < times; ++i) f.script->send.push_back({asio::error::would_block});
  const dgram::Endpoint to = f.peer.local_endpoint();
  const dgram::Endpoint other_family(asio::ip::address_v6::loopback(), 9);
  test::Outcome<std::size_t> first, second, refused;
  f.socket.async_send("x", to, first.handler());
  f.socket.async_send("x", to, second.handler());
  f.socket.async_send("x", other_family, refused.handler());
  test::run(f.io);
  CHECK(!first.ec);
  CHECK(!second.ec);
  CHECK(refused.ec == asio::error::address_family_not_supported);
  CHECK(f.socket.stats().send_errors == 1);
  CHECK(total(f.socket) == 1);
}

TEST_CASE("try_send_many counts a refused datagram when it comes past it, once",
          "[socket][stats]") {
  Faulty f;
  const dgram::Endpoint to = f.peer.local_endpoint();
  std::vector<dgram::Outgoing> batch = {dgram::Outgoing(asio::buffer("x", 1), to),
                                        dgram::Outgoing(asio::buffer("x", 1), no_port)};
  std::error_code ec;
  for (int i = 0; i < 3; ++i) {
    f.script->send.push_back({asio::error::would_block});
    f.socket.try_send_many(batch, ec);
    CHECK(total(f.socket) == 0);
  }
  f.socket.try_send_many(batch, ec);
  CHECK(batch[1].result == Errc::bad_port);
  CHECK(total(f.socket) == 1);
  CHECK(f.socket.stats().send_errors == 1);
}

TEST_CASE("an error of a receive is counted once, whoever takes it", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.connect(dead_port(io));
  std::error_code ec;
  REQUIRE(socket.try_send("to nobody", ec));
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  test::run(io);
  REQUIRE(outcome.ec == asio::error::connection_refused);
  CHECK_FALSE(socket.try_recv(ec));
  CHECK(socket.stats().errors.of(asio::error::connection_refused) == 1);
  CHECK(total(socket) == 1);
}

TEST_CASE("an error beside datagrams is counted once", "[socket][stats]") {
  Faulty f;
  dgram::FaultScript::Fault beside;
  beside.at_most = 1;
  beside.error = os(EIO);
  f.script->receive = {beside};
  f.put("a");
  f.put("b");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "a");
    co_await test::expect(f.socket, "<EIO>");
    co_await test::expect(f.socket, "b");
  }());
  CHECK(f.socket.stats().errors.of(os(EIO)) == 1);
  CHECK(total(f.socket) == 1);
}

TEST_CASE("an error that wait_readable found is counted once", "[socket][stats]") {
  Faulty f;
  f.script->receive = {{os(EIO)}};
  f.put("a");
  test::Outcome<void> readable;
  f.socket.async_wait_readable(readable.handler());
  test::run(f.io);
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == os(EIO));
  CHECK(total(f.socket) == 1);
}

TEST_CASE("would_block and an interrupted call are no errors", "[socket][stats]") {
  Faulty f;
  f.script->receive = {{os(EAGAIN)}, {os(EINTR)}};
  f.script->send = {{os(EAGAIN)}, {os(EINTR)}};
  f.put("a");
  const dgram::Endpoint to = f.peer.local_endpoint();
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "a");
    const std::error_code ec = co_await test::send_code(f.socket, "b", to);
    CHECK(!ec);
  }());
  CHECK(total(f.socket) == 0);
  CHECK(f.socket.stats().send_errors == 0);
}

TEST_CASE("codes beyond the first twelve are counted together", "[socket][stats]") {
  Faulty f;
  for (int number = 50; number < 65; ++number) f.script->send.push_back({os(number)});
  std::error_code ec;
  for (int number = 50; number < 65; ++number)
    CHECK_FALSE(f.socket.try_send("x", f.peer.local_endpoint(), ec));
  const dgram::ErrorCounts errors = f.socket.stats().errors;
  for (int number = 50; number < 62; ++number) CHECK(errors.of(os(number)) == 1);
  CHECK(errors.other == 3);
  CHECK(f.socket.stats().send_errors == 15);
}

TEST_CASE("errors are still known after close, and move along", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  socket.try_send("x", no_port, ec);
  dgram::Socket moved(std::move(socket));
  moved.close();
  CHECK(moved.stats().errors.of(Errc::bad_port) == 1);
  CHECK(total(socket) == 0);
}

TEST_CASE("an error of the peer that a send to somebody else found is counted once",
          "[socket][stats]") {
  asio::io_context io;
  dgram::Socket other = test::bound(io);
  dgram::Socket socket = test::bound(io);
  socket.connect(dead_port(io));
  std::error_code ec;
  REQUIRE(socket.try_send("to nobody", ec));
  REQUIRE(socket.try_send("to somebody", other.local_endpoint(), ec));
  CHECK_FALSE(socket.try_recv(ec));
  REQUIRE(ec == asio::error::connection_refused);
  CHECK(socket.stats().errors.of(asio::error::connection_refused) == 1);
}

}  // namespace socket_stats_errors_test
