// Where Node's bind surprises, or its documentation is not what it does: what dgram promises there.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <limits>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"
#include "support/descriptors.hpp"

namespace node_traps_bind_test {

namespace event = dgram::node::event;
using dgram::node::BindOptions;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::run_through;
using Texts = std::vector<std::string>;

TEST_CASE("a failing bind with a callback is not swallowed", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  bool called = false;
  socket.bind(0, "192.0.2.1", [&] { called = true; });
  CHECK(run_through(io) == Texts{"bind EADDRNOTAVAIL 192.0.2.1"});
  CHECK_FALSE(called);
}

TEST_CASE("binds that fail leave no callback behind, however many they are", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int failures = 0, foreign = 0, own = 0;
  socket.on(event::error, [&](const Error&) {
    if (++failures < 20)
      socket.bind(0, "192.0.2.1", [&] { ++foreign; });
    else
      socket.bind(0, "127.0.0.1", [&] {
        ++own;
        socket.close();
      });
  });
  socket.bind(0, "192.0.2.1", [&] { ++foreign; });
  CHECK(run_through(io) == Texts{});
  CHECK(failures == 20);
  CHECK(foreign == 0);
  CHECK(own == 1);
  CHECK(socket.listener_count(event::listening) == 0);
}

TEST_CASE("a port of bind that is out of range is refused, and not cut to 16 bits",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  for (const int port :
       {-1, 65536, 70000, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
    CHECK(code_of([&] { socket.bind(port, "127.0.0.1"); }) == "ERR_SOCKET_BAD_PORT");
  bool bound = false;
  socket.bind(0, "127.0.0.1", [&] {
    bound = true;
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(bound);
}

TEST_CASE("a bind that is refused may be made again, also by the listener of its error",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error, [&](const Error& failure) {
    told.push_back(failure.message());
    socket.bind(0, "127.0.0.1");
  });
  socket.on(event::listening, [&] {
    told.push_back("listening");
    socket.close();
  });
  socket.bind(0, "::1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"bind EINVAL ::1", "listening"});
}

TEST_CASE("a descriptor that is no UDP socket is left alone, and the socket stays unbound",
          "[node][trap]") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
  const int closed = ::dup(tcp);
  ::close(closed);

  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const auto taking = [&](int descriptor) {
    BindOptions options;
    options.fd = descriptor;
    try {
      socket.bind(options);
    } catch (const Error& failure) {
      return failure.code() + ": " + failure.message();
    }
    return std::string("taken");
  };
  const std::string unsupported = "ERR_INVALID_FD_TYPE: Unsupported fd type: ";
  CHECK(taking(::fileno(file)) == unsupported + "FILE");
  CHECK(taking(pipe[0]) == unsupported + "PIPE");
  CHECK(taking(tcp) == unsupported + "TCP");
  CHECK(taking(closed) == unsupported + "UNKNOWN");
  for (const int left_alone : {::fileno(file), pipe[0], tcp}) CHECK(test::is_open(left_alone));

  bool bound = false;
  socket.bind(0, "127.0.0.1", [&] {
    bound = true;
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(bound);
  std::fclose(file);
  for (const int done : {pipe[0], pipe[1], tcp}) ::close(done);
}

TEST_CASE("a descriptor is taken over inside the call, which emits listening", "[node][trap]") {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::listening, [&] { told.push_back("listening"); });
  BindOptions options;
  options.fd = descriptor;
  socket.bind(options, [&] { told.push_back("callback"); });
  told.push_back("bind has returned");
  CHECK(told == Texts{"listening", "callback", "bind has returned"});
  socket.close();
  CHECK(run_through(io) == Texts{});
  CHECK_FALSE(test::is_open(descriptor));  // it belonged to the socket
}

TEST_CASE("a number that is no descriptor stands for none", "[node][trap]") {
  asio::io_context io;
  for (const int number : {0, -1}) {
    Socket socket = create_socket(io, "udp4");
    BindOptions options;
    options.address = "127.0.0.1";
    options.fd = number;
    socket.bind(options, [socket]() mutable {
      CHECK(socket.address().port > 0);
      socket.close();
    });
    CHECK(run_through(io) == Texts{});
  }
}

TEST_CASE("a bind that fails leaves a descriptor without a port behind", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  CHECK(code_of([&] { socket.address(); }) == "EBADF");
  socket.on(event::error, [&](const Error&) {
    CHECK(socket.address().address == "0.0.0.0");
    CHECK(socket.address().port == 0);
  });
  socket.bind(0, "192.0.2.1");
  CHECK(run_through(io) == Texts{});
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("ipv6_only on udp4 fails when it is bound", "[node][trap]") {
  asio::io_context io;
  SocketOptions options;
  options.type = "udp4";
  options.ipv6_only = true;
  Socket socket = create_socket(io, options);
  socket.bind(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{"bind EINVAL 127.0.0.1"});
}

TEST_CASE("buffer sizes of the options hold when listening is emitted; 0 is the system's",
          "[node][trap]") {
  asio::io_context io;
  int usual = 0;
  for (const std::int64_t size : {0, 20'000}) {
    SocketOptions options;
    options.type = "udp4";
    options.recv_buffer_size = size;
    options.send_buffer_size = size;
    Socket socket = create_socket(io, options);
    int receive = 0, send = 0;
    socket.bind(0, "127.0.0.1", [&] {
      receive = socket.get_recv_buffer_size();
      send = socket.get_send_buffer_size();
      socket.close();
    });
    CHECK(run_through(io) == Texts{});
    if (size == 0) {
      usual = receive;
    } else {
      CHECK(receive == 2 * size);  // what Linux makes of it
      CHECK(send == 2 * size);
      CHECK(receive != usual);
    }
  }
}

TEST_CASE(
    "listening has its place among the ticks: behind those from before bind, before later ones",
    "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts order;
  socket.on(event::listening, [&] { order.push_back("first listener"); });
  next_tick(io, [&] { order.push_back("tick before"); });
  socket.bind(0, "127.0.0.1", [&] {
    order.push_back("callback");
    next_tick(io, [&] { order.push_back("tick of the callback"); });
  });
  socket.on(event::listening, [&] {
    order.push_back("last listener");
    socket.close();
  });
  next_tick(io, [&] { order.push_back("tick behind"); });
  order.push_back("bind has returned");
  CHECK(run_through(io) == Texts{});
  CHECK(order == Texts{"bind has returned",
                       "tick before",
                       "first listener",
                       "callback",
                       "last listener",
                       "tick behind",
                       "tick of the callback"});
}

}  // namespace node_traps_bind_test
