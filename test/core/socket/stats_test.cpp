// stats(): what each field counts.
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_stats_test {

namespace {

/// Seven datagrams, 18 bytes, in every way there is.
asio::awaitable<void> send_seven(dgram::Socket& sender, dgram::Endpoint to) {
  co_await sender.send("12345", to);
  co_await sender.send_segments("123456", 2, to);
  std::array<dgram::Outgoing, 2> batch{dgram::Outgoing(asio::buffer("1", 1), to),
                                       dgram::Outgoing(asio::buffer("23", 2), to)};
  co_await sender.send_many(batch);
  std::error_code ec;
  sender.try_send("1234", to, ec);
}

asio::awaitable<void> receive_seven(dgram::Socket& receiver) {
  const dgram::Datagram d = co_await receiver.recv();
  std::array<std::byte, 10> into;
  const dgram::Received r = co_await receiver.recv_into(into);
  CHECK(r.size == 2);
  std::array<dgram::Datagram, 10> many;
  std::size_t got = 2;
  while (got < 7) got += co_await receiver.recv_many(many);
}

}  // namespace

TEST_CASE("a new socket has counted nothing", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket(io);
  for (int open = 0; open < 2; ++open) {
    const dgram::Stats s = socket.stats();
    CHECK(s.datagrams_received + s.bytes_received + s.truncated + s.control_truncated + s.spilled ==
          0);
    CHECK(s.datagrams_sent + s.bytes_sent + s.send_calls.calls() + s.send_errors +
              s.send_queue_full ==
          0);
    CHECK(s.discarded_at_close + s.kernel_drops + s.held == 0);
    CHECK(s.receive_calls.calls() == 0);
    socket.bind(test::any_port());
    if (open) break;
    socket.close();
    socket = dgram::Socket(io);
  }
}

TEST_CASE("datagrams and bytes are counted both ways", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::run(io, send_seven(sender, receiver.local_endpoint()));
  test::run(io, receive_seven(receiver));
  const dgram::Stats out = sender.stats();
  CHECK(out.datagrams_sent == 7);
  CHECK(out.bytes_sent == 18);
  CHECK(out.send_calls.calls() >= 4);
  CHECK(out.send_calls.calls() <= 7);
  CHECK(out.send_errors == 0);
  const dgram::Stats in = receiver.stats();
  CHECK(in.datagrams_received == 7);
  CHECK(in.bytes_received == 18);
  CHECK(in.receive_calls.calls() >= 1);
  CHECK(in.held == 0);
}

TEST_CASE("send_many uses few system calls", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  std::vector<dgram::Outgoing> batch(
      256, dgram::Outgoing(asio::buffer("x", 1), receiver.local_endpoint()));
  test::Outcome<std::size_t> outcome;
  sender.async_send_many(batch, outcome.handler());
  test::run(io);
  CHECK(outcome.value == 256);
  CHECK(sender.stats().datagrams_sent == 256);
  CHECK(sender.stats().send_calls.calls() <= 256);
}

TEST_CASE("a burst is received with few system calls", "[socket][stats]") {
  if (!test::is_linux_channel()) return;  // a call takes one datagram there
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::put_numbers(sender, receiver, 0, 128);
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 128; ++i) {
      const dgram::Datagram d = co_await receiver.recv();
      REQUIRE(test::number(d) == i);
    }
  };
  test::run(io, body());
  CHECK(receiver.stats().receive_calls.calls() <= 64);  // two per call, at the very least
}

TEST_CASE("datagrams beyond their slot are counted as spilled, until the slots have adapted",
          "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const std::string large(8000, 'x');
  std::error_code ec;
  for (int i = 0; i < 100; ++i) {
    test::put(sender, receiver, large);
    const auto d = receiver.try_recv(ec);
    REQUIRE(d);
    REQUIRE(d->size() == large.size());
  }
  CHECK(receiver.stats().spilled >= 1);
  CHECK(receiver.stats().spilled <= 10);
}

TEST_CASE("a datagram that the kernel refused is counted", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK_FALSE(sender.try_send("x", dgram::make_endpoint("127.255.255.255", 9), ec));
  CHECK(ec == asio::error::access_denied);
  const dgram::Stats s = sender.stats();
  CHECK(s.send_errors == 1);
  CHECK(s.datagrams_sent == 0);
  CHECK(s.send_calls.calls() == 1);
}

TEST_CASE("stats move along with their socket, and still answer after close", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::put(sender, receiver, "x");
  dgram::Socket moved(std::move(sender));
  CHECK(moved.stats().datagrams_sent == 1);
  moved.close();
  CHECK(moved.stats().datagrams_sent == 1);
  CHECK(sender.stats().datagrams_sent == 0);
}

}  // namespace socket_stats_test
