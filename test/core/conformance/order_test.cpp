// Receives are served first come, first served, whatever their kind; so no later one overtakes an
// earlier one.
#include <array>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <optional>
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

TEST_CASE("a coroutine's receive of a held datagram does not overtake a callback that waits for it",
          "[conformance][order]") {
  enum class Form { recv, recv_for, recv_many };
  const Form form = GENERATE(Form::recv, Form::recv_for, Form::recv_many);
  INFO(static_cast<int>(form));
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> order(2, -1);
  int next = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    std::vector<int> got;
    co_await test::hold_some(sender, receiver, 64, 2, got);
    next = static_cast<int>(got.size());
    receiver.async_recv([&](std::error_code, dgram::Datagram d) { order[0] = test::number(d); });
    if (form == Form::recv) {
      const dgram::Datagram d = co_await receiver.recv();
      order[1] = test::number(d);
    } else if (form == Form::recv_for) {
      const std::optional<dgram::Datagram> d = co_await receiver.recv_for(1h);
      order[1] = d ? test::number(*d) : -1;
    } else {
      std::array<dgram::Datagram, 1> one;
      co_await receiver.recv_many(one);
      order[1] = test::number(one[0]);
    }
  };
  test::run(io, body());
  CHECK(order == std::vector{next, next + 1});
}

TEST_CASE("neither try_send nor a coroutine's send overtakes a send that was started before",
          "[conformance][order]") {
  enum class Form { try_send, try_send_to_peer, try_send_many, send };
  const Form form =
      GENERATE(Form::try_send, Form::try_send_to_peer, Form::try_send_many, Form::send);
  INFO(static_cast<int>(form));
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  if (form == Form::try_send_to_peer) sender.connect(to);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await sender.send("0", to);  // the next one could leave at once
    sender.async_send("1", to, [](std::error_code, std::size_t) {});
    std::error_code ec;
    std::array<dgram::Outgoing, 1> batch{dgram::Outgoing(asio::buffer("2", 1), to)};
    if (form == Form::send) {
      co_await sender.send("2", to);
      co_return;
    }
    if (form == Form::try_send)
      sender.try_send("2", to, ec);
    else if (form == Form::try_send_to_peer)
      sender.try_send("2", ec);
    else
      sender.try_send_many(batch, ec);
    CHECK((ec == asio::error::would_block || batch[0].result == asio::error::would_block));
  };
  test::run(io, body());
  std::vector<int> got;
  test::take_rest(receiver, got);
  CHECK(got == test::first_numbers(form == Form::send ? 3 : 2));
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
