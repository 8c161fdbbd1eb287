// Promise 5: every operation takes any completion token.
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <dgram/dgram.hpp>
#include <future>
#include <thread>

#if __has_include(<asio/deferred.hpp>)
#include <asio/deferred.hpp>
inline constexpr auto deferred = asio::deferred;
#else
#include <asio/experimental/deferred.hpp>
inline constexpr auto deferred = asio::experimental::deferred;
#endif

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_tokens_test {

namespace {

using namespace std::chrono_literals;

struct Greeted : test::SocketPair {
  dgram::Endpoint to = receiver.local_endpoint();

  void put(int n) {
    for (int i = 0; i < n; ++i) test::put(sender, receiver, "hello");
  }
};

/// Whoever moves from it leaves nullptr.
struct CountingHandler {
  std::shared_ptr<int> calls;
  void operator()(std::error_code) const { ++*calls; }
  template <class Result>
  void operator()(std::error_code, Result&&) const {
    ++*calls;
  }
};

}  // namespace

TEST_CASE("a plain callback works as a token", "[conformance][tokens]") {
  Greeted p;
  test::Outcome<dgram::Datagram> received;
  test::Outcome<std::size_t> sent;
  p.receiver.async_recv(received.handler());
  p.sender.async_send("hello", p.to, sent.handler());
  test::run(p.io);
  CHECK(received.calls == 1);
  CHECK(received.value.text() == "hello");
  CHECK(sent.calls == 1);
  CHECK(sent.value == 5);
}

TEST_CASE("a callback may be move-only", "[conformance][tokens]") {
  Greeted p;
  p.put(1);
  int got = 0;
  p.receiver.async_recv(
      [&got, owned = std::make_unique<int>(7)](std::error_code, dgram::Datagram) { got = *owned; });
  test::run(p.io);
  CHECK(got == 7);
}

TEST_CASE("use_future works as a token", "[conformance][tokens]") {
  Greeted p;
  p.put(5);
  std::array<dgram::Datagram, 1> many;
  std::array<std::byte, 8> into;
  std::array<dgram::Outgoing, 1> batch{dgram::Outgoing(asio::buffer("x", 1), p.to)};
  std::future<dgram::Datagram> recv = p.receiver.async_recv(asio::use_future);
  std::future<std::optional<dgram::Datagram>> recv_for =
      p.receiver.async_recv_for(1h, asio::use_future);
  std::future<std::size_t> recv_many = p.receiver.async_recv_many(many, asio::use_future);
  std::future<dgram::Received> recv_into = p.receiver.async_recv_into(into, asio::use_future);
  std::future<void> readable = p.receiver.async_wait_readable(asio::use_future);
  std::future<std::size_t> send = p.sender.async_send("x", p.to, asio::use_future);
  std::future<std::size_t> send_many = p.sender.async_send_many(batch, asio::use_future);
  std::future<std::size_t> segments =
      p.sender.async_send_segments("xyz", 2, p.to, asio::use_future);
  std::future<std::size_t> by_name =
      p.sender.async_send("x", "127.0.0.1", p.to.port(), asio::use_future);
  test::run(p.io);
  CHECK(recv.get().text() == "hello");
  CHECK(recv_for.get()->text() == "hello");
  CHECK(recv_many.get() == 1);
  CHECK(recv_into.get().size == 5);
  CHECK_NOTHROW(readable.get());
  CHECK(send.get() == 1);
  CHECK(send_many.get() == 1);
  CHECK(segments.get() == 3);
  CHECK(by_name.get() == 1);
}

TEST_CASE("use_future works from a thread that does not run the context", "[conformance][tokens]") {
  Greeted p;
  p.put(1);
  auto work = asio::make_work_guard(p.io);
  // The socket belongs to the context's thread: the call that starts the receive is made there.
  std::promise<std::future<dgram::Datagram>> started;
  auto handed_over = started.get_future();
  asio::post(p.io, [&] { started.set_value(p.receiver.async_recv(asio::use_future)); });
  std::thread runner([&] { p.io.run_for(test::deadline); });
  std::future<dgram::Datagram> future = handed_over.get();
  const bool in_time = future.wait_for(test::deadline) == std::future_status::ready;
  work.reset();
  runner.join();
  REQUIRE(in_time);
  CHECK(future.get().text() == "hello");
}

TEST_CASE("use_future carries the error as an exception", "[conformance][tokens]") {
  Greeted p;
  std::future<dgram::Datagram> future = p.receiver.async_recv(asio::use_future);
  p.receiver.close();
  test::run(p.io);
  CHECK_THROWS_AS(future.get(), std::system_error);
}

TEST_CASE("use_awaitable works as a token", "[conformance][tokens]") {
  Greeted p;
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    n = co_await p.sender.async_send("hello", p.to, asio::use_awaitable);
    CHECK(n == 5);
    const dgram::Datagram d = co_await p.receiver.async_recv(asio::use_awaitable);
    CHECK(d.text() == "hello");
    co_await p.sender.async_send("again", p.to, asio::use_awaitable);
    co_await p.receiver.async_wait_readable(asio::use_awaitable);
  };
  test::run(p.io, body());
}

TEST_CASE("redirect_error works as a token", "[conformance][tokens]") {
  Greeted p;
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    co_await p.sender.async_send("x", asio::redirect_error(asio::use_awaitable, ec));
    CHECK(ec == asio::error::not_connected);
    co_await p.sender.async_send("x", p.to, asio::redirect_error(asio::use_awaitable, ec));
    CHECK_FALSE(ec);
  };
  test::run(p.io, body());
}

TEST_CASE("as_tuple works as a token", "[conformance][tokens]") {
  Greeted p;
  const auto body = [&]() -> asio::awaitable<void> {
    // Named first: no structured binding to a co_await (g++ 15).
    const auto sent =
        co_await p.sender.async_send("hello", p.to, DGRAM_DETAIL_AS_TUPLE(asio::use_awaitable));
    CHECK_FALSE(std::get<0>(sent));
    CHECK(std::get<1>(sent) == 5);
    const auto received =
        co_await p.receiver.async_recv(DGRAM_DETAIL_AS_TUPLE(asio::use_awaitable));
    CHECK_FALSE(std::get<0>(received));
    CHECK(std::get<1>(received).text() == "hello");
    p.receiver.stop_receiving();
    const auto ended = co_await p.receiver.async_recv(DGRAM_DETAIL_AS_TUPLE(asio::use_awaitable));
    CHECK(std::get<0>(ended) == asio::error::eof);
    CHECK_FALSE(std::get<1>(ended).has_value());
  };
  test::run(p.io, body());
}

TEST_CASE("deferred works as a token, and starts nothing before it is launched",
          "[conformance][tokens]") {
  Greeted p;
  p.put(1);
  test::Outcome<dgram::Datagram> received;
  auto operation = p.receiver.async_recv(deferred);
  p.io.poll();
  CHECK(p.receiver.stats().receive_calls.calls() == 0);
  std::move(operation)(received.handler());
  test::run(p.io);
  CHECK(received.calls == 1);
  CHECK(received.value.text() == "hello");

  auto send = p.sender.async_send("one", p.to, deferred);
  test::Outcome<std::size_t> sent;
  std::move(send)(sent.handler());
  test::run(p.io);
  CHECK(sent.value == 3);
}

TEST_CASE("recv_error takes any completion token", "[conformance][tokens][reports]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io, test::options_for(test::Operation::recv_error));
  std::future<dgram::ErrorReport> future = socket.async_recv_error(asio::use_future);
  test::put_report(socket);
  test::run(io);
  CHECK(future.get().error == asio::error::connection_refused);

  const auto body = [&]() -> asio::awaitable<void> {
    test::put_report(socket);
    const dgram::ErrorReport first = co_await socket.recv_error();
    CHECK(first.error == asio::error::connection_refused);
    test::put_report(socket);
    const dgram::ErrorReport second = co_await socket.async_recv_error(asio::use_awaitable);
    CHECK(second.error == asio::error::connection_refused);
    test::put_report(socket);
    const auto third = co_await socket.async_recv_error(DGRAM_DETAIL_AS_TUPLE(asio::use_awaitable));
    CHECK_FALSE(std::get<0>(third));
    CHECK(std::get<1>(third).error == asio::error::connection_refused);
    test::put_report(socket);
    std::error_code ec = asio::error::no_memory;
    const dgram::ErrorReport fourth = co_await socket.recv_error(ec);
    CHECK_FALSE(ec);
    CHECK(fourth.error == asio::error::connection_refused);
    socket.close();
    co_await socket.async_recv_error(asio::redirect_error(asio::use_awaitable, ec));
    CHECK(ec == asio::error::bad_descriptor);
  };
  auto operation = socket.async_recv_error(deferred);  // starts nothing yet
  test::run(io, body());
  test::Outcome<dgram::ErrorReport> last;
  std::move(operation)(last.handler());
  socket.async_recv_error(asio::detached);
  test::run(io);
  CHECK(last.ec == asio::error::bad_descriptor);
}

TEST_CASE("a handler that is passed by name is copied, in every operation",
          "[conformance][tokens]") {
  Greeted p;
  dgram::Socket& socket = p.receiver;
  std::vector<dgram::Datagram> into(1);
  std::vector<std::byte> memory(10);
  std::vector<dgram::Outgoing> batch(1, dgram::Outgoing(asio::buffer("x", 1), p.to));
  int calls = 0;
  CountingHandler handler{std::shared_ptr<int>(&calls, [](int*) {})};
  const CountingHandler constant = handler;
  int operations = 0;
  const auto check = [&](auto start) {
    start(handler);
    CHECK(handler.calls);
    start(constant);
    operations += 2;
  };
  check([&](auto& h) { socket.async_recv(h); });
  check([&](auto& h) { socket.async_recv_for(1h, h); });
  check([&](auto& h) { socket.async_recv_until(dgram::TimePoint::max(), h); });
  check([&](auto& h) { socket.async_recv_many(into, h); });
  check([&](auto& h) { socket.async_recv_into(memory, h); });
  check([&](auto& h) { socket.async_wait_readable(h); });
  check([&](auto& h) { socket.async_recv_error(h); });
  check([&](auto& h) { socket.async_send("x", p.to, h); });
  check([&](auto& h) { socket.async_send("x", p.to, dgram::SendOptions(), h); });
  check([&](auto& h) { socket.async_send("x", h); });
  check([&](auto& h) { socket.async_send("x", "127.0.0.1", p.to.port(), h); });
  check([&](auto& h) { socket.async_send_many(batch, h); });
  check([&](auto& h) { socket.async_send_segments("x", 1, p.to, h); });
  check([&](auto& h) { socket.async_send_segments("x", 1, p.to, dgram::SendOptions(), h); });
  check([&](auto& h) { socket.async_send_segments("x", 1, h); });
  check([&](auto& h) { socket.async_resolve("127.0.0.1", h); });
  check([&](auto& h) { socket.async_bind("127.0.0.1", 0, h); });
  check([&](auto& h) { socket.async_connect("127.0.0.1", p.to.port(), h); });
  p.io.poll();
  socket.close();
  test::run(p.io);
  CHECK(calls == operations);
}

TEST_CASE("detached works as a token", "[conformance][tokens]") {
  Greeted p;
  p.sender.async_send("hello", p.to, asio::detached);
  p.sender.async_send("hello", "127.0.0.1", p.to.port(), asio::detached);
  test::run(p.io);
  p.receiver.async_recv(asio::detached);
  p.receiver.async_recv_for(0s, asio::detached);
  test::run(p.io);
  std::error_code ec;
  CHECK_FALSE(p.receiver.try_recv(ec));
}

TEST_CASE("an operation may be started from the handler of another", "[conformance][tokens]") {
  Greeted p;
  p.put(3);
  int got = 0;
  std::function<void()> next = [&] {
    p.receiver.async_recv([&](std::error_code ec, dgram::Datagram) {
      if (!ec && ++got < 3) next();
    });
  };
  next();
  test::run(p.io);
  CHECK(got == 3);
}

}  // namespace conformance_tokens_test
