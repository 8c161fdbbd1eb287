// How recv() ends without a datagram, and that a flood of datagrams lets timers run.
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/dgram.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/conformance/coroutines.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_awaitable_ends_test {

namespace {

using test::nested;
using test::own_coroutine;
using test::passed_on;
using test::Recv;

/// What a throwing recv() says.
struct Failure {
  std::error_code code;
  std::string operation;
};
asio::awaitable<Failure> failure_of(Recv recv) {
  Failure failure;
  try {
    const dgram::Datagram datagram = co_await std::move(recv);
  } catch (const dgram::Error& error) {
    failure.code = error.code();
    failure.operation = error.operation();
  }
  co_return failure;
}

}  // namespace

TEST_CASE("what recv() throws is a dgram::Error of \"recv\", however it is awaited",
          "[conformance][awaitable]") {
  asio::io_context io;
  for (Recv (*const make)(dgram::Socket&) : {passed_on, own_coroutine, nested}) {
    Failure fresh;
    Failure stopped;
    Failure closed;
    Failure refused;
    const auto body = [&]() -> asio::awaitable<void> {
      dgram::Socket socket(io);
      fresh = co_await failure_of(make(socket));
      socket.bind(test::any_port());
      socket.stop_receiving();
      stopped = co_await failure_of(make(socket));
      socket.close();
      closed = co_await failure_of(make(socket));

      dgram::Socket connected = test::bound(io);
      connected.connect(test::dead_port(io));
      std::error_code ec;
      connected.try_send("to nobody", ec);
      refused = co_await failure_of(make(connected));
    };
    test::run(io, body());
    CHECK(fresh.code == asio::error::bad_descriptor);
    CHECK(stopped.code == asio::error::eof);
    CHECK(closed.code == asio::error::bad_descriptor);
    CHECK(refused.code == asio::error::connection_refused);
    for (const Failure* each : {&fresh, &stopped, &closed, &refused})
      CHECK(each->operation == "recv");
  }
}

TEST_CASE("recv(ec) sets the error and gives nothing, and clears it with a datagram",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec = asio::error::no_memory;
    test::put_numbers(p.sender, p.receiver, 0, 2);
    for (int i = 0; i < 2; ++i) {  // waits for the first, finds the second
      ec = asio::error::no_memory;
      const dgram::Datagram datagram = co_await p.receiver.recv(ec);
      CHECK(!ec);
      CHECK(test::number(datagram) == i);
    }
    p.receiver.stop_receiving();
    const dgram::Datagram ended = co_await p.receiver.recv(ec);
    CHECK(ec == asio::error::eof);
    CHECK(!ended.has_value());
    p.receiver.close();
    const dgram::Datagram closed = co_await p.receiver.recv(ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK(!closed.has_value());
  };
  test::run(p.io, body());
}

TEST_CASE("a recv() that waits ends with operation_aborted when its socket is closed or destroyed",
          "[conformance][awaitable]") {
  for (const bool destroys : {false, true}) {
    asio::io_context io;
    std::optional<dgram::Socket> socket(test::bound(io));
    Failure failure;
    std::error_code ec;
    int ended = 0;
    const auto throwing = [&]() -> asio::awaitable<void> {
      failure = co_await failure_of(socket->recv());
      ++ended;
    };
    const auto telling = [&]() -> asio::awaitable<void> {
      const dgram::Datagram nothing = co_await socket->recv(ec);
      CHECK(!nothing.has_value());
      ++ended;
    };
    asio::co_spawn(io, throwing(), asio::detached);
    asio::co_spawn(io, telling(), asio::detached);
    io.poll();
    CHECK(ended == 0);
    if (destroys)
      socket.reset();
    else
      socket->close();
    test::run(io);
    CHECK(ended == 2);
    CHECK(failure.code == asio::error::operation_aborted);
    CHECK(failure.operation == "recv");
    CHECK(ec == asio::error::operation_aborted);
  }
}

TEST_CASE("a recv() that waits when its context goes is destroyed without a call",
          "[conformance][awaitable]") {
  const auto alive = std::make_shared<int>();
  {
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    const auto body = [](dgram::Socket& s, std::shared_ptr<int> held) -> asio::awaitable<void> {
      const dgram::Datagram datagram = co_await s.recv();
      *held = 1;
    };
    asio::co_spawn(io, body(socket, alive), asio::detached);
    io.poll();
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
  CHECK(*alive == 0);
}

// The scheduler has its turn after 64. There it sees that a timer is due, and runs it behind what
// is queued already: one more turn at the most.
TEST_CASE("a timer that is due runs after at most 128 datagrams of a flood, and mostly after 64",
          "[conformance][awaitable][yield]") {
  test::SocketPair p(test::roomy());
  constexpr int total = 4096;
  int got = 0;
  int due_at = 0;
  int ticks = 0;
  int longest = 0;
  asio::steady_timer timer(p.io);
  std::function<void()> arm = [&] {
    due_at = got;
    timer.expires_at(asio::steady_timer::time_point::min());
    timer.async_wait([&](std::error_code) {
      longest = std::max(longest, got - due_at);
      ++ticks;
      if (got < total) arm();
    });
  };
  test::put_numbers(p.sender, p.receiver, 0, total);
  const auto body = [&]() -> asio::awaitable<void> {
    arm();
    while (got < total) {
      const dgram::Datagram datagram = co_await p.receiver.recv();
      REQUIRE(test::number(datagram) == got);
      ++got;
    }
  };
  test::run(p.io, body());
  CHECK(longest <= 2 * 64);
  CHECK(ticks >= total / 64 - 2);
}

}  // namespace conformance_awaitable_ends_test
