// unref() and ref(): whether a socket that waits for datagrams keeps run() from returning.
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/execution/context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <atomic>
#include <chrono>
#include <dgram/dgram.hpp>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_unref_test {

namespace {

/// An executor of the context with so little to it that any_io_executor cannot hold it.
class PlainExecutor {
 public:
  PlainExecutor(asio::io_context& context, int& calls) noexcept
      : context_(&context), calls_(&calls) {}
  asio::execution_context& query(asio::execution::context_t) const noexcept { return *context_; }
  template <class Function>
  void execute(Function function) const {
    ++*calls_;
    asio::post(*context_, std::move(function));
  }
  bool operator==(const PlainExecutor& other) const noexcept { return context_ == other.context_; }
  bool operator!=(const PlainExecutor& other) const noexcept { return context_ != other.context_; }

 private:
  asio::io_context* context_;
  int* calls_;
};
static_assert(!std::is_convertible_v<PlainExecutor, asio::any_io_executor>);

}  // namespace

TEST_CASE("run() returns when only unref'ed sockets are left, whatever they wait for",
          "[socket][unref]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  const bool before = GENERATE(false, true);
  if (before) socket.unref();
  socket.async_recv(outcome.handler());
  if (!before) socket.unref();
  socket.unref();  // and again
  test::run(io);
  CHECK(outcome.calls == 0);
  test::run(io);  // nor does the next one hang, or end too early for what there is
  CHECK(outcome.calls == 0);

  dgram::Socket sender = test::bound(io);
  test::put(sender, socket, "still here");
  asio::steady_timer timer(io, std::chrono::milliseconds(200));
  bool timed = false;
  timer.async_wait([&](std::error_code) { timed = true; });
  test::run(io);
  CHECK(timed);
  CHECK(outcome.calls == 1);
  CHECK(outcome.value.text() == "still here");
}

TEST_CASE("run() returns when an unref'ed receive waits for a handler on a strand of the context",
          "[socket][unref]") {
  const bool before = GENERATE(false, true);
  const bool two_threads = GENERATE(false, true);
  asio::io_context io(two_threads ? 2 : 1);
  const auto strand = asio::make_strand(io);
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  if (before) socket.unref();
  socket.async_recv(asio::bind_executor(strand, outcome.handler()));
  if (!before) socket.unref();
  test::run(io);
  CHECK(outcome.calls == 0);
  socket.ref();
  dgram::Socket sender = test::bound(io);
  test::put(sender, socket, "still here");
  test::run(io);
  CHECK(outcome.value.text() == "still here");
}

TEST_CASE(
    "run() returns when an unref'ed receive waits for a handler on an executor of a few members",
    "[socket][unref]") {
  const bool before = GENERATE(false, true);
  asio::io_context io;
  int calls = 0;
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  if (before) socket.unref();
  socket.async_recv(asio::bind_executor(PlainExecutor(io, calls), outcome.handler()));
  if (!before) socket.unref();
  test::run(io);
  CHECK(outcome.calls == 0);
  socket.ref();
  dgram::Socket sender = test::bound(io);
  test::put(sender, socket, "still here");
  test::run(io);
  CHECK(outcome.value.text() == "still here");
  CHECK(calls == 1);
}

TEST_CASE("an unref'ed socket works as long as something else keeps run() going",
          "[socket][unref]") {
  asio::io_context io;
  dgram::Socket server = test::bound(io);
  dgram::Socket client = test::bound(io);
  server.unref();
  int served = 0;
  // With callbacks: a coroutine that was spawned counts as work itself.
  std::function<void()> serve = [&] {
    server.async_recv([&](std::error_code ec, const dgram::Datagram& d) {
      if (ec) return;
      std::error_code ignored;
      server.try_send(d, d.remote(), ignored);
      ++served;
      serve();
    });
  };
  serve();
  const auto ask = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      co_await client.send("x", server.local_endpoint());
      co_await client.recv();
    }
  };
  test::run(io, ask());  // ends, although the server still waits
  CHECK(served == 100);
}

TEST_CASE("an unref'ed receive that finds a datagram at once takes no work from others",
          "[socket][unref]") {
  asio::io_context io(1);
  dgram::Socket socket = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, socket, "empties it");
  test::Outcome<dgram::Datagram> first;
  socket.async_recv(first.handler());
  test::run(io);
  REQUIRE(first.calls == 1);
  socket.unref();

  // The loop sees the next datagram while nobody waits for it; then one handler is all there is to
  // do.
  test::put(sender, socket, "at once");
  io.restart();
  io.poll();
  test::Outcome<dgram::Datagram> second;
  asio::steady_timer timer(io, std::chrono::milliseconds(1));
  bool again = false;
  timer.async_wait([&](std::error_code) {
    socket.async_recv(second.handler());
    timer.expires_after(std::chrono::milliseconds(20));
    timer.async_wait([&](std::error_code) { again = true; });
  });
  io.restart();
  io.run();
  CHECK(again);
  CHECK(second.calls == 1);
}

TEST_CASE("ref() makes a waiting socket keep run() going again", "[socket][unref]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  socket.unref();
  test::run(io);
  socket.ref();
  socket.ref();
  io.restart();
  io.poll();
  CHECK_FALSE(io.stopped());
  dgram::Socket sender = test::bound(io);
  test::put(sender, socket, "x");
  test::run(io);
  CHECK(outcome.calls == 1);
}

TEST_CASE("an unref'ed socket may be closed, and its receives end as ever", "[socket][unref]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  socket.unref();
  test::run(io);
  socket.close();
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::operation_aborted);
}

// Seen by ThreadSanitizer: what unref() does to a wait is done where the wait ends.
TEST_CASE(
    "an unref'ed socket of a context of two threads is left alone off the strand that uses it",
    "[socket][unref]") {
  constexpr int datagrams = 5000;
  asio::io_context io;
  auto guard = asio::make_work_guard(io);
  const auto strand = asio::make_strand(io);
  dgram::Socket socket = test::bound(io);
  asio::io_context other;
  dgram::Socket sender = test::bound(other);
  const dgram::Endpoint to = socket.local_endpoint();
  std::atomic<int> got = 0;
  const auto receive = [&]() -> asio::awaitable<void> {
    socket.unref();
    while (got < datagrams) {
      const dgram::Datagram datagram = co_await socket.recv();
      got += !datagram.text().empty();
    }
    socket.close();
    guard.reset();
  };
  asio::co_spawn(strand, receive(), asio::detached);
  std::thread second([&] { io.run_for(test::deadline); });
  std::thread sends([&] {
    const auto limit = std::chrono::steady_clock::now() + test::deadline;
    // One at a time, so that each of them is waited for.
    for (int i = 0; i < datagrams; ++i) {
      std::error_code ec;
      sender.try_send("x", to, ec);
      while (got <= i && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    }
  });
  io.run_for(test::deadline);
  second.join();
  sends.join();
  CHECK(got == datagrams);
}

}  // namespace socket_unref_test
