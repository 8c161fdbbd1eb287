// connect, connect again, disconnect.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_connect_test {

TEST_CASE("a connected socket sends to its peer and hears only that one", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  dgram::Socket stranger = test::bound(io);
  socket.connect(peer.local_endpoint());
  CHECK(socket.remote_endpoint() == peer.local_endpoint());
  std::error_code ec;
  CHECK(socket.try_send("to the peer", ec));
  const auto got = peer.try_recv(ec);
  REQUIRE(got);
  CHECK(got->text() == "to the peer");
  CHECK(got->remote() == socket.local_endpoint());

  stranger.try_send("from a stranger", socket.local_endpoint(), ec);
  test::put(peer, socket, "from the peer");
  const auto heard = socket.try_recv(ec);
  REQUIRE(heard);
  CHECK(heard->text() == "from the peer");
  CHECK(heard->remote() == peer.local_endpoint());
  CHECK_FALSE(socket.try_recv(ec));
}

TEST_CASE("connect opens a new socket", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket(io);
  socket.connect(peer.local_endpoint());
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint().address() == asio::ip::address_v4::loopback());
  CHECK(socket.local_endpoint().port() != 0);
  std::error_code ec;
  CHECK(socket.try_send("x", ec));
  CHECK(peer.try_recv(ec));
}

TEST_CASE("connect may be called again with another peer", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket first = test::bound(io);
  dgram::Socket second = test::bound(io);
  socket.connect(first.local_endpoint());
  socket.connect(second.local_endpoint());
  CHECK(socket.remote_endpoint() == second.local_endpoint());
  std::error_code ec;
  CHECK(socket.try_send("x", ec));
  CHECK(second.try_recv(ec));
  CHECK_FALSE(first.try_recv(ec));
}

TEST_CASE("datagrams that were queued before connect are still delivered", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  dgram::Socket stranger = test::bound(io);
  test::put(stranger, socket, "early");
  socket.connect(peer.local_endpoint());
  std::error_code ec;
  const auto d = socket.try_recv(ec);
  REQUIRE(d);
  CHECK(d->remote() == stranger.local_endpoint());
}

TEST_CASE("disconnect forgets the peer and keeps a port that was bound", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  dgram::Socket stranger = test::bound(io);
  // A port that bind() was *given*: 0 counts as the kernel's choice.
  const dgram::Endpoint here = socket.local_endpoint();
  socket.close();
  socket = dgram::Socket(io);
  socket.bind(here);
  socket.connect(peer.local_endpoint());
  socket.disconnect();
  CHECK(socket.local_endpoint() == here);
  std::error_code ec;
  socket.remote_endpoint(ec);
  CHECK(ec == asio::error::not_connected);
  CHECK_FALSE(socket.try_send("to nobody", ec));
  CHECK(ec == asio::error::not_connected);
  test::put(stranger, socket, "everybody again");
  CHECK(socket.try_recv(ec));
  CHECK(socket.try_send("x", stranger.local_endpoint(), ec));
}

TEST_CASE("disconnect loses a port that the kernel chose, until the next send brings a new one",
          "[socket][connect]") {
  if (!test::is_linux_channel()) return;  // what others do is their own
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket(io);
  socket.connect(peer.local_endpoint());
  REQUIRE(socket.local_endpoint().port() != 0);
  socket.disconnect();
  CHECK(socket.local_endpoint().port() == 0);
  std::error_code ec;
  CHECK(socket.try_send("x", peer.local_endpoint(), ec));
  CHECK(socket.local_endpoint().port() != 0);
}

TEST_CASE("disconnect without a peer says not_connected", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  socket.disconnect(ec);
  CHECK(ec == asio::error::not_connected);
  CHECK_THROWS_AS(socket.disconnect(), dgram::Error);
  CHECK(socket.is_open());
}

TEST_CASE("a connect that is refused leaves the socket as it was", "[socket][connect][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  socket.connect(peer.local_endpoint());
  std::error_code ec;
  socket.connect(test::any_port(), ec);
  CHECK(ec == dgram::Errc::bad_port);
  socket.connect(dgram::Endpoint(asio::ip::address_v6::loopback(), 9), ec);
  CHECK(ec == asio::error::address_family_not_supported);
  socket.connect(dgram::make_endpoint("255.255.255.255", 9), ec);
  CHECK(ec);  // a broadcast address without permission; which code, the routing table decides
  CHECK(socket.remote_endpoint() == peer.local_endpoint());
  CHECK(socket.try_send("still", ec));

  dgram::Socket unbound(io);
  unbound.connect(test::any_port(), ec);
  CHECK(ec == dgram::Errc::bad_port);
  CHECK_FALSE(unbound.is_open());
}

TEST_CASE("connect takes a host name", "[socket][connect]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket by_name(io), by_literal(io);
  dgram::SocketOptions v4;
  v4.family = dgram::Family::ipv4;
  by_name = dgram::Socket(io, v4);
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    co_await by_name.connect("localhost", peer.local_endpoint().port());
    co_await by_literal.connect("127.0.0.1", peer.local_endpoint().port());
    n = co_await by_name.send("x");
    CHECK(n == 1);
    n = co_await by_literal.send("x");
    CHECK(n == 1);
  };
  test::run(io, body());
  CHECK(by_name.remote_endpoint() == peer.local_endpoint());
}

TEST_CASE("connect by name refuses port 0 and bad hosts", "[socket][connect][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  for (const auto& [host, port] :
       {std::pair("127.0.0.1", 0), std::pair("localhost", 0), std::pair("127.0.0.1", 65536)}) {
    test::Outcome<void> outcome;
    socket.async_connect(host, port, outcome.handler());
    test::run(io);
    INFO(host << ' ' << port);
    CHECK(outcome.ec == dgram::Errc::bad_port);
  }
  test::Outcome<void> outcome;
  socket.async_connect("", 9, outcome.handler());
  test::run(io);
  CHECK(outcome.ec == dgram::Errc::bad_host_name);
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a receive that waits while the socket connects gets the peer's datagram",
          "[socket][connect]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  io.poll();
  socket.connect(peer.local_endpoint());
  test::put(peer, socket, "x");
  test::run(io);
  CHECK(outcome.value.text() == "x");
}

}  // namespace socket_connect_test
