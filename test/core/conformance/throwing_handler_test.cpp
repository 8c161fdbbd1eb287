// A callback that throws: the exception leaves run(), the socket stays usable, and the others that
// wait are served.
#include <dgram/dgram.hpp>
#include <stdexcept>

#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_throwing_handler_test {

namespace {

struct Oops : std::runtime_error {
  Oops() : std::runtime_error("thrown by the user's handler") {}
};

const auto throwing = [](std::error_code, auto) { throw Oops(); };

}  // namespace

TEST_CASE("a receive handler that throws leaves run(), and the next receive is served",
          "[conformance][exceptions]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> second, third;
  receiver.async_recv(throwing);
  receiver.async_recv(second.handler());
  receiver.async_recv(third.handler());
  io.poll();
  for (const char* text : {"1", "2", "3"}) test::put(sender, receiver, text);
  CHECK_THROWS_AS(test::run(io), Oops);
  CHECK(second.calls == 0);

  test::run(io);
  CHECK(second.value.text() == "2");
  CHECK(third.value.text() == "3");
  test::put(sender, receiver, "4");
  std::error_code ec;
  CHECK(receiver.try_recv(ec));
}

TEST_CASE("a recv_error handler that throws leaves run(), and the next one is served",
          "[conformance][exceptions][reports]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io, test::options_for(test::Operation::recv_error));
  test::Outcome<dgram::ErrorReport> second;
  socket.async_recv_error(throwing);
  socket.async_recv_error(second.handler());
  io.poll();
  test::put_report(socket);
  test::put_report(socket);
  CHECK_THROWS_AS(test::run(io), Oops);
  CHECK(second.calls == 0);
  test::run(io);
  CHECK(second.calls == 1);
  CHECK_FALSE(second.ec);
  CHECK(second.value.error == asio::error::connection_refused);
  test::put(socket, socket, "alive");
  std::error_code ec;
  CHECK(socket.try_recv(ec));
}

TEST_CASE("a handler that throws on cancellation does not keep the others from theirs",
          "[conformance][exceptions]") {
  for (const bool close : {false, true}) {
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    test::Outcome<dgram::Datagram> second;
    socket.async_recv(throwing);
    socket.async_recv(second.handler());
    io.poll();
    if (close)
      socket.close();
    else
      socket.cancel();
    CHECK_THROWS_AS(test::run(io), Oops);
    test::run(io);
    CHECK(second.calls == 1);
    CHECK(second.ec == asio::error::operation_aborted);
  }
}

TEST_CASE("a handler that throws at its deadline does not keep the others from theirs",
          "[conformance][exceptions]") {
  using namespace std::chrono_literals;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<std::optional<dgram::Datagram>> second;
  socket.async_recv_for(1ms, throwing);
  socket.async_recv_for(1ms, second.handler());
  CHECK_THROWS_AS(test::run(io), Oops);
  test::run(io);
  CHECK(second.calls == 1);
  CHECK_FALSE(second.ec);
  CHECK_FALSE(second.value);
}

TEST_CASE("a send handler that throws does not stop the sends behind it",
          "[conformance][exceptions]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  gate->shut = true;
  test::Outcome<std::size_t> second;
  sender.async_send("1", to, throwing);
  sender.async_send("2", to, second.handler());
  io.poll();
  gate->open();
  CHECK_THROWS_AS(test::run(io), Oops);
  test::run(io);
  CHECK(second.value == 1);
  CHECK(sender.send_queue_count() == 0);
  CHECK(sender.stats().datagrams_sent == 2);
}

TEST_CASE("a lookup function that throws fails the operation, and the socket stays usable",
          "[conformance][exceptions]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler) { throw Oops(); });
  test::Outcome<std::size_t> outcome;
  bool thrown = false;
  // Where it surfaces is not promised: out of the call, out of run(), or as the operation's error.
  // That nothing hangs or leaks is.
  try {
    sender.async_send("x", "example.invalid", 9, outcome.handler());
    test::run(io);
  } catch (const Oops&) {
    thrown = true;
  }
  test::run(io);
  CHECK((thrown || outcome.ec));
  CHECK(outcome.calls <= 1);
  std::error_code ec;
  CHECK(sender.try_send("x", sender.local_endpoint(), ec));
}

TEST_CASE("a coroutine that throws after a recv ends alone", "[conformance][exceptions]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> second;
  const auto body = [&]() -> asio::awaitable<void> {
    receiver.async_recv(second.handler());
    const dgram::Datagram d = co_await receiver.recv();
    throw Oops();
  };
  test::put(sender, receiver, "1");
  test::put(sender, receiver, "2");
  CHECK_THROWS_AS(test::run(io, body()), Oops);
  CHECK(second.value.text() == "1");
}

}  // namespace conformance_throwing_handler_test
