// Steady state: after a warm-up, receiving and sending ask the heap for nothing, whatever the size
// of the datagrams.
#include <array>
#include <asio/awaitable.hpp>
#include <asio/detached.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <functional>
#include <support/catch2.hpp>
#include <support/loopback.hpp>
#include <support/run.hpp>

#include "counting.hpp"
#include "meter.hpp"

namespace alloc_steady_test {

using test::measured;
using test::Meter;
using test::warm_up;

namespace {

/// Two sockets, and datagrams of one size.
struct Traffic {
  explicit Traffic(std::size_t size)
      : payload(size, 'x'), burst(size > 10000 ? 2 : 8), batch(burst) {
    for (dgram::Outgoing& one : batch)
      one = dgram::Outgoing(asio::buffer(payload), b.local_endpoint());
  }
  void put() {
    std::error_code ec;
    if (!a.try_send(payload, b.local_endpoint(), ec)) throw dgram::Error(ec, "put");
  }

  asio::io_context io;
  dgram::Socket a = test::bound(io);
  dgram::Socket b = test::bound(io);
  std::string payload;
  std::size_t burst;  ///< As many as the receive buffer surely holds.
  std::vector<dgram::Outgoing> batch;
  std::array<dgram::Datagram, 16> into;
  std::vector<std::byte> memory = std::vector<std::byte>(65536);
};

/// The measured loop itself: not a coroutine per round, because Asio keeps few frames for reuse and
/// would be measured with it.
using Loop = std::function<asio::awaitable<void>(Traffic&, Meter&)>;

std::size_t requests(std::size_t size, const Loop& loop) {
  Traffic traffic(size);
  Meter meter;
  test::run_plainly(traffic.io, loop(traffic, meter));
  return meter.requests();
}

void check_silent(const Loop& loop) {
  for (const std::size_t size : std::initializer_list<std::size_t>{64, 1400, 8192, 60000}) {
    INFO(size << " bytes");
    CHECK(requests(size, loop) == 0);
  }
}

// Ends on the other socket's coroutine: every receive of the measured side waits.
asio::awaitable<void> echo(dgram::Socket& socket) {
  std::error_code ec;
  for (;;) {
    const dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec) co_return;  // the other side has seen enough, and closed this socket
    co_await socket.send(datagram, datagram.remote());
  }
}

}  // namespace

TEST_CASE("recv from the ring and send ask the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      for (std::size_t i = 0; i < t.burst; ++i) co_await t.a.send(t.payload, t.b.local_endpoint());
      for (std::size_t i = 0; i < t.burst; ++i) {
        const dgram::Datagram datagram = co_await t.b.recv();
        if (datagram.size() != t.payload.size()) throw std::runtime_error("cut");
      }
    }
  });
}

TEST_CASE("a conversation in which every recv waits asks the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    asio::co_spawn(t.io, echo(t.b), asio::detached);
    while (meter.next()) {
      co_await t.a.send(t.payload, t.b.local_endpoint());
      const dgram::Datagram datagram = co_await t.a.recv();
      if (datagram.size() != t.payload.size()) throw std::runtime_error("cut");
    }
    t.b.close();
  });
}

TEST_CASE("recv_into asks the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      for (std::size_t i = 0; i < t.burst; ++i) t.put();
      for (std::size_t i = 0; i < t.burst; ++i) {
        const dgram::Received got = co_await t.b.recv_into(t.memory);
        if (got.size != t.payload.size()) throw std::runtime_error("cut");
      }
    }
  });
}

TEST_CASE("recv_many asks the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      for (std::size_t i = 0; i < t.burst; ++i) t.put();
      for (std::size_t i = 0; i < t.burst;) i += co_await t.b.recv_many(t.into);
    }
  });
}

TEST_CASE("recv_for asks the heap for nothing, timer included", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      for (std::size_t i = 0; i < t.burst; ++i) t.put();
      for (std::size_t i = 0; i < t.burst; ++i) {
        const std::optional<dgram::Datagram> datagram =
            co_await t.b.recv_for(std::chrono::hours(1));
        if (!datagram) throw std::runtime_error("an hour has passed");
      }
    }
  });
}

TEST_CASE("recv_for that finds nothing asks the heap for nothing", "[alloc][steady]") {
  const Loop loop = [](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    // One whose time is up before it waits, and one that does wait.
    const std::array<std::chrono::microseconds, 2> timeouts = {std::chrono::microseconds(0),
                                                               std::chrono::microseconds(200)};
    while (meter.next()) {
      for (const std::chrono::microseconds timeout : timeouts) {
        const std::optional<dgram::Datagram> datagram = co_await t.b.recv_for(timeout);
        if (datagram) throw std::runtime_error("who sent that?");
      }
    }
  };
  CHECK(requests(64, loop) == 0);
}

TEST_CASE("send_many asks the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      const std::size_t sent = co_await t.a.send_many(t.batch);
      for (std::size_t i = 0; i < sent;) i += co_await t.b.recv_many(t.into);
    }
  });
}

TEST_CASE("send_segments asks the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    const std::size_t segment = t.payload.size() > 10000 ? 20000 : 1000;
    while (meter.next()) {
      const std::size_t sent = co_await t.a.send_segments(t.payload, segment, t.b.local_endpoint());
      const std::size_t segments = (sent + segment - 1) / segment;
      for (std::size_t i = 0; i < segments;) i += co_await t.b.recv_many(t.into);
    }
  });
}

TEST_CASE("try_send, try_recv and stats ask the heap for nothing", "[alloc][steady]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      t.put();
      std::error_code ec;
      while (!t.b.try_recv(ec)) {
      }
      t.b.stats();
    }
    co_return;
  });
}

TEST_CASE("callbacks ask the heap for nothing", "[alloc][steady]") {
  Traffic t(1400);
  std::size_t before = 0;
  std::size_t made = 99;
  int left = warm_up + measured;
  std::function<void()> next = [&] {
    if (left-- == measured) before = test::allocations();
    if (left < 0) {
      made = test::allocations() - before;
      return;
    }
    t.b.async_recv([&](std::error_code ec, dgram::Datagram datagram) {
      if (!ec && datagram.size() == 1400) next();
    });
    t.put();
  };
  asio::post(t.io, [&] { next(); });
  test::run(t.io);
  CHECK(left == -1);
  CHECK(made == 0);
}

TEST_CASE("a socket that waits holds no receive memory, and neither does one that never received",
          "[alloc][steady]") {
  Traffic t(1400);
  CHECK(t.b.stats().pinned_bytes == 0);
  int received = 0;
  for (int i = 0; i < 3; ++i) {
    t.b.async_recv([&](std::error_code, dgram::Datagram) { ++received; });
    t.io.restart();
    t.io.poll();
    CHECK(t.b.stats().pinned_bytes == 0);
    t.put();
    test::run(t.io);
    CHECK(received == i + 1);
  }
}

}  // namespace alloc_steady_test
