// Promise 5: as_default_on_t and rebind_executor. Mostly, this has to compile.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <type_traits>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace conformance_default_tokens_test {

namespace {

using namespace std::chrono_literals;

using AwaitableSocket = asio::use_awaitable_t<>::as_default_on_t<dgram::Socket>;
using ContextSocket = dgram::BasicSocket<asio::io_context::executor_type>;
using StrandSocket =
    dgram::Socket::rebind_executor<asio::strand<asio::io_context::executor_type>>::other;

static_assert(std::is_same_v<dgram::Socket, dgram::BasicSocket<>>);
static_assert(std::is_same_v<dgram::Socket::executor_type, asio::any_io_executor>);
static_assert(
    std::is_same_v<ContextSocket::rebind_executor<asio::any_io_executor>::other, dgram::Socket>);
static_assert(std::is_nothrow_move_constructible_v<dgram::Socket> &&
              std::is_nothrow_move_assignable_v<dgram::Socket>);
static_assert(!std::is_copy_constructible_v<dgram::Socket> &&
              !std::is_copy_constructible_v<dgram::Datagram>);
// What a completion signature carries (ecosystem.md, section 3).
static_assert(std::is_nothrow_move_constructible_v<dgram::Datagram> &&
              std::is_default_constructible_v<dgram::Datagram>);

}  // namespace

TEST_CASE("use_awaitable as the default token leaves the token out",
          "[conformance][tokens][reports]") {
  asio::io_context io;
  AwaitableSocket socket(io);
  socket.bind(test::any_port());
  const dgram::Endpoint here = socket.local_endpoint();
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    std::array<dgram::Datagram, 1> many;
    std::array<std::byte, 8> into;
    std::array<dgram::Outgoing, 1> batch{dgram::Outgoing(asio::buffer("d", 1), here)};
    n = co_await socket.async_send("a", here);
    CHECK(n == 1);
    n = co_await socket.async_send("b", here, dgram::SendOptions());
    CHECK(n == 1);
    n = co_await socket.async_send("c", "127.0.0.1", here.port());
    CHECK(n == 1);
    n = co_await socket.async_send_many(batch);
    CHECK(n == 1);
    n = co_await socket.async_send_segments("ef", 1, here);
    CHECK(n == 2);
    const dgram::Datagram first = co_await socket.async_recv();
    CHECK(first.text() == "a");
    const auto second = co_await socket.async_recv_for(1h);
    CHECK(second->text() == "b");
    const auto third = co_await socket.async_recv_until(std::chrono::steady_clock::now() + 1h);
    CHECK(third->text() == "c");
    n = co_await socket.async_recv_many(many);
    CHECK(n == 1);
    const dgram::Received r = co_await socket.async_recv_into(into);
    CHECK(r.size == 1);
    co_await socket.async_wait_readable();
    co_await socket.async_connect("127.0.0.1", here.port());
    n = co_await socket.async_send("g");
    CHECK(n == 1);
    const dgram::Datagram last = co_await socket.async_recv();
    CHECK(last.text() == "f");
  };
  test::run(io, body());
}

TEST_CASE("a socket on the context's own executor type works and says which executor it has",
          "[conformance][executors]") {
  asio::io_context io;
  ContextSocket socket(io);
  socket.bind(test::any_port());
  CHECK(socket.get_executor() == io.get_executor());
  const dgram::Endpoint here = socket.local_endpoint();
  std::string got;
  const auto body = [&]() -> asio::awaitable<void, asio::io_context::executor_type> {
    co_await socket.send("typed", here);
    const dgram::Datagram d = co_await socket.recv();
    got = d.text();
    const auto nothing = co_await socket.recv_for(0s);
    CHECK_FALSE(nothing);
  };
  asio::co_spawn(io.get_executor(), body(), asio::detached);
  test::run(io);
  CHECK(got == "typed");
}

TEST_CASE("a socket on a strand's own type completes on that strand", "[conformance][executors]") {
  asio::io_context io;
  const auto strand = asio::make_strand(io.get_executor());
  StrandSocket socket(strand);
  socket.bind(test::any_port());
  CHECK(socket.get_executor() == strand);
  bool on_strand = false;
  socket.async_send("x", socket.local_endpoint(), [&](std::error_code, std::size_t) {
    on_strand = strand.running_in_this_thread();
  });
  test::run(io);
  CHECK(on_strand);
}

}  // namespace conformance_default_tokens_test
