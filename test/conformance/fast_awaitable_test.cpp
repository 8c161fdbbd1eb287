// recv() as a value: it may be moved, dropped, kept, raced and spawned like any other awaitable,
// and takes a datagram only when it is awaited.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <utility>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/run.hpp"

namespace {

using namespace asio::experimental::awaitable_operators;
using Numbers = std::vector<int>;
using Recv = asio::awaitable<dgram::Datagram>;

dgram::SocketOptions roomy() {
  dgram::SocketOptions options;
  options.recv_buffer_size = 4 << 20;
  return options;
}

struct Pair {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, roomy());
  dgram::Socket sender = test::bound(io);
};

/// The user's own: one that is a coroutine, and one that only passes the socket's on.
Recv own_coroutine(dgram::Socket& socket) {
  dgram::Datagram datagram = co_await socket.recv();
  co_return datagram;
}
Recv passed_on(dgram::Socket& socket) {
  return socket.recv();
}
Recv nested(dgram::Socket& socket) {
  dgram::Datagram datagram = co_await own_coroutine(socket);
  co_return datagram;
}

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

TEST_CASE("recv() that is moved or dropped without being awaited has taken nothing",
          "[conformance][awaitable]") {
  Pair p;
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
  Pair p;
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
  Pair p;
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
  Pair p;
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
  Pair p;
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
    Pair p;
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
  Pair p;
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
      Pair p;
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
  Pair p;
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
  dgram::BasicSocket<Executor> receiver(io, roomy());
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
      connected.connect(dgram::Socket(test::bound(io)).local_endpoint());  // it is gone again
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
  Pair p;
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
  Pair p;
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
