// recv_for and recv_until: nullopt at the deadline, one timer for all of them, and no timer left
// behind.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_recv_deadline_test {

namespace {
using namespace std::chrono_literals;
using Maybe = std::optional<dgram::Datagram>;
using Clock = std::chrono::steady_clock;
}  // namespace

TEST_CASE("recv_for gives nothing, and no error, when its time is up", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  bool nothing = false;
  bool too_early = true;
  const auto body = [&]() -> asio::awaitable<void> {
    const Clock::time_point deadline = Clock::now() + 5ms;
    const Maybe d = co_await socket.recv_until(deadline);
    nothing = !d;
    too_early = Clock::now() < deadline;
    const Maybe again = co_await socket.recv_for(1ms);
    nothing = nothing && !again;
  };
  test::run(io, body());
  CHECK(nothing);
  CHECK_FALSE(too_early);
}

TEST_CASE("recv_for gives what comes in time", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<Maybe> outcome;
  socket.async_recv_for(1h, outcome.handler());
  io.poll();
  test::put(sender, socket, "in time");
  // Were the timer left armed, this would not return.
  test::run(io);
  REQUIRE(outcome.value);
  CHECK(outcome.value->text() == "in time");
}

TEST_CASE("a deadline of now, or before, polls: it takes what is here, in the kernel or held",
          "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  bool empty_at_end = false;
  const auto body = [&]() -> asio::awaitable<void> {
    test::put_numbers(sender, socket, 0, 40);
    for (int i = 0; i < 40; ++i) {
      const std::chrono::seconds past = i % 2 ? 0s : std::chrono::seconds(-1h);
      const Maybe d = co_await socket.recv_for(past);
      if (d) got.push_back(test::number(*d));
    }
    const Maybe none = co_await socket.recv_until(Clock::time_point::min());
    empty_at_end = !none;
  };
  test::run(io, body());
  CHECK(got == test::first_numbers(40));
  CHECK(empty_at_end);
}

// One at a time by order, or in slots of which there is one at first: the socket has to ask again
// for each.
TEST_CASE("a deadline of now takes what is in the kernel also where a fill brings one datagram",
          "[socket][deadline]") {
  for (const bool gro : {false, true}) {
    INFO("gro " << gro);
    asio::io_context io;
    dgram::SocketOptions options;
    options.recv_buffer_size = 4 << 20;
    options.batch = gro ? 16 : 1;
    options.gro = gro;
    dgram::Socket socket = test::bound(io, options);
    dgram::Socket sender = test::bound(io);
    std::vector<int> got;
    const auto body = [&]() -> asio::awaitable<void> {
      test::put_numbers(sender, socket, 0, 300);
      for (int i = 0; i < 300; ++i) {
        const Maybe d = co_await socket.recv_for(0s);
        if (d) got.push_back(test::number(*d));
      }
      const Maybe none = co_await socket.recv_for(0s);
      CHECK_FALSE(none);
    };
    test::run(io, body());
    CHECK(got == test::first_numbers(300));
  }
}

TEST_CASE("receives with a deadline may give their error as a value", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec = asio::error::eof;
    Maybe d = co_await socket.recv_for(0s, ec);
    CHECK_FALSE(d);
    CHECK_FALSE(ec);
    test::put(sender, socket, "x");
    d = co_await socket.recv_until(Clock::now() + 1h, ec);
    CHECK(d.has_value());
    CHECK_FALSE(ec);
    socket.stop_receiving();
    d = co_await socket.recv_for(1h, ec);
    CHECK_FALSE(d);
    CHECK(ec == asio::error::eof);
  };
  test::run(io, body());
}

TEST_CASE("the token form polls, too", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<Maybe> none, one;
  socket.async_recv_for(0s, none.handler());
  test::run(io);
  CHECK(none.calls == 1);
  CHECK_FALSE(none.ec);
  CHECK_FALSE(none.value);
  test::put(sender, socket, "x");
  socket.async_recv_until(Clock::now() - 1h, one.handler());
  test::run(io);
  CHECK(one.value.has_value());
}

TEST_CASE("a time beyond the clock's range means for ever", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<Maybe> outcome, of_until;
  socket.async_recv_for(Clock::duration::max(), outcome.handler());
  socket.async_recv_until(Clock::time_point::max(), of_until.handler());
  io.poll();
  CHECK(outcome.calls == 0);
  CHECK(of_until.calls == 0);
  test::put_numbers(sender, socket, 0, 2);
  test::run(io);
  CHECK(outcome.value.has_value());
  CHECK(of_until.value.has_value());
}

TEST_CASE("many deadlines of one socket each end in their time", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::vector<int> order;
  // Started from the latest to the earliest: each arrives before the one that is armed.
  for (const int ms : {40, 30, 20, 10}) {
    socket.async_recv_for(std::chrono::milliseconds(ms), [&, ms](std::error_code ec, Maybe d) {
      if (!ec && !d) order.push_back(ms);
    });
  }
  test::run(io);
  CHECK(order == std::vector{10, 20, 30, 40});
}

TEST_CASE("a deadline does not wait for a later one that was there before", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code of_the_later;
  socket.async_recv_for(std::chrono::hours(1),
                        [&](std::error_code ec, const Maybe&) { of_the_later = ec; });
  bool has_passed = false;
  socket.async_recv_for(std::chrono::milliseconds(1), [&](std::error_code ec, const Maybe& d) {
    has_passed = !ec && !d;
    socket.cancel();
  });
  test::run(io);
  CHECK(has_passed);
  CHECK(of_the_later == asio::error::operation_aborted);
}

TEST_CASE("deadlines that have passed together end in their order", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::vector<int> order;
  const auto last = Clock::now() + 100ms;
  for (const int before : {0, 2, 1, 3, 0}) {
    const auto deadline = last - std::chrono::microseconds(before);
    socket.async_recv_until(deadline, [&, before](std::error_code ec, Maybe d) {
      if (!ec && !d) order.push_back(before);
    });
  }
  std::this_thread::sleep_until(last);  // nobody runs the context: all of them pass
  test::run(io);
  CHECK(order == std::vector{3, 2, 1, 0, 0});
}

TEST_CASE("a thousand deadlines on one socket all end", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  int expired = 0;
  for (int i = 0; i < 1000; ++i)
    socket.async_recv_for(std::chrono::microseconds(i % 50 * 100),
                          [&](std::error_code ec, Maybe d) { expired += !ec && !d; });
  test::run(io);
  CHECK(expired == 1000);
}

TEST_CASE("run() returns at once when no receive with a deadline is left", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<Maybe> served, cancelled;
  socket.async_recv_for(1h, served.handler());
  socket.async_recv_for(2h, cancelled.handler());
  io.poll();
  test::put(sender, socket, "x");
  while (served.calls == 0) io.run_one_for(10ms);
  socket.cancel();
  test::run(io);
  CHECK(cancelled.ec == asio::error::operation_aborted);
}

TEST_CASE("a receive without a deadline is not ended by its neighbour's", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> patient;
  test::Outcome<Maybe> hasty;
  socket.async_recv(patient.handler());
  socket.async_recv_for(1ms, hasty.handler());
  while (hasty.calls == 0) io.run_one_for(10ms);
  CHECK(patient.calls == 0);
  test::put(sender, socket, "x");
  test::run(io);
  CHECK(patient.value.text() == "x");
}

TEST_CASE("a loop of short deadlines loses nothing that comes between them", "[socket][deadline]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  const auto receive = [&]() -> asio::awaitable<void> {
    while (got.size() < 200) {
      const Maybe d = co_await socket.recv_for(50us);
      if (d) got.push_back(test::number(*d));
    }
  };
  const auto send = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(io);
    for (int i = 0; i < 200; ++i) {
      test::put_numbers(sender, socket, i, i + 1);
      timer.expires_after(std::chrono::microseconds(i % 7 * 20));
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  asio::co_spawn(io, send(), asio::detached);
  test::run(io, receive());
  CHECK(got == test::first_numbers(200));
}

}  // namespace socket_recv_deadline_test
