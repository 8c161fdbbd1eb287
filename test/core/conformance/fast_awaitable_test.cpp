// recv() as a value: it may be moved, dropped, kept, raced and spawned like any other awaitable,
// and takes a datagram only when it is awaited.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <utility>
#include <vector>

#include "core/conformance/coroutines.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_fast_awaitable_test {

namespace {

using namespace asio::experimental::awaitable_operators;
using Numbers = std::vector<int>;
using test::nested;
using test::own_coroutine;
using test::passed_on;
using test::Recv;

}  // namespace

TEST_CASE("recv() that is moved or dropped without being awaited has taken nothing",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  test::put_numbers(p.sender, p.receiver, 0, 30);
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    const Recv none;
    CHECK(!none.valid());
    for (int i = 0; i < 5; ++i) {
      {
        const Recv dropped = p.receiver.recv();
        CHECK(dropped.valid());
      }
      Recv first = p.receiver.recv();
      Recv second = std::move(first);
      CHECK(!first.valid());
      CHECK(second.valid());
      Recv third = p.receiver.recv();
      third = std::move(second);
      const dgram::Datagram datagram = co_await std::move(third);
      got.push_back(test::number(datagram));
    }
  };
  test::run(p.io, body());
  CHECK(got == test::first_numbers(5));
  test::take_rest(p.receiver, got);
  CHECK(got == test::first_numbers(30));
}

TEST_CASE("recv()s that were made early take what is next when they are awaited",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    std::vector<Recv> made;
    for (int i = 0; i < 10; ++i) made.push_back(p.receiver.recv());
    test::put_numbers(p.sender, p.receiver, 0, 20);
    for (int i = 0; i < 10; ++i) {
      const dgram::Datagram between = co_await p.receiver.recv();
      got.push_back(test::number(between));
      const dgram::Datagram early = co_await std::move(made.back());
      made.pop_back();
      got.push_back(test::number(early));
    }
  };
  test::run(p.io, body());
  CHECK(got == test::first_numbers(20));
}

TEST_CASE("recv() waits behind those that wait already, though a datagram is there",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  std::vector<std::pair<char, int>> got;
  p.receiver.async_recv([&](std::error_code, const dgram::Datagram& datagram) {
    got.emplace_back('a', test::number(datagram));
  });
  p.receiver.async_recv([&](std::error_code, const dgram::Datagram& datagram) {
    got.emplace_back('b', test::number(datagram));
  });
  const auto body = [&]() -> asio::awaitable<void> {
    test::put_numbers(p.sender, p.receiver, 0, 3);
    const dgram::Datagram datagram = co_await p.receiver.recv();
    got.emplace_back('c', test::number(datagram));
  };
  test::run(p.io, body());
  CHECK(got == std::vector<std::pair<char, int>>{{'a', 0}, {'b', 1}, {'c', 2}});
}

TEST_CASE("a ready timer || recv() with a full ring loses nothing in a thousand rounds",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  constexpr int total = 1000;
  Numbers got;
  int timeouts = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    test::put_numbers(p.sender, p.receiver, 0, total);
    asio::steady_timer timer(p.io);
    for (int round = 0; round < total; ++round) {
      timer.expires_at(asio::steady_timer::time_point::min());
      if (round % 2 == 0) {
        const auto won = co_await (timer.async_wait(asio::use_awaitable) || p.receiver.recv());
        if (won.index() == 1)
          got.push_back(test::number(std::get<1>(won)));
        else
          ++timeouts;
      } else {
        const auto won = co_await (p.receiver.recv() || timer.async_wait(asio::use_awaitable));
        if (won.index() == 0)
          got.push_back(test::number(std::get<0>(won)));
        else
          ++timeouts;
      }
    }
  };
  test::run(p.io, body());
  CHECK(static_cast<int>(got.size()) + timeouts == total);
  test::take_rest(p.receiver, got);
  CHECK(got == test::first_numbers(total));
}

TEST_CASE("recv() && recv() takes two, || takes one", "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    test::put_numbers(p.sender, p.receiver, 0, 100);
    for (int round = 0; round < 20; ++round) {
      const auto both = co_await (p.receiver.recv() && p.receiver.recv());
      got.push_back(test::number(std::get<0>(both)));
      got.push_back(test::number(std::get<1>(both)));
      const auto won = co_await (p.receiver.recv() || p.receiver.recv());
      got.push_back(test::number(won.index() == 0 ? std::get<0>(won) : std::get<1>(won)));
    }
  };
  test::run(p.io, body());
  CHECK(got == test::first_numbers(60));
  test::take_rest(p.receiver, got);
  CHECK(got == test::first_numbers(100));
}

TEST_CASE("recv() under a bound cancellation slot takes all, or nothing when it is cancelled",
          "[conformance][awaitable]") {
  for (const auto type : {asio::cancellation_type::terminal,
                          asio::cancellation_type::partial,
                          asio::cancellation_type::total}) {
    test::SocketPair p(test::roomy());
    Numbers got;
    asio::cancellation_signal signal;
    std::error_code ended;
    const auto body = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      for (;;) {
        const dgram::Datagram datagram = co_await p.receiver.recv();
        got.push_back(test::number(datagram));
        if (got.size() == 40) {
          asio::post(p.io, [&] {
            signal.emit(type);
            test::put_numbers(p.sender, p.receiver, 40, 50);
          });
        }
      }
    };
    test::put_numbers(p.sender, p.receiver, 0, 40);
    asio::co_spawn(
        p.io, body(), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error) {
          try {
            std::rethrow_exception(error);
          } catch (const dgram::Error& e) {
            ended = e.code();
          } catch (const std::system_error& e) {
            ended = e.code();
          }
        }));
    test::run(p.io);
    CHECK(ended == asio::error::operation_aborted);
    CHECK(got == test::first_numbers(40));
    test::take_rest(p.receiver, got);
    CHECK(got == test::first_numbers(50));
  }
}

TEST_CASE("recv() in coroutines of the user's that give a datagram back",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  Numbers got;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int round = 0; round < 300; ++round) {
      if (round % 7 == 0) test::put_numbers(p.sender, p.receiver, 4 * round, 4 * (round + 7));
      const dgram::Datagram one = co_await own_coroutine(p.receiver);
      const dgram::Datagram two = co_await passed_on(p.receiver);
      const dgram::Datagram three = co_await nested(p.receiver);
      dgram::Datagram four;
      four = co_await p.receiver.recv();
      got.push_back(test::number(one));
      got.push_back(test::number(two));
      got.push_back(test::number(three));
      got.push_back(test::number(four));
    }
  };
  test::run(p.io, body());
  CHECK(static_cast<int>(got.size()) == 1200);
  CHECK(std::is_sorted(got.begin(), got.end()));
  CHECK(std::adjacent_find(got.begin(), got.end()) == got.end());
}

TEST_CASE("recv() can be spawned as it is, with a datagram there and without",
          "[conformance][awaitable]") {
  for (const bool is_here : {true, false}) {
    for (Recv (*const make)(dgram::Socket&) : {passed_on, own_coroutine}) {
      test::SocketPair p(test::roomy());
      if (is_here) test::put_numbers(p.sender, p.receiver, 7, 8);
      int calls = 0;
      int got = -1;
      asio::co_spawn(
          p.io, make(p.receiver), [&](std::exception_ptr error, const dgram::Datagram& datagram) {
            ++calls;
            CHECK(!error);
            got = test::number(datagram);
          });
      p.io.poll();
      if (!is_here) {
        CHECK(calls == 0);
        test::put_numbers(p.sender, p.receiver, 7, 8);
      }
      test::run(p.io);
      CHECK(calls == 1);
      CHECK(got == 7);
    }
  }
}

TEST_CASE("spawned from another executor recv() still gets its datagrams in order",
          "[conformance][awaitable]") {
  test::SocketPair p(test::roomy());
  Numbers got;
  auto strand = asio::make_strand(p.io);
  const auto body = [&]() -> asio::awaitable<void> {
    test::put_numbers(p.sender, p.receiver, 0, 200);
    for (int i = 0; i < 200; ++i) {
      const dgram::Datagram datagram = co_await p.receiver.recv();
      got.push_back(test::number(datagram));
      CHECK(strand.running_in_this_thread());
    }
  };
  test::run(p.io, strand, body());
  CHECK(got == test::first_numbers(200));
}

TEST_CASE("a socket on a concrete executor gives awaitables of that executor",
          "[conformance][awaitable]") {
  using Executor = asio::io_context::executor_type;
  asio::io_context io;
  dgram::BasicSocket<Executor> receiver(io, test::roomy());
  receiver.bind(test::any_port());
  dgram::Socket sender = test::bound(io);
  for (int i = 0; i < 100; ++i) {
    std::error_code ec;
    REQUIRE(sender.try_send(std::to_string(i), receiver.local_endpoint(), ec));
  }
  Numbers got;
  std::exception_ptr failure;
  const auto body = [&]() -> asio::awaitable<void, Executor> {
    for (int i = 0; i < 100; ++i) {
      const dgram::Datagram datagram = co_await receiver.recv();
      got.push_back(test::number(datagram));
    }
  };
  asio::co_spawn(io, body(), [&](std::exception_ptr error) { failure = error; });
  test::run(io);
  CHECK(!failure);
  CHECK(got == test::first_numbers(100));
}

}  // namespace conformance_fast_awaitable_test
