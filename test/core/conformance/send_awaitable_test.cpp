// send() as a value: it may be moved, dropped, kept, raced and spawned like any other awaitable,
// and sends only when it is awaited.
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/conformance/coroutines.hpp"
#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_send_awaitable_test {

namespace {

using namespace asio::experimental::awaitable_operators;
using Send = asio::awaitable<dgram::Sent>;
using Numbers = std::vector<int>;

static_assert(std::is_convertible_v<dgram::Sent, std::size_t>);
static_assert(std::is_convertible_v<std::size_t, dgram::Sent>);

/// Texts of numbers, which live as long as anybody may send them.
const std::string& text(int number) {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 1000; ++i) all.push_back(std::to_string(i));
    return all;
  }();
  return texts[static_cast<std::size_t>(number)];
}

/// No coroutine: it only passes the socket's on.
Send passed_on(dgram::Socket& socket, int number, dgram::Endpoint to) {
  return socket.send(text(number), to);
}
Send own_coroutine(dgram::Socket& socket, int number, dgram::Endpoint to) {
  const dgram::Sent sent = co_await socket.send(text(number), to);
  co_return sent;
}

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

Numbers arrived(dgram::Socket& receiver) {
  Numbers got;
  test::take_rest(receiver, got);
  return got;
}

}  // namespace

TEST_CASE("send() that is moved or dropped without being awaited has sent nothing",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint to = p.receiver.local_endpoint();
  const auto body = [&]() -> asio::awaitable<void> {
    const Send none;
    CHECK(!none.valid());
    for (int i = 0; i < 5; ++i) {
      {
        const Send dropped = p.sender.send(text(999), to);
        CHECK(dropped.valid());
      }
      Send first = p.sender.send(text(i), to);
      Send second = std::move(first);
      CHECK(!first.valid());
      CHECK(second.valid());
      Send third = p.sender.send(text(998), to);
      third = std::move(second);
      const std::size_t size = co_await std::move(third);
      CHECK(size == 1);
    }
  };
  test::run(p.io, body());
  CHECK(arrived(p.receiver) == test::first_numbers(5));
}

TEST_CASE("send()s that were made early go where they were made for, in the order of their awaits",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const auto body = [&]() -> asio::awaitable<void> {
    std::vector<Send> made;
    for (int i = 0; i < 10; ++i) {
      dgram::Endpoint to = p.receiver.local_endpoint();
      made.push_back(p.sender.send(text(9 - i), to));
      to = dgram::Endpoint();  // nobody looks at it again
    }
    while (!made.empty()) {
      co_await std::move(made.back());
      made.pop_back();
    }
  };
  test::run(p.io, body());
  CHECK(arrived(p.receiver) == test::first_numbers(10));
}

TEST_CASE("a send() that the kernel does not take at once waits, behind those that wait",
          "[conformance][awaitable]") {
  asio::io_context io;
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io, test::roomy());
  const dgram::Endpoint to = receiver.local_endpoint();
  gate->passes = 0;
  std::vector<int> order;
  const auto one = [&](int number) -> asio::awaitable<void> {
    const std::size_t size = co_await sender.send(text(number), to);
    CHECK(size == text(number).size());
    order.push_back(number);
  };
  for (int i = 0; i < 5; ++i) asio::co_spawn(io, one(i), rethrow);
  io.poll();
  CHECK(order.empty());
  CHECK(sender.send_queue_count() == 5);
  const auto last = [&]() -> asio::awaitable<void> {
    gate->open();  // there is room again, and those that wait do not know it yet
    co_await one(5);
  };
  asio::co_spawn(io, last(), rethrow);
  test::run(io);
  CHECK(order == test::first_numbers(6));
  CHECK(arrived(receiver) == test::first_numbers(6));
}

TEST_CASE("a ready timer || send(): what is said to be sent has been sent, and nothing else",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint to = p.receiver.local_endpoint();
  Numbers said;
  const auto body = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(p.io);
    for (int round = 0; round < 500; ++round) {
      timer.expires_at(asio::steady_timer::time_point::min());
      if (round % 2 == 0) {
        const auto won =
            co_await (timer.async_wait(asio::use_awaitable) || p.sender.send(text(round), to));
        if (won.index() == 1) said.push_back(round);
      } else {
        const auto won =
            co_await (p.sender.send(text(round), to) || timer.async_wait(asio::use_awaitable));
        if (won.index() == 0) said.push_back(round);
      }
    }
  };
  test::run(p.io, body());
  CHECK(arrived(p.receiver) == said);
}

TEST_CASE("a coroutine that is ready || send(): what loses has not been sent",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint to = p.receiver.local_endpoint();
  Numbers said;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int round = 0; round < 20; ++round) {
      if (round % 2 == 0) {
        const auto won = co_await (test::ready() || p.sender.send(text(round), to));
        if (won.index() == 1) said.push_back(round);
      } else {
        const auto won = co_await (p.sender.send(text(round), to) || test::ready());
        if (won.index() == 0) said.push_back(round);
      }
    }
  };
  test::run(p.io, body());
  CHECK(arrived(p.receiver) == said);
}

TEST_CASE("send() can be spawned as it is, and in a coroutine of the user's",
          "[conformance][awaitable]") {
  for (Send (*const make)(dgram::Socket&, int, dgram::Endpoint) : {passed_on, own_coroutine}) {
    test::SocketPair p(test::roomy());
    int calls = 0;
    asio::co_spawn(p.io,
                   make(p.sender, 0, p.receiver.local_endpoint()),
                   [&](std::exception_ptr error, std::size_t size) {
                     ++calls;
                     CHECK(!error);
                     CHECK(size == 1);
                   });
    CHECK(calls == 0);
    test::run(p.io);
    CHECK(calls == 1);
    CHECK(arrived(p.receiver) == Numbers{0});
  }
}

TEST_CASE("what send() throws is a dgram::Error of \"send\" that says to whom",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint nowhere(asio::ip::address_v4::loopback(), 0);
  const auto body = [&]() -> asio::awaitable<void> {
    for (int form = 0; form < 3; ++form) {
      std::string what;
      try {
        if (form == 0)
          co_await p.sender.send("12345", nowhere);
        else if (form == 1)
          co_await own_coroutine(p.sender, 12345 % 1000, nowhere);
        else
          co_await p.sender.send("12345");  // connected to nobody
      } catch (const dgram::Error& error) {
        what = error.what();
        CHECK(error.operation() == "send");
        CHECK(error.code() == (form == 2 ? std::error_code(asio::error::not_connected)
                                         : make_error_code(dgram::Errc::bad_port)));
      }
      INFO(what);
      CHECK(what.find(form == 2 ? "5 bytes: " : "127.0.0.1:0") != std::string::npos);
    }
  };
  test::run(p.io, body());
}

TEST_CASE("send(ec) sets the error and tells 0 bytes, and clears it with what is sent",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint nowhere(asio::ip::address_v4::loopback(), 0);
  const dgram::Endpoint to = p.receiver.local_endpoint();
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    std::size_t size = co_await p.sender.send("12345", nowhere, ec);
    CHECK(ec == dgram::Errc::bad_port);
    CHECK(size == 0);
    size = co_await p.sender.send("0", to, ec);
    CHECK(!ec);
    CHECK(size == 1);
    size = co_await p.sender.send("0", ec);
    CHECK(ec == asio::error::not_connected);
    CHECK(size == 0);
    p.sender.connect(to);
    size = co_await p.sender.send("1", ec);
    CHECK(!ec);
    CHECK(size == 1);
    size = co_await p.sender.send("2");
    CHECK(size == 1);
    p.sender.close();
    size = co_await p.sender.send("3", to, ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK(size == 0);
  };
  test::run(p.io, body());
  CHECK(arrived(p.receiver) == test::first_numbers(3));
}

TEST_CASE("send() yields: other handlers run between so many that the kernel takes at once",
          "[conformance][awaitable][yield]") {
  test::SocketPair p(test::roomy());
  const dgram::Endpoint to = p.receiver.local_endpoint();
  int sent = 0, seen = -1;
  const auto body = [&]() -> asio::awaitable<void> {
    for (; sent < 500; ++sent) co_await p.sender.send("x", to);
  };
  asio::co_spawn(p.io, body(), rethrow);
  asio::post(p.io, [&] { seen = sent; });
  test::run(p.io);
  CHECK(sent == 500);
  CHECK(seen >= 0);
  CHECK(seen <= 128);
}

TEST_CASE("a socket on a concrete executor sends by awaitables of that executor",
          "[conformance][awaitable]") {
  using Executor = asio::io_context::executor_type;
  asio::io_context io;
  dgram::BasicSocket<Executor> sender(io, test::roomy());
  dgram::Socket receiver = test::bound(io, test::roomy());
  const dgram::Endpoint to = receiver.local_endpoint();
  std::exception_ptr failure;
  const auto body = [&]() -> asio::awaitable<void, Executor> {
    for (int i = 0; i < 100; ++i) {
      const std::size_t size = co_await sender.send(text(i), to);
      CHECK(size == text(i).size());
    }
  };
  asio::co_spawn(io, body(), [&](std::exception_ptr error) { failure = error; });
  test::run(io);
  CHECK(!failure);
  CHECK(arrived(receiver) == test::first_numbers(100));
}

}  // namespace conformance_send_awaitable_test
