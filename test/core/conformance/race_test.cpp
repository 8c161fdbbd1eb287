// Promise 1, first half: a receive that races something else and loses has consumed nothing,
// whichever operand is ready first.
//
// The trap: a coroutine that ends without ever having suspended has its result posted, and `||`
// drops a posted result when the other side comes first. Every other library that serves a ready
// datagram at once loses it there.
#include <asio/awaitable.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/dgram.hpp>
#include <vector>

#include "core/conformance/coroutines.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/run.hpp"

namespace conformance_race_test {

namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using Numbers = std::vector<int>;

constexpr int total = 64;

/// Each form of receive as a coroutine that says which number it got. A user's own wrapper: the
/// promise must hold through it, too.
using Receive = asio::awaitable<int> (*)(dgram::Socket&);

asio::awaitable<int> recv(dgram::Socket& socket) {
  const dgram::Datagram d = co_await socket.recv();
  co_return test::number(d);
}
asio::awaitable<int> recv_for(dgram::Socket& socket) {
  const std::optional<dgram::Datagram> d = co_await socket.recv_for(1h);
  co_return d ? test::number(*d) : -1;
}
asio::awaitable<int> recv_many(dgram::Socket& socket) {
  std::array<dgram::Datagram, 1> one;
  const std::size_t n = co_await socket.recv_many(one);
  co_return n == 1 ? test::number(one[0]) : -1;
}
asio::awaitable<int> recv_into(dgram::Socket& socket) {
  std::array<std::byte, 16> bytes;
  const dgram::Received r = co_await socket.recv_into(bytes);
  co_return test::number(std::span<const std::byte>(bytes).first(r.size));
}

struct Form {
  const char* name;
  Receive receive;
};
constexpr std::array forms{Form{"recv", recv},
                           Form{"recv_for", recv_for},
                           Form{"recv_many", recv_many},
                           Form{"recv_into", recv_into}};

/// One race. Leaves in `got` what the receive side won.
asio::awaitable<void> ready_first(Receive receive, dgram::Socket& socket, Numbers& got) {
  const auto result = co_await (test::ready() || receive(socket));
  if (result.index() == 1) got.push_back(std::get<1>(result));
}
asio::awaitable<void> receive_first(Receive receive, dgram::Socket& socket, Numbers& got) {
  const auto result = co_await (receive(socket) || test::ready());
  if (result.index() == 0) got.push_back(std::get<0>(result));
}
asio::awaitable<void> receive_twice(Receive receive, dgram::Socket& socket, Numbers& got) {
  const auto result = co_await (receive(socket) || receive(socket));
  got.push_back(result.index() == 0 ? std::get<0>(result) : std::get<1>(result));
}
using Race = asio::awaitable<void> (*)(Receive, dgram::Socket&, Numbers&);

/// Races until as many rounds have gone as there were datagrams, then takes the rest: all must be
/// there, once, in order.
Numbers race_with_held_datagrams(Race race, Receive receive) {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await test::hold_some(sender, receiver, total, 1, got);
    for (int i = static_cast<int>(got.size()); i < total / 2; ++i)
      co_await race(receive, receiver, got);
  };
  test::run(io, body());
  test::take_rest(receiver, got);
  return got;
}

/// The same with one datagram at a time, which is in the kernel when the race begins.
Numbers race_with_datagrams_in_the_kernel(Race race, Receive receive) {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      test::put_numbers(sender, receiver, i, i + 1);
      co_await race(receive, receiver, got);
      test::take_rest(receiver, got);
    }
  };
  test::run(io, body());
  return got;
}

}  // namespace

TEST_CASE("ready || recv() loses no datagram that the socket holds already",
          "[conformance][cancel]") {
  for (const Form& form : forms) {
    INFO(form.name);
    CHECK(race_with_held_datagrams(ready_first, form.receive) == test::first_numbers(total));
  }
}

TEST_CASE("recv() || ready loses no datagram that the socket holds already",
          "[conformance][cancel]") {
  for (const Form& form : forms) {
    INFO(form.name);
    CHECK(race_with_held_datagrams(receive_first, form.receive) == test::first_numbers(total));
  }
}

TEST_CASE("ready || recv() loses no datagram that is still in the kernel",
          "[conformance][cancel]") {
  for (const Form& form : forms) {
    INFO(form.name);
    CHECK(race_with_datagrams_in_the_kernel(ready_first, form.receive) ==
          test::first_numbers(total));
  }
}

TEST_CASE("recv() || ready loses no datagram that is still in the kernel",
          "[conformance][cancel]") {
  for (const Form& form : forms) {
    INFO(form.name);
    CHECK(race_with_datagrams_in_the_kernel(receive_first, form.receive) ==
          test::first_numbers(total));
  }
}

TEST_CASE("recv() || recv() takes one datagram and leaves the others", "[conformance][cancel]") {
  for (const Form& form : forms) {
    INFO(form.name);
    CHECK(race_with_held_datagrams(receive_twice, form.receive) == test::first_numbers(total));
  }
}

TEST_CASE("recv() && recv() gives both datagrams", "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, 2);
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    const auto both = co_await (recv(receiver) && recv(receiver));
    got = {std::get<0>(both), std::get<1>(both)};
  };
  test::run(io, body());
  CHECK(got == test::first_numbers(2));
}

TEST_CASE("a receive that lost a race to a timer leaves a later datagram to the next one",
          "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(io, 0s);
    const auto result = co_await (recv(receiver) || timer.async_wait(asio::use_awaitable));
    CHECK(result.index() == 1);
    test::put_numbers(sender, receiver, 0, 1);
    got.push_back(co_await recv(receiver));
  };
  test::run(io, body());
  CHECK(got == test::first_numbers(1));
}

}  // namespace conformance_race_test
