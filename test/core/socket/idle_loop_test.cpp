// No loop turns for what nobody waits for, or cannot receive: also where epoll reports a socket as
// long as it is readable.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <functional>

#include "core/socket/tight_loop.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run_until.hpp"

namespace socket_idle_loop_test {

namespace {

using Loop = test::TightLoop;
using test::for_ever;
using test::goes_by_level;

}  // namespace

TEST_CASE("what lies unread while nobody waits turns no loop", "[socket][epoll]") {
  Loop loop(1);
  const bool is_cancelled = GENERATE(false, true);
  loop.start(is_cancelled ? for_ever : 20);
  loop.feed(20);
  if (is_cancelled) {
    CHECK(loop.is_level() == goes_by_level);
    loop.receiver.cancel();
    test::run_until(loop.io, [&] { return loop.last == asio::error::operation_aborted; });
  }
  loop.put(3);
  loop.check_rest();
  CHECK(!loop.is_level());
  loop.start(for_ever);
  test::run_until(loop.io, [&] { return loop.got.size() == 23; });
  loop.feed(10);
  loop.check_all();
}

TEST_CASE("a coroutine that waits for something else in between turns no loop", "[socket][epoll]") {
  Loop loop(1);
  asio::steady_timer other(loop.io, asio::steady_timer::time_point::max());
  const auto body = [&]() -> asio::awaitable<void> {
    co_await loop.receive(20);
    std::error_code ec;
    co_await other.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    co_await loop.receive(for_ever);
  };
  asio::co_spawn(loop.io, body(), asio::detached);
  loop.feed(20);
  loop.put(5);
  loop.check_rest();
  other.cancel();
  test::run_until(loop.io, [&] { return loop.got.size() == 25; });
  loop.feed(10);
  loop.check_all();
}

TEST_CASE("an error queue that nobody reads turns no loop", "[socket][epoll]") {
  Loop loop(1);
  loop.start(for_ever);
  loop.feed(20);
  CHECK(loop.is_level() == goes_by_level);
  const int on = 1;  // behind the back of the socket, which would read the queue otherwise
  REQUIRE(::setsockopt(loop.receiver.native_handle(), IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
  const dgram::Endpoint nobody = test::dead_port(loop.io);
  std::error_code ec;
  loop.receiver.try_send("to nobody", nobody, ec);
  REQUIRE(test::await_error(loop.receiver));
  int pending = 0;  // which would make the next receive read the queue
  socklen_t size = sizeof pending;
  ::getsockopt(loop.receiver.native_handle(), SOL_SOCKET, SO_ERROR, &pending, &size);
  loop.check_rest();
  for (int round = 0; round < 5; ++round) {
    loop.put(2);
    test::run_until(loop.io,
                    [&] { return loop.got.size() == static_cast<std::size_t>(loop.sent); });
    loop.check_rest();
  }
  loop.check_all();
}

TEST_CASE("a receive that has gone to a strand turns no loop behind it", "[socket][epoll]") {
  Loop loop(1);
  const auto strand = asio::make_strand(loop.io);
  int here = 0, there = 0;
  const std::function<void()> next = [&] {
    loop.receiver.async_recv([&](std::error_code, const dgram::Datagram&) {
      if (++here < 8) return next();
      loop.receiver.async_recv(
          asio::bind_executor(strand, [&](std::error_code, const dgram::Datagram&) { ++there; }));
    });
  };
  next();
  for (int i = 0; i < 8; ++i) {
    loop.put(1);
    test::run_until(loop.io, [&] { return here == i + 1; });
  }
  loop.put(4);
  test::run_until(loop.io, [&] { return there == 1; });
  loop.check_rest();
  CHECK(!loop.is_level());
}

TEST_CASE("wait_readable() behind a full batch waits, when another one has taken the rest",
          "[socket][epoll]") {
  Loop loop(1);
  std::array<dgram::Datagram, 16> batch;
  loop.put(18);
  std::size_t received = 0;
  loop.receiver.async_recv_many(batch, [&](std::error_code, std::size_t n) { received = n; });
  test::run_until(loop.io, [&] { return received != 0; });
  REQUIRE(received == batch.size());
  char byte = 0;
  while (::recv(loop.receiver.native_handle(), &byte, 1, MSG_DONTWAIT) >= 0) continue;
  bool is_readable = false;
  loop.receiver.async_wait_readable([&](std::error_code) { is_readable = true; });
  loop.check_rest();
  CHECK(!is_readable);
  loop.put(1);
  test::run_until(loop.io, [&] { return is_readable; });
}

}  // namespace socket_idle_loop_test
