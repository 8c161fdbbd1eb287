// What other ports of node:dgram got wrong: it must not go wrong here. What needs a network of its
// own is in test/node/links/socket_test.cpp.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/ip/udp.hpp>
#include <asio/post.hpp>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_ported_regressions_test {

namespace event = dgram::node::event;
using dgram::node::BindOptions;
using dgram::node::BlockList;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::run_through;
using Texts = std::vector<std::string>;

namespace {

/// A port of this host that answers nobody, as if it had no socket: it has a peer that says
/// nothing.
class DeadPeer {
 public:
  explicit DeadPeer(asio::io_context& io) : socket_(io, {loopback, 0}) {
    socket_.connect({loopback, 9});
  }
  int port() const { return socket_.local_endpoint().port(); }
  void listen_to(int port) { socket_.connect({loopback, static_cast<unsigned short>(port)}); }
  bool has_datagram() const { return socket_.available() > 0; }

 private:
  static inline const asio::ip::address loopback = asio::ip::address_v4::loopback();
  asio::ip::udp::socket socket_;
};

bool has_option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(descriptor, level, name, &value, &size) == 0);
  return value != 0;
}

}  // namespace

TEST_CASE("a second bind throws, it emits no error", "[node][regression]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error, [&](const Error& failure) { told.push_back(failure.message()); });
  socket.bind(0, "127.0.0.1");
  CHECK(code_of([&] { socket.bind(0, "127.0.0.1"); }) == "ERR_SOCKET_ALREADY_BOUND");
  CHECK(code_of([&] { socket.bind_sync(); }) == "ERR_SOCKET_ALREADY_BOUND");
  socket.on(event::listening, [&] {
    told.push_back(code_of([&] { socket.bind(0, "127.0.0.1"); }));
    told.push_back(code_of([&] { socket.bind_sync(); }));
    next_tick(io, [&] { socket.close(); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"ERR_SOCKET_ALREADY_BOUND", "ERR_SOCKET_ALREADY_BOUND"});
}

TEST_CASE("a send of an unbound socket binds it, and it gets the answer", "[node][regression]") {
  asio::io_context io;
  Socket server = create_socket(io, "udp4");
  Socket client = create_socket(io, "udp4");
  Texts told;
  server.on(event::message, [&](const dgram::Datagram& message, const auto& rinfo) {
    server.send(message, rinfo.port(), rinfo.address());
  });
  client.on(event::listening, [&] {
    told.push_back("listening");
    CHECK(client.address().port != 0);
  });
  client.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    told.emplace_back(message.text());
    server.close();
    client.close();
  });
  client.send("echo", server.bind_sync({0, "127.0.0.1"}).port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"listening", "echo"});
}

TEST_CASE("address is asked anew: connect and disconnect change it", "[node][regression]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync().port;
  CHECK(socket.address().address == "0.0.0.0");
  socket.connect_sync(9, "127.0.0.1");
  CHECK(socket.address().address == "127.0.0.1");
  CHECK(socket.address().port == port);
  socket.disconnect();
  CHECK(socket.address().address == "0.0.0.0");
  CHECK(socket.address().port == 0);
  socket.connect_sync(10, "127.0.0.2");
  CHECK(socket.remote_address().address == "127.0.0.2");
  CHECK(socket.remote_address().port == 10);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a blocked send without a callback is silent, and counted; one with it is told",
          "[node][regression]") {
  const bool v6 = GENERATE(true, false);
  asio::io_context io;
  BlockList blocked;
  SocketOptions options;
  options.type = v6 ? "udp6" : "udp4";
  options.send_block_list = blocked;
  Socket socket = create_socket(io, options);
  blocked.add_subnet("127.0.0.0", 8);  // the list is live
  const char* const address = v6 ? "::ffff:127.0.0.1" : "127.0.0.1";
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.send("x", 9, address);
  socket.send("x", 9, address, [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure ? failure->code() : "sent");
    CHECK(bytes == 0);
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"ERR_IP_BLOCKED"});
  CHECK(socket.stats().unsent == 2);
  CHECK(socket.stats().datagrams_sent == 0);
}

TEST_CASE("a dead peer does not disturb a socket that is not connected", "[node][regression]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const DeadPeer dead(io);
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  int sent = 0;
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    told.emplace_back(message.text());
    socket.close();
  });
  const auto counts = [&](const Error* failure, std::size_t) { sent += failure == nullptr; };
  for (int i = 0; i < 100; ++i) socket.send("x", dead.port(), "127.0.0.1", counts);
  socket.send("alive", port, "127.0.0.1", counts);
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"alive"});
  CHECK(sent == 101);
}

TEST_CASE("a dead peer is an error of a connected socket, which stays open and connected",
          "[node][regression]") {
  const bool heard = GENERATE(true, false);
  asio::io_context io;
  DeadPeer peer(io);
  Socket socket = create_socket(io, "udp4");
  socket.connect_sync(peer.port(), "127.0.0.1");
  Texts errors;
  if (heard)
    socket.on(event::error, [&](const Error& failure) {
      errors.push_back(failure.message());
      socket.unref();
    });
  else
    socket.on(event::error_monitor, [&](const Error&) { socket.unref(); });
  socket.send("x");
  const Texts uncaught = run_through(io);
  CHECK((heard ? errors : uncaught) == Texts{"recvmsg ECONNREFUSED"});
  CHECK((heard ? uncaught : errors) == Texts{});
  CHECK(socket.remote_address().port == peer.port());

  peer.listen_to(socket.address().port);
  socket.send("y", [&](const Error* failure, std::size_t bytes) {
    CHECK(failure == nullptr);
    CHECK(bytes == 1);
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(peer.has_datagram());
}

TEST_CASE("an ICMP error that a send meets is that send's alone", "[node][regression]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const DeadPeer dead(io);
  socket.connect_sync(dead.port(), "127.0.0.1");
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  const auto says = [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure ? failure->message() : "sent " + std::to_string(bytes));
  };
  next_tick(io, [&] {
    socket.send("1", says);  // provokes the error, inside the call on the loopback
    socket.send("2", says);  // meets it
    next_tick(io, [&] { socket.close(); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"sent 1", "send ECONNREFUSED"});
  CHECK(socket.stats().datagrams_sent == 1);
}

TEST_CASE("the options of an adopted descriptor stay as they are: no IP_RECVERR, no packet info",
          "[node][regression]") {
  const bool v6 = GENERATE(true, false);
  const int descriptor = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  REQUIRE(descriptor > 0);
  asio::io_context io;
  Socket socket = create_socket(io, v6 ? "udp6" : "udp4");
  BindOptions options;
  options.fd = descriptor;
  socket.bind(options);
  CHECK_FALSE(has_option(descriptor, IPPROTO_IP, IP_RECVERR));
  CHECK_FALSE(has_option(descriptor, IPPROTO_IP, IP_PKTINFO));
  if (v6) {
    CHECK_FALSE(has_option(descriptor, IPPROTO_IPV6, IPV6_RECVERR));
    CHECK_FALSE(has_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO));
    CHECK_FALSE(has_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY));
  }
  socket.close();
  CHECK(run_through(io) == Texts{});
}

}  // namespace node_ported_regressions_test
