// Receives are served first come, first served, whatever their kind; so no later one overtakes an
// earlier one.
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_order_test {

namespace {
using namespace std::chrono_literals;
}

TEST_CASE("receives that wait are served in the order they came", "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got(6, -1);
  std::array<dgram::Datagram, 1> many;
  std::array<std::byte, 8> into;
  const auto strand = asio::make_strand(io);
  const auto by_coroutine = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    got[5] = test::number(d);
  };

  receiver.async_recv([&](std::error_code, dgram::Datagram d) { got[0] = test::number(d); });
  receiver.async_recv_many(many,
                           [&](std::error_code, std::size_t) { got[1] = test::number(many[0]); });
  receiver.async_recv(asio::bind_executor(
      strand, [&](std::error_code, dgram::Datagram d) { got[2] = test::number(d); }));
  receiver.async_recv_for(1h, [&](std::error_code, std::optional<dgram::Datagram> d) {
    got[3] = d ? test::number(*d) : -1;
  });
  receiver.async_recv_into(into, [&](std::error_code, dgram::Received r) {
    got[4] = test::number(std::span<const std::byte>(into).first(r.size));
  });
  asio::co_spawn(io, by_coroutine(), asio::detached);
  io.poll();

  test::put_numbers(sender, receiver, 0, 6);
  test::run(io);
  CHECK(got == test::first_numbers(6));
}

TEST_CASE("receives that are served out of what is held keep their order", "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 4, got));
  const auto append = [&](std::error_code, dgram::Datagram d) { got.push_back(test::number(d)); };
  const auto by_coroutine = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    got.push_back(test::number(d));
  };

  receiver.async_recv(append);
  receiver.async_recv_for(0s, [&](std::error_code, std::optional<dgram::Datagram> d) {
    got.push_back(d ? test::number(*d) : -1);
  });
  asio::co_spawn(io, by_coroutine(), asio::detached);
  receiver.async_recv(append);
  test::run(io);
  test::take_rest(receiver, got);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("try_recv does not overtake a receive that was started before it",
          "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, 2);
  test::Outcome<dgram::Datagram> first;
  receiver.async_recv(first.handler());
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  test::run(io);
  CHECK(test::number(first.value) == 0);
  const auto second = receiver.try_recv(ec);
  REQUIRE(second);
  CHECK(test::number(*second) == 1);
}

TEST_CASE("a coroutine's recv does not overtake a callback that was started before it",
          "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> order(2, -1);
  const auto body = [&]() -> asio::awaitable<void> {
    // Both are ready: the coroutine could be served at once, and the callback only later.
    test::put_numbers(sender, receiver, 0, 2);
    receiver.async_recv([&](std::error_code, dgram::Datagram d) { order[0] = test::number(d); });
    const dgram::Datagram d = co_await receiver.recv();
    order[1] = test::number(d);
  };
  test::run(io, body());
  CHECK(order == test::first_numbers(2));
}

TEST_CASE("a deadline that passes does not disturb the order of the others",
          "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  bool expired = false;
  receiver.async_recv([&](std::error_code, dgram::Datagram d) { got.push_back(test::number(d)); });
  receiver.async_recv_for(1ms, [&](std::error_code ec, std::optional<dgram::Datagram> d) {
    expired = !ec && !d;
    test::put_numbers(sender, receiver, 0, 2);
  });
  receiver.async_recv([&](std::error_code, dgram::Datagram d) { got.push_back(test::number(d)); });
  test::run(io);
  CHECK(expired);
  CHECK(got == test::first_numbers(2));
}

TEST_CASE("many coroutines that wait for one socket each get one datagram",
          "[conformance][order]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got(40, -1);
  const auto one = [&](std::size_t i) -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    got[i] = test::number(d);
  };
  for (std::size_t i = 0; i < got.size(); ++i) asio::co_spawn(io, one(i), asio::detached);
  io.poll();
  test::put_numbers(sender, receiver, 0, 40);
  test::run(io);
  CHECK(got == test::first_numbers(40));
}

}  // namespace conformance_order_test
