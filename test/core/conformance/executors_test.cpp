// Executors: strands on a context that two threads run, thread pools, and sockets that were made
// elsewhere than they are used.
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <dgram/dgram.hpp>
#include <future>
#include <thread>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_executors_test {

namespace {

using namespace std::chrono_literals;

/// Runs the context on this thread and on another one.
void run_on_two_threads(asio::io_context& io) {
  std::thread second([&] { io.run_for(test::deadline); });
  io.run_for(test::deadline);
  second.join();
  if (!io.stopped()) throw std::runtime_error("the deadline of the test has passed");
}

}  // namespace

TEST_CASE("a socket made with a plain context may be used from a strand of a two-thread context",
          "[conformance][executors]") {
  asio::io_context io(2);
  const auto strand = asio::make_strand(io);
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  constexpr int total = 2000;
  std::atomic<int> received = 0;
  bool in_order = true;  // touched on the strand only
  bool on_strand = true;

  const auto receive = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      const dgram::Datagram d = co_await receiver.recv();
      in_order = in_order && test::number(d) == i;
      on_strand = on_strand && strand.running_in_this_thread();
      ++received;
    }
  };
  const auto send = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total;) {
      if (i - received < 64) {
        const std::string text = std::to_string(i++);
        co_await sender.send(text, to);
      } else {
        co_await asio::post(asio::use_awaitable);
      }
    }
  };
  asio::co_spawn(strand, receive(), asio::detached);
  asio::co_spawn(asio::make_strand(io), send(), asio::detached);
  run_on_two_threads(io);
  CHECK(received == total);
  CHECK(in_order);
  CHECK(on_strand);
}

TEST_CASE("deadlines and races work on a strand of a two-thread context",
          "[conformance][executors]") {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io(2);
  const auto strand = asio::make_strand(io);
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  int expired = 0, raced = 0, late = -1;
  const auto body = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(strand);
    for (int i = 0; i < 50; ++i) {
      const auto nothing = co_await socket.recv_for(100us);
      expired += !nothing;
      timer.expires_after(100us);
      const auto first = co_await (socket.recv() || timer.async_wait(asio::use_awaitable));
      raced += first.index() == 1;
    }
    test::put_numbers(peer, socket, 7, 8);
    const dgram::Datagram d = co_await socket.recv();
    late = test::number(d);
  };
  asio::co_spawn(strand, body(), asio::detached);
  run_on_two_threads(io);
  CHECK(expired == 50);
  CHECK(raced == 50);
  CHECK(late == 7);
}

TEST_CASE("distinct sockets of one context may be used from distinct strands",
          "[conformance][executors]") {
  asio::io_context io(2);
  constexpr int pairs = 4, each = 300;
  std::atomic<int> received = 0;
  const auto talk = [&](dgram::Socket& socket) -> asio::awaitable<void> {
    const dgram::Endpoint here = socket.local_endpoint();
    for (int i = 0; i < each; ++i) {
      co_await socket.send("to myself", here);
      const dgram::Datagram d = co_await socket.recv();
      received += d.text() == "to myself";
    }
  };
  std::vector<dgram::Socket> sockets;
  for (int i = 0; i < pairs; ++i) sockets.push_back(test::bound(io));
  for (dgram::Socket& socket : sockets)
    asio::co_spawn(asio::make_strand(io), talk(socket), asio::detached);
  run_on_two_threads(io);
  CHECK(received == pairs * each);
}

TEST_CASE("a socket works on a thread pool", "[conformance][executors]") {
  asio::thread_pool pool(1);
  std::promise<std::string> result;
  {
    dgram::Socket socket(pool);
    socket.bind(test::any_port());
    const dgram::Endpoint here = socket.local_endpoint();
    const auto body = [&]() -> asio::awaitable<void> {
      co_await socket.send("pool", here);
      const dgram::Datagram d = co_await socket.recv();
      const auto nothing = co_await socket.recv_for(1ms);
      result.set_value(nothing ? "unexpected" : std::string(d.text()));
    };
    asio::co_spawn(pool, body(), asio::detached);
    auto future = result.get_future();
    REQUIRE(future.wait_for(test::deadline) == std::future_status::ready);
    CHECK(future.get() == "pool");
    pool.join();
  }
}

TEST_CASE("a handler may run on a thread pool while the socket lives on a context",
          "[conformance][executors]") {
  asio::io_context io;
  asio::thread_pool pool(1);
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "x");
  std::promise<std::thread::id> where;
  receiver.async_recv(asio::bind_executor(
      pool.get_executor(),
      [&](std::error_code, dgram::Datagram) { where.set_value(std::this_thread::get_id()); }));
  auto future = where.get_future();
  test::run(io);
  REQUIRE(future.wait_for(test::deadline) == std::future_status::ready);
  CHECK(future.get() != std::this_thread::get_id());
  pool.join();
}

TEST_CASE("use_future on a socket of a strand runs the operation on the strand",
          "[conformance][executors]") {
  // A future's own executor is the system executor, with threads of its own: the socket must not be
  // touched there.
  asio::io_context io(2);
  const auto strand = asio::make_strand(io);
  dgram::Socket socket(strand);
  socket.bind(test::any_port());
  dgram::Socket peer = test::bound(io);
  std::vector<std::future<dgram::Datagram>> futures;
  asio::post(strand, [&] {
    for (int i = 0; i < 20; ++i) futures.push_back(socket.async_recv(asio::use_future));
  });
  for (int i = 0; i < 20; ++i) test::put(peer, socket, std::to_string(i));
  run_on_two_threads(io);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(futures[static_cast<std::size_t>(i)].wait_for(test::deadline) ==
            std::future_status::ready);
    CHECK(test::number(futures[static_cast<std::size_t>(i)].get()) == i);
  }
}

}  // namespace conformance_executors_test
