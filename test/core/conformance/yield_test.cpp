// A coroutine whose work is always ready goes on without suspending, but not for ever: after 64
// operations others get their turn.
#include <array>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/run.hpp"

namespace conformance_yield_test {

namespace {

constexpr int total = 1024;

/// A handler that posts itself again, and counts its turns, for as long as a flood goes on.
class Ticker {
 public:
  explicit Ticker(asio::io_context& io) : io_(io) {}
  void start() {
    asio::post(io_, [this] {
      if (!running) return;
      ++turns;
      start();
    });
  }
  bool running = true;
  int turns = 0;

 private:
  asio::io_context& io_;
};

}  // namespace

TEST_CASE("a flood of ready receives does not starve a posted handler", "[conformance][yield]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 2 << 20;  // room for all of them
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, total);
  Ticker ticker(io);
  int got = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    for (; got < total; ++got) {
      const dgram::Datagram d = co_await receiver.recv();
      REQUIRE(test::number(d) == got);
    }
    ticker.running = false;
  };
  ticker.start();
  test::run(io, body());
  CHECK(ticker.turns >= total / 64 - 1);
  // And most of them cost no turn: this is what makes a batch worth it.
  CHECK(ticker.turns <= total / 4);
}

TEST_CASE("a flood of sends does not starve a posted handler", "[conformance][yield]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket sink = test::bound(io);
  const dgram::Endpoint to = sink.local_endpoint();
  Ticker ticker(io);
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) co_await sender.send("x", to);
    ticker.running = false;
  };
  ticker.start();
  test::run(io, body());
  CHECK(ticker.turns >= total / 64 - 1);
  CHECK(ticker.turns <= total / 4);
}

TEST_CASE("a flood of polls that find nothing does not starve a posted handler",
          "[conformance][yield]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  Ticker ticker(io);
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      const auto nothing = co_await receiver.recv_for(std::chrono::seconds(0));
      REQUIRE_FALSE(nothing);
    }
    ticker.running = false;
  };
  ticker.start();
  test::run(io, body());
  CHECK(ticker.turns >= total / 64 - 1);
}

TEST_CASE("an echo of ready datagrams does not starve a posted handler", "[conformance][yield]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 2 << 20;
  dgram::Socket echo = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, echo, 0, total);
  Ticker ticker(io);
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      const dgram::Datagram d = co_await echo.recv();
      co_await echo.send(d, d.remote());
    }
    ticker.running = false;
  };
  ticker.start();
  test::run(io, body());
  CHECK(ticker.turns >= 2 * total / 64 - 2);
}

TEST_CASE("callbacks that start the next receive do not starve a posted handler",
          "[conformance][yield]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 2 << 20;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, total);
  Ticker ticker(io);
  int got = 0;
  std::function<void()> next = [&] {
    receiver.async_recv([&](std::error_code ec, dgram::Datagram) {
      if (!ec && ++got < total) return next();
      ticker.running = false;
    });
  };
  next();
  ticker.start();
  test::run(io);
  CHECK(got == total);
  CHECK(ticker.turns >= total / 64 - 1);
}

TEST_CASE("sends that leave together do not starve a posted handler", "[conformance][yield]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket sink = test::bound(io);
  const dgram::Endpoint to = sink.local_endpoint();
  Ticker ticker(io);
  int sent = 0;
  const auto done = [&](std::error_code ec, std::size_t) {
    CHECK_FALSE(ec);
    if (++sent == total) ticker.running = false;
  };
  // One in two pieces leaves alone, so that the rest of the budget is no multiple of a batch.
  const std::array<asio::const_buffer, 2> pieces = {asio::buffer("x", 1), asio::buffer("y", 1)};
  sender.async_send(pieces, to, done);
  for (int i = 1; i < total; ++i) sender.async_send("x", to, done);
  ticker.start();
  test::run(io);
  CHECK(sent == total);
  CHECK(ticker.turns >= total / 64 - 1);
}

TEST_CASE("a long batch and a long payload in segments do not starve a posted handler",
          "[conformance][yield]") {
  constexpr std::size_t datagrams = 4 * 16 * 32;  // a turn makes 16 calls of 32 datagrams
  const bool in_segments = GENERATE(false, true);
  asio::io_context io;
  dgram::SocketOptions one_by_one;
  one_by_one.segmentation = dgram::Segmentation::off;
  dgram::Socket sender = test::bound(io, one_by_one);
  dgram::Socket sink = test::bound(io);
  const dgram::Endpoint to = sink.local_endpoint();
  const std::string payload(datagrams, 'x');
  std::vector<dgram::Outgoing> batch(datagrams, dgram::Outgoing(asio::buffer("x", 1), to));
  Ticker ticker(io);
  std::size_t sent = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    if (in_segments)
      sent = co_await sender.send_segments(payload, 1, to);
    else
      sent = co_await sender.send_many(batch);
    ticker.running = false;
  };
  ticker.start();
  test::run(io, body());
  CHECK(sent == datagrams);
  CHECK(ticker.turns >= 3);
}

TEST_CASE("a recv that is ready goes on without suspending", "[conformance][yield]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, 20);
  bool other_ran = false;
  int at_once = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await receiver.wait_readable();
    for (int i = 0; i < 20; ++i) {
      other_ran = false;
      asio::post(io, [&] { other_ran = true; });
      const dgram::Datagram d = co_await receiver.recv();
      at_once += !other_ran;
    }
  };
  test::run(io, body());
  CHECK(at_once >= 19);  // one may be the 64th
}

}  // namespace conformance_yield_test
