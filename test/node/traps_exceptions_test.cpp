// What user code throws leaves run(); when that is called again, everything goes on.
#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_exceptions_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::plain_error;
using test::run_through;
using Texts = std::vector<std::string>;

TEST_CASE("a message listener that throws: the next message comes to all listeners",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  Texts heard;
  socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    heard.push_back("first " + std::string(message.text()));
    if (message.text() == "1") throw plain_error("thrown");
  });
  socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    heard.push_back("second " + std::string(message.text()));
    socket.close();
  });
  socket.send("1", port, "127.0.0.1");
  socket.send("2", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(heard == Texts{"first 1", "first 2", "second 2"});
}

TEST_CASE("a callback of send that throws: those of others are called", "[node][trap]") {
  const bool connected = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.bind_sync({0, "127.0.0.1"});
  if (connected) socket.connect_sync(9, "127.0.0.1");
  int called = 0;
  for (int i = 0; i < 10; ++i) {
    const auto sent = [&, i](const Error*, std::size_t) {
      if (++called == 10) socket.close();
      if (i % 2 == 0) throw plain_error("thrown");
    };
    if (connected)
      socket.send("x", sent);
    else
      socket.send("x", 9, "127.0.0.1", sent);
  }
  CHECK(run_through(io) == Texts(5, "thrown"));
  CHECK(called == 10);
}

TEST_CASE("a listener of listening that throws: the others are skipped, the socket receives",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int skipped = 0, messages = 0;
  socket.on(event::listening, [] { throw plain_error("thrown"); });
  socket.on(event::message, [&](const auto&, const auto&) {
    ++messages;
    socket.close();
  });
  socket.bind(0, "127.0.0.1", [&] { ++skipped; });
  socket.on(event::listening, [&] { ++skipped; });
  bool sent = false;
  const auto uncaught = [&] {
    try {
      io.run();
    } catch (const Error& failure) {
      socket.send("x", socket.address().port, "127.0.0.1");
      sent = true;
      return failure.message();
    }
    return std::string();
  }();
  CHECK(uncaught == "thrown");
  REQUIRE(sent);
  CHECK(run_through(io) == Texts{});
  CHECK(skipped == 0);
  CHECK(messages == 1);
}

TEST_CASE("a listener of connect that throws: the others are skipped, the socket is connected",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int skipped = 0;
  socket.on(event::connect, [] { throw plain_error("thrown"); });
  socket.connect(9, "127.0.0.1", [&](const Error*) { ++skipped; });
  next_tick(io, [&] { next_tick(io, [&] { socket.unref(); }); });
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(socket.remote_address().port == 9);
  CHECK(skipped == 0);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a callback of a failed connect that throws: the socket may connect again",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int errors = 0;
  bool connected = false;
  socket.on(event::error, [&](const Error&) { ++errors; });
  socket.bind_sync({0, "127.0.0.1"});
  socket.unref();
  socket.connect(9, "::1", [](const Error*) { throw plain_error("thrown"); });
  CHECK(run_through(io) == Texts{"thrown"});
  socket.connect(9, "127.0.0.1", [&](const Error* failure) {
    connected = failure == nullptr;
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(connected);
  CHECK(errors == 0);
}

TEST_CASE("a listener of close that throws: the others are skipped, the socket is closed",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int skipped = 0;
  socket.on(event::close, [] { throw plain_error("thrown"); });
  socket.close([&] { ++skipped; });
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(skipped == 0);
  CHECK(code_of([&] { socket.address(); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
}

TEST_CASE("a listener of error that throws: the others are skipped, the socket may bind again",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int skipped = 0;
  bool bound = false;
  socket.on(event::error, [](const Error&) { throw plain_error("thrown"); });
  socket.on(event::error, [&](const Error&) { ++skipped; });
  socket.bind(0, "192.0.2.1");
  CHECK(run_through(io) == Texts{"thrown"});
  socket.bind(0, "127.0.0.1", [&] {
    bound = true;
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(skipped == 0);
  CHECK(bound);
}

TEST_CASE("an error that nobody listens to leaves run, a monitor hears it before", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error_monitor, [&](const Error& failure) { told.push_back(failure.message()); });
  socket.bind(0, "192.0.2.1");
  CHECK(run_through(io) == Texts{"bind EADDRNOTAVAIL 192.0.2.1"});
  CHECK(told == Texts{"bind EADDRNOTAVAIL 192.0.2.1"});
}

TEST_CASE("a tick that throws: those behind it run when the context is run again", "[node][trap]") {
  asio::io_context io;
  Texts order;
  next_tick(io, [&] {
    order.push_back("first");
    throw plain_error("thrown");
  });
  next_tick(io, [&] { order.push_back("second"); });
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(order == Texts{"first", "second"});
}

TEST_CASE("anything may be thrown, not only errors", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.bind(0, "127.0.0.1", [] { throw 42; });
  int thrown = 0;
  try {
    io.run();
  } catch (int number) {
    thrown = number;
  }
  CHECK(thrown == 42);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("thousands of messages whose listener throws are all delivered", "[node][trap]") {
  constexpr std::size_t all = 5000, burst = 50;
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  std::size_t heard = 0;
  const auto send_burst = [&] {
    for (std::size_t i = 0; i < burst; ++i) socket.send("x", port, "127.0.0.1");
  };
  socket.on(event::message, [&](const auto&, const auto&) {
    if (++heard == all)
      socket.close();
    else if (heard % burst == 0)
      send_burst();
    throw plain_error("thrown");
  });
  send_burst();
  CHECK(run_through(io).size() == all);
  CHECK(heard == all);
}

}  // namespace node_traps_exceptions_test
