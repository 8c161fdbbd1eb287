// A moved-from, closed or never opened socket answers bad_descriptor to every call, and crashes at
// none.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_dead_socket_test {

namespace {

void check_every_call(asio::io_context& io, dgram::Socket& socket) {
  const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
  std::error_code ec;
  const auto is_dead = [&ec](const char* call) {
    INFO(call);
    CHECK(ec == asio::error::bad_descriptor);
    ec.clear();
  };

  CHECK_FALSE(socket.is_open());
  CHECK(socket.native_handle() == dgram::invalid_handle);
  socket.bind(test::any_port(), ec), is_dead("bind");
  socket.connect(to, ec), is_dead("connect");
  socket.disconnect(ec), is_dead("disconnect");
  socket.adopt(0, ec), is_dead("adopt");
  CHECK(socket.release(ec) == dgram::invalid_handle);
  is_dead("release");
  socket.local_endpoint(ec), is_dead("local_endpoint");
  socket.remote_endpoint(ec), is_dead("remote_endpoint");
  asio::socket_base::receive_buffer_size size(4096);
  socket.set_option(size, ec), is_dead("set_option");
  socket.get_option(size, ec), is_dead("get_option");
  CHECK_FALSE(socket.try_recv(ec));
  is_dead("try_recv");
  CHECK_FALSE(socket.try_send("x", to, ec));
  is_dead("try_send");
  CHECK_FALSE(socket.try_send("x", ec));
  is_dead("try_send connected");
  CHECK_THROWS_AS(socket.bind(), dgram::Error);
  CHECK_THROWS_AS(socket.connect(to), dgram::Error);
  CHECK_THROWS_AS(socket.local_endpoint(), dgram::Error);

  // These have nothing to answer.
  socket.cancel();
  socket.close();
  socket.stop_receiving();
  socket.set_lookup({});
  CHECK(socket.send_queue_count() == 0);
  CHECK(socket.send_queue_size() == 0);
  CHECK(socket.stats().held == 0);
  CHECK(socket.get_executor() == asio::any_io_executor(io.get_executor()));

  for (const auto* operations : {&test::receiving[0], &test::sending[0]}) {
    const std::size_t count =
        operations == &test::receiving[0] ? test::receiving.size() : test::sending.size();
    for (std::size_t i = 0; i < count; ++i) {
      INFO(test::name(operations[i]));
      test::Memory memory;
      test::Outcome<std::size_t> outcome;
      test::start(operations[i], socket, memory, to, test::plain, outcome.handler());
      CHECK(outcome.calls == 0);
      test::run(io);
      CHECK(outcome.calls == 1);
      CHECK(outcome.ec == asio::error::bad_descriptor);
      CHECK(outcome.value == 0);
    }
  }
  test::Outcome<void> bound, connected;
  socket.async_bind("127.0.0.1", 0, bound.handler());
  socket.async_connect("localhost", 9, connected.handler());
  test::Outcome<std::size_t> by_name;
  socket.async_send("x", "localhost", 9, by_name.handler());
  test::run(io);
  CHECK(bound.ec == asio::error::bad_descriptor);
  CHECK(connected.ec == asio::error::bad_descriptor);
  CHECK(by_name.ec == asio::error::bad_descriptor);

  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code code;
    const dgram::Datagram d = co_await socket.recv(code);
    CHECK(code == asio::error::bad_descriptor);
    CHECK_FALSE(d.has_value());
    try {
      co_await socket.send("x", to);
      FAIL("a dead socket has sent");
    } catch (const dgram::Error& e) {
      CHECK(e.code() == asio::error::bad_descriptor);
    }
  };
  test::run(io, body());
}

}  // namespace

TEST_CASE("a moved-from socket answers bad_descriptor to every call", "[socket][dead]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket other(std::move(socket));
  check_every_call(io, socket);
  CHECK(other.is_open());
}

TEST_CASE("a socket that was moved away by assignment answers bad_descriptor to every call",
          "[socket][dead]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket other(io);
  other = std::move(socket);
  check_every_call(io, socket);
  CHECK(other.is_open());
}

TEST_CASE("a closed socket answers bad_descriptor to every call, and stays closed",
          "[socket][dead]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.close();
  check_every_call(io, socket);
}

TEST_CASE("a socket that was closed before it was open stays closed", "[socket][dead]") {
  asio::io_context io;
  dgram::Socket socket(io);
  socket.close();
  check_every_call(io, socket);
}

TEST_CASE("a socket that is not open yet answers bad_descriptor to every receive",
          "[socket][dead]") {
  asio::io_context io;
  dgram::Socket socket(io);
  for (const test::Operation operation : test::receiving) {
    INFO(test::name(operation));
    test::Memory memory;
    test::Outcome<std::size_t> outcome;
    test::start(operation, socket, memory, {}, test::plain, outcome.handler());
    test::run(io);
    CHECK(outcome.calls == 1);
    CHECK(outcome.ec == asio::error::bad_descriptor);
  }
  std::error_code ec;
  CHECK_FALSE(socket.try_recv(ec));
  CHECK(ec == asio::error::bad_descriptor);
  socket.bind(test::any_port(), ec);
  CHECK_FALSE(ec);
}

TEST_CASE("an empty datagram object answers everything", "[socket][dead]") {
  dgram::Datagram empty;
  dgram::Datagram moved(std::move(empty));
  for (dgram::Datagram* d : {&empty, &moved}) {
    CHECK_FALSE(d->has_value());
    CHECK(d->size() == 0);
    CHECK(d->full_size() == 0);
    CHECK(d->data().empty());
    CHECK(d->text().empty());
    CHECK(d->remote() == dgram::Endpoint());
    CHECK_FALSE(d->truncated());
    CHECK_FALSE(d->local_address());
    CHECK(d->reply_options().empty());
    CHECK_FALSE(d->copy().has_value());
    d->reset();
  }
}

}  // namespace socket_dead_socket_test
