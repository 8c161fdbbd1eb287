// What a handle tells of its socket that Node's does not: its state, and its descriptor. And that a
// stop on the own thread acts at once, as Node's abort() does.
#include <sys/socket.h>

#include <asio/steady_timer.hpp>
#include <stop_token>
#include <thread>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_handle_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::run_through;
using Texts = std::vector<std::string>;

namespace {

std::string state_of(const Socket& socket) {
  std::string text = socket.is_open() ? "open" : "closed";
  if (socket.is_bound()) text += ", bound";
  if (socket.is_connected()) text += ", connected";
  if (socket.native_handle() != dgram::invalid_handle) text += ", with a descriptor";
  return text;
}

}  // namespace

TEST_CASE("a handle tells whether its socket is open, bound and connected", "[node]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  CHECK(state_of(socket) == "open");
  socket.bind(0, "127.0.0.1");
  CHECK(state_of(socket) == "open");  // it goes on
  io.poll();
  CHECK(state_of(socket) == "open, bound, with a descriptor");
  socket.connect(9, "127.0.0.1");
  CHECK(state_of(socket) == "open, bound, with a descriptor");
  io.poll();
  CHECK(state_of(socket) == "open, bound, connected, with a descriptor");
  socket.disconnect();
  CHECK(state_of(socket) == "open, bound, with a descriptor");
  socket.close();
  CHECK(state_of(socket) == "closed");
  CHECK(run_through(io) == Texts{});
  CHECK(state_of(socket) == "closed");
}

TEST_CASE("a bind that fails, and a context that goes, leave no state behind", "[node]") {
  Socket socket = [] {
    asio::io_context io;
    Socket made = create_socket(io, "udp4");
    made.on(event::error, [](const Error&) {});
    made.bind(0, "::1");
    CHECK(run_through(io) == Texts{});
    CHECK(state_of(made) == "open");
    made.bind(0, "192.0.2.1");
    CHECK(run_through(io) == Texts{});
    CHECK(state_of(made) == "open, with a descriptor");
    made.bind_sync();
    CHECK(state_of(made) == "open, bound, with a descriptor");
    return made;
  }();
  CHECK(state_of(socket) == "closed");
}

TEST_CASE("the native handle is the descriptor of the socket", "[node]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({.port = 0, .address = "127.0.0.1"}).port;
  dgram::Endpoint own;
  socklen_t size = static_cast<socklen_t>(own.capacity());
  REQUIRE(::getsockname(socket.native_handle(), own.data(), &size) == 0);
  CHECK(own.port() == port);
}

TEST_CASE("all listeners can be removed, and callbacks of calls stay", "[node]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts came;
  const auto never = [&] { came.emplace_back("a listener"); };
  socket.on(event::listening, never);
  socket.once(event::connect, never);
  socket.prepend(event::close, never);
  socket.prepend_once(event::message, never);
  socket.send("x", 9, "127.0.0.1", [&] { came.emplace_back("send"); });
  socket.connect(9, "127.0.0.1", [&] { came.emplace_back("connect"); });
  CHECK(socket.remove_all_listeners() == socket);
  CHECK(socket.listener_count(event::message) == 0);
  io.poll();
  socket.close([&] { came.emplace_back("close"); }).remove_all_listeners(event::close);
  CHECK(run_through(io) == Texts{});
  CHECK(came == Texts{"send", "connect", "close"});
}

// ---- a stop outside of run()

TEST_CASE("a stop on the own thread outside of run() acts at once", "[node][signal]") {
  asio::io_context io;
  std::stop_source controller;
  Socket socket = create_socket(io, test::udp4_with_signal(controller));
  Texts came;
  socket.on(event::close, [&] { came.emplace_back("close"); });
  const int port = socket.bind_sync({.port = 0, .address = "127.0.0.1"}).port;
  Socket next = create_socket(io, "udp4");
  SECTION("for its own calls") {
    controller.request_stop();
    CHECK_FALSE(socket.is_open());
    CHECK(code_of([&] { socket.send("x", port, "127.0.0.1"); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
  }
  SECTION("for the first of its calls, which throws") {
    controller.request_stop();
    CHECK(code_of([&] { socket.close(); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
  }
  SECTION("for other sockets: its port is free") {
    controller.request_stop();
    CHECK(next.bind_sync({.port = port, .address = "127.0.0.1"}).port == port);
  }
  SECTION("for ticks: that of the close comes first") {
    controller.request_stop();
  }
  next_tick(io, [&] { came.emplace_back("tick"); });
  next.close();
  CHECK(run_through(io) == Texts{});
  CHECK(came == Texts{"close", "tick"});
}

TEST_CASE("a stop on another thread closes between two handlers, never within one",
          "[node][signal][thread]") {
  asio::io_context io;
  std::stop_source controller;
  Socket socket = create_socket(io, test::udp4_with_signal(controller));
  socket.bind_sync();
  bool closed = false;
  socket.on(event::close, [&] { closed = true; });
  next_tick(io, [&] {
    std::thread([&] { controller.request_stop(); }).join();
    CHECK(socket.is_open());
    CHECK(code_of([&] { socket.set_ttl(3); }).empty());
  });
  CHECK(run_through(io) == Texts{});
  CHECK(closed);
}

TEST_CASE("a stop that nobody asks about still closes", "[node][signal]") {
  asio::io_context io;
  std::stop_source controller;
  bool closed = false;
  {
    Socket socket = create_socket(io, test::udp4_with_signal(controller));
    socket.bind_sync();
    socket.on(event::close, [&] { closed = true; });
    controller.request_stop();
  }
  CHECK(run_through(io) == Texts{});
  CHECK(closed);
}

// ---- one shape of what a close cuts short

TEST_CASE("a send that a close cuts short says so alike, whoever looked its name up",
          "[node][lookup]") {
  const bool by_the_system = GENERATE(true, false);
  asio::io_context io;
  SocketOptions options;
  options.type = "udp4";
  dgram::node::LookupCallback held;
  if (!by_the_system)
    options.lookup = [&](const std::string& host, int, dgram::node::LookupCallback done) {
      if (host == "localhost")
        held = done;
      else
        done(nullptr, host);
    };
  Socket socket = create_socket(io, options);
  socket.bind_sync({.port = 0, .address = "127.0.0.1"});
  Texts came;
  socket.send("x", 9, "localhost", [&](const Error* error) {
    came.emplace_back(error->message() + ", " + error->syscall() + ' ' + error->address() + ' ' +
                      std::to_string(error->port()) + error->hostname());
  });
  socket.close();
  if (held) held(nullptr, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(came == Texts{"send ECANCELED localhost:9, send localhost 9"});
}

}  // namespace node_handle_test
