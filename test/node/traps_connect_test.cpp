// Where Node's connect surprises: what dgram promises there.
#include <limits>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_connect_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::HeldLookups;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

std::string word_of(const Error* failure) {
  return failure ? failure->message() : "connected";
}

}  // namespace

TEST_CASE("a connect whose bind fails is told, and may be made again", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.connect(9, "127.0.0.1", [&](const Error* failure) { told.push_back(word_of(failure)); });
  CHECK(code_of([&] { socket.connect(9); }) == "ERR_SOCKET_DGRAM_IS_CONNECTED");
  lookups.fail(0, "no bind");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"error no bind", "connect ECANCELED 127.0.0.1:9"});

  socket.connect(9, "127.0.0.1", [&](const Error* failure) {
    told.push_back(word_of(failure));
    socket.close();
  });
  lookups.find(1, "0.0.0.0");
  lookups.find(2, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told.back() == "connected");
}

TEST_CASE("a connect that fails is told to its callback, without one to error, never to both",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error, [&](const Error& failure) {
    told.push_back("error " + failure.message());
    socket.close();
  });
  socket.on(event::connect, [&] { told.push_back("connect"); });
  socket.connect(9, "::1", [&](const Error* failure) {
    told.push_back(word_of(failure));
    CHECK(socket.listener_count(event::connect) == 1);  // the callback is none any more
    socket.connect(9, "::1");
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"connect EINVAL ::1:9", "error connect EINVAL ::1:9"});
}

TEST_CASE("a connect that is refused leaves the socket as it was", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  for (const int port :
       {0, -1, 65536, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    CHECK(code_of([&] { socket.connect(port, "127.0.0.1"); }) == "ERR_SOCKET_BAD_PORT");
    CHECK(code_of([&] { socket.connect_sync(port, "127.0.0.1"); }) == "ERR_SOCKET_BAD_PORT");
  }
  CHECK(code_of([&] { socket.address(); }) == "EBADF");
  bool connected = false;
  socket.connect(9, "127.0.0.1", [&](const Error* failure) {
    connected = failure == nullptr;
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(connected);
}

TEST_CASE("a socket that is connecting has no peer yet", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  socket.bind_sync({0, "127.0.0.1"});
  socket.connect(9, "somewhere");
  CHECK(code_of([&] { socket.remote_address(); }) == "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  CHECK(code_of([&] { socket.disconnect(); }) == "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  CHECK(code_of([&] { socket.send("x"); }) == "ERR_SOCKET_BAD_PORT");
  CHECK(code_of([&] { socket.connect(9); }) == "ERR_SOCKET_DGRAM_IS_CONNECTED");
  CHECK(code_of([&] { socket.connect_sync(9); }) == "ERR_SOCKET_DGRAM_IS_CONNECTED");
  lookups.find(0, "127.0.0.1");
  CHECK(socket.remote_address().port == 9);  // before the event
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE(
    "the callback of connect is a listener from the call on; of an unbound socket, from listening "
    "on",
    "[node][trap]") {
  const bool bound = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  if (bound) socket.bind_sync({0, "127.0.0.1"});
  Texts order;
  socket.on(event::connect, [&] { order.push_back("listener before"); });
  socket.connect(9, "127.0.0.1", [&](const Error*) { order.push_back("callback"); });
  socket.on(event::connect, [&] {
    order.push_back("listener behind");
    next_tick(io, [&] { socket.close(); });
  });
  CHECK(run_through(io) == Texts{});
  if (bound)
    CHECK(order == Texts{"listener before", "callback", "listener behind"});
  else
    CHECK(order == Texts{"listener before", "listener behind", "callback"});
}

TEST_CASE("disconnect takes a port away that the system chose, and the socket goes on",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Socket peer = create_socket(io, "udp4");
  int events = 0;
  socket.on(event::connect, [&] { ++events; });
  peer.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    CHECK(message.text() == "x");
    socket.close();
    peer.close();
  });
  const int port = peer.bind_sync({0, "127.0.0.1"}).port;
  socket.connect(port, "127.0.0.1", [&](const Error*) {
    CHECK(socket.address().port != 0);
    socket.disconnect();
    CHECK(socket.address().address == "0.0.0.0");
    CHECK(socket.address().port == 0);
    CHECK(code_of([&] { socket.send("x"); }) == "ERR_SOCKET_BAD_PORT");
    socket.send("x", port, "127.0.0.1", [&](const Error* failure, std::size_t) {
      CHECK(failure == nullptr);
      CHECK(socket.address().port != 0);
    });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(events == 1);
}

TEST_CASE("a socket that is connected knows so before connect is emitted", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, udp4_with_lookup(test::finds_at_once()));
  Texts order;
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "127.0.0.1", [&](const Error*) {
    order.push_back("callback");
    socket.close();
  });
  CHECK(socket.remote_address().port == 9);
  order.push_back("connect has returned");
  CHECK(run_through(io) == Texts{});
  CHECK(order == Texts{"connect has returned", "callback"});
}

}  // namespace node_traps_connect_test
