// Broadcast: sent when allowed, and to whom it goes.
#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_broadcast_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

const asio::ip::address limited = asio::ip::address_v4::broadcast();

}  // namespace

TEST_CASE("a broadcast is refused until it is allowed, and then arrives", "[network][broadcast]") {
  const test::Fork fork;
  asio::io_context io;
  const auto to = GENERATE("255.255.255.255", "10.0.0.255");
  const bool ipv6_socket = GENERATE(false, true);
  const Endpoint there(ipv6_socket ? Ip::mapped(to) : make_address(to), port);
  Socket from =
      test::bound_on(fork.left, io, ipv6_socket ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint());
  dgram::SocketOptions options;
  options.receive_local_address = true;
  Socket at = test::bound_on(fork.here, io, Endpoint(asio::ip::udp::v4(), port), options);
  CHECK_FALSE(from.broadcast());
  CHECK(test::send_error(from, there) == asio::error::access_denied);
  from.set_broadcast(true);
  CHECK(from.broadcast());
  test::send(from, "to all", there);
  const dgram::Datagram datagram = test::receive(io, at);
  CHECK(datagram.text() == "to all");
  CHECK(datagram.local_address() == make_address(to));
  CHECK(datagram.interface_index() == fork.here.index("eth0"));

  // The answer is the host's own, to the one who asked.
  CHECK(datagram.reply_options().source_address == make_address("10.0.0.1"));
  from.set_broadcast(false);
  CHECK(test::send_error(from, there) == asio::error::access_denied);
}

TEST_CASE("a broadcast leaves by the device that its socket is bound to", "[network][broadcast]") {
  const test::Fork fork;
  asio::io_context io;
  Socket left = test::bound_on(fork.left, io, Endpoint(asio::ip::udp::v4(), port));
  Socket right = test::bound_on(fork.right, io, Endpoint(asio::ip::udp::v4(), port));
  Socket from = test::bound_on(fork.here, io, Endpoint(asio::ip::udp::v4(), 0));
  from.set_broadcast(true);
  CHECK(test::send_error(from, Endpoint(limited, port)) == asio::error::network_unreachable);
  from.bind_to_device("eth1");
  test::send(from, "to the right", Endpoint(limited, port));
  const dgram::Datagram datagram = test::receive(io, right);
  CHECK(datagram.text() == "to the right");
  CHECK(datagram.remote().address() == make_address("10.0.1.1"));
  from.bind_to_device({});
  test::send(from, "to the left", Endpoint(make_address("10.0.0.255"), port));
  CHECK(test::receive_until(io, left, "to the left") == Texts{"to the left"});
}

TEST_CASE("a broadcast goes to every socket of its port", "[network][broadcast]") {
  const test::Fork fork;
  asio::io_context io;
  dgram::SocketOptions options;
  (GENERATE(false, true) ? options.reuse_port : options.reuse_address) = true;
  const Endpoint local(asio::ip::udp::v4(), port);
  Socket first = test::bound_on(fork.here, io, local, options);
  Socket second = test::bound_on(fork.here, io, local, options);
  Socket from = test::bound_on(fork.left, io, Endpoint(asio::ip::udp::v4(), 0));
  from.set_broadcast(true);
  test::send(from, "one", Endpoint(make_address("10.0.0.255"), port));
  test::send(from, "two", Endpoint(limited, port));
  CHECK(test::receive_until(io, first, "two") == Texts{"one", "two"});
  CHECK(test::receive_until(io, second, "two") == Texts{"one", "two"});
}

TEST_CASE("connecting to a broadcast address has to be allowed, too", "[network][broadcast]") {
  const test::Fork fork;
  asio::io_context io;
  Socket at = test::bound_on(fork.here, io, Endpoint(asio::ip::udp::v4(), port));
  Socket from = test::bound_on(fork.left, io, Endpoint(asio::ip::udp::v4(), 0));
  const Endpoint there(make_address("10.0.0.255"), port);
  std::error_code ec;
  from.connect(there, ec);
  CHECK(ec == asio::error::access_denied);
  CHECK(test::words_of([&] { from.connect(there); }) ==
        "connect 10.0.0.255:9000: Permission denied");
  from.set_broadcast(true);
  from.connect(there);
  CHECK(from.try_send("to all", ec));
  CHECK(test::receive(io, at).text() == "to all");
}

TEST_CASE("a socket that is bound to an address of its own gets no broadcasts",
          "[network][broadcast]") {
  const test::Fork fork;
  asio::io_context io;
  Socket at = test::bound_on(fork.here, io, Endpoint(make_address("10.0.0.1"), port));
  Socket from = test::bound_on(fork.left, io, Endpoint(asio::ip::udp::v4(), 0));
  from.set_broadcast(true);
  test::send(from, "to all", Endpoint(limited, port));
  test::send(from, "to you", at.local_endpoint());
  CHECK(test::receive_until(io, at, "to you") == Texts{"to you"});
}

}  // namespace network_broadcast_test
