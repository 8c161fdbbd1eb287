// Promise 6: an ICMP error never ends a socket, and never fails a send to another peer.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_icmp_test {

using test::dead_port;

TEST_CASE("a connected socket reports a refused datagram to exactly one receive and stays usable",
          "[conformance][icmp]") {
  asio::io_context io;
  const dgram::Endpoint dead = dead_port(io);
  dgram::Socket socket = test::bound(io);
  socket.connect(dead);
  test::Outcome<dgram::Datagram> first, second;
  socket.async_recv(first.handler());
  socket.async_recv(second.handler());
  io.poll();
  std::error_code ec;
  CHECK(socket.try_send("to nobody", ec));
  for (int i = 0; i < 100 && first.calls == 0; ++i) io.run_one_for(std::chrono::milliseconds(50));
  io.poll();
  CHECK(first.calls == 1);
  CHECK(first.ec == asio::error::connection_refused);
  CHECK(second.calls == 0);

  // The peer comes to life: the one that waited is served.
  dgram::Socket peer(io);
  peer.bind(dead);
  test::put(peer, socket, "here I am");
  test::run(io);
  CHECK(second.calls == 1);
  CHECK_FALSE(second.ec);
  CHECK(second.value.text() == "here I am");
}

TEST_CASE("a refused datagram is reported once by each form of receive", "[conformance][icmp]") {
  for (const test::Operation operation : test::receiving) {
    if (operation == test::Operation::wait_readable)
      continue;  // it says that try_recv has something to say
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    socket.connect(dead_port(io));
    std::error_code ec;
    socket.try_send("to nobody", ec);
    test::Memory memory;
    int calls = 0;
    test::start(
        operation, socket, memory, {}, test::plain, [&](std::error_code result, std::size_t) {
          ++calls;
          ec = result;
        });
    test::run(io);
    CHECK(calls == 1);
    CHECK(ec == asio::error::connection_refused);
    CHECK_FALSE(socket.try_recv(ec));
    CHECK(ec == asio::error::would_block);
  }
}

TEST_CASE("wait_readable ends on a refused datagram and leaves the error to try_recv",
          "[conformance][icmp]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.connect(dead_port(io));
  test::Outcome<void> readable;
  socket.async_wait_readable(readable.handler());
  io.poll();
  std::error_code ec;
  socket.try_send("to nobody", ec);
  test::run(io);
  CHECK(readable.calls == 1);
  CHECK_FALSE(readable.ec);
  CHECK_FALSE(socket.try_recv(ec));
  CHECK(ec == asio::error::connection_refused);
  CHECK_FALSE(socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
}

TEST_CASE("a refused datagram is reported by the next send, which is not repeated",
          "[conformance][icmp]") {
  asio::io_context io;
  const dgram::Endpoint dead = dead_port(io);
  dgram::Socket socket = test::bound(io);
  socket.connect(dead);
  std::error_code ec;
  CHECK(socket.try_send("first", ec));
  dgram::Socket peer(io);
  peer.bind(dead);
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    std::error_code code;
    co_await socket.async_send("second", asio::redirect_error(asio::use_awaitable, code));
    CHECK(code == asio::error::connection_refused);
    n = co_await socket.send("third");
    CHECK(n == 5);
  };
  test::run(io, body());
  const auto d = peer.try_recv(ec);
  REQUIRE(d);
  CHECK(d->text() == "third");
  CHECK_FALSE(peer.try_recv(ec));
  CHECK(socket.stats().send_errors == 1);
}

TEST_CASE("in a send_many on a connected socket one datagram alone carries the refusal",
          "[conformance][icmp]") {
  asio::io_context io;
  const dgram::Endpoint dead = dead_port(io);
  dgram::Socket socket = test::bound(io);
  socket.connect(dead);
  std::error_code ec;
  socket.try_send("refused", ec);
  dgram::Socket peer(io);
  peer.bind(dead);
  std::array<dgram::Outgoing, 4> batch;
  for (dgram::Outgoing& out : batch) out.bytes = asio::buffer("x", 1);
  test::Outcome<std::size_t> outcome;
  socket.async_send_many(batch, outcome.handler());
  test::run(io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value == 3);
  int refused = 0;
  for (const dgram::Outgoing& out : batch) refused += out.result == asio::error::connection_refused;
  CHECK(refused == 1);
  int arrived = 0;
  while (peer.try_recv(ec)) ++arrived;
  CHECK(arrived == 3);
}

TEST_CASE("an unconnected socket never sees a refusal, and goes on sending to others",
          "[conformance][icmp]") {
  asio::io_context io;
  const dgram::Endpoint dead = dead_port(io);
  dgram::Socket socket = test::bound(io);
  dgram::Socket alive = test::bound(io);
  const dgram::Endpoint to = alive.local_endpoint();
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    for (int i = 0; i < 10; ++i) {
      co_await socket.send("nobody", dead);
      co_await socket.send("somebody", to);
    }
    std::array<dgram::Outgoing, 2> batch{dgram::Outgoing(asio::buffer("nobody", 6), dead),
                                         dgram::Outgoing(asio::buffer("somebody", 8), to)};
    n = co_await socket.send_many(batch);
    CHECK(n == 2);
    test::put(alive, socket, "answer");
    const dgram::Datagram d = co_await socket.recv();
    CHECK(d.text() == "answer");
  };
  test::run(io, body());
  std::error_code ec;
  int arrived = 0;
  while (auto d = alive.try_recv(ec)) arrived += d->text() == "somebody";
  CHECK(arrived == 11);
  CHECK(socket.stats().send_errors == 0);
}

}  // namespace conformance_icmp_test
