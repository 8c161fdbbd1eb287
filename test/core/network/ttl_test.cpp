// How many routers a datagram crosses.
#include <dgram/dgram.hpp>

#include "core/network/host_socket.hpp"
#include "core/network/networks.hpp"
#include "support/catch2.hpp"
#include "support/multicast_router.hpp"

namespace network_ttl_test {

namespace {

using dgram::Endpoint;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

}  // namespace

TEST_CASE("a datagram crosses as many routers as its TTL allows", "[network][ttl]") {
  const test::Line line;
  test::make_router(line.router);
  const bool socket_v6 = GENERATE(false, true);
  const Ip ip(socket_v6 && GENERATE(false, true));
  asio::io_context io;
  dgram::SocketOptions options;
  options.receive_hop_limit = true;
  Socket to = test::bound_on(line.far, io, Endpoint(ip.any(), port), options);
  const Endpoint any = socket_v6 ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint();
  Socket from = test::bound_on(line.near, io, any);
  CHECK(from.ttl() == 64);
  const Endpoint there(socket_v6 && !ip.v6() ? Ip::mapped("10.0.2.2") : ip("10.0.2.2", "fd00:2::2"),
                       port);
  from.set_ttl(1);
  CHECK(from.ttl() == 1);
  test::send(from, "one", there);
  from.set_ttl(2);
  test::send(from, "two", there);
  const dgram::Datagram datagram = test::receive(io, to);
  CHECK(datagram.text() == "two");
  CHECK(datagram.hop_limit() == 1);
}

TEST_CASE("a datagram to a group crosses as many routers as its multicast TTL allows",
          "[network][ttl]") {
  const test::Line line;
  test::MulticastRouter router(line.router);
  const bool socket_v6 = GENERATE(false, true);
  const Ip ip(socket_v6 && GENERATE(false, true));
  router.forward(ip("10.0.1.2", "fd00:1::2"), ip.group(), "near", "far");
  asio::io_context io;
  Socket to = test::bound_on(line.far, io, Endpoint(ip.any(), port));
  to.add_membership(ip.group(), "eth0");
  Socket beside = test::bound_on(line.near, io, Endpoint(ip.any(), port));
  beside.add_membership(ip.group(), "eth0");
  const Endpoint any = socket_v6 ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint();
  Socket from = test::bound_on(line.near, io, any);
  from.set_multicast_interface("eth0");
  const Endpoint there(socket_v6 && !ip.v6() ? Ip::mapped("239.1.2.3") : ip.group(), port);
  from.set_ttl(64);  // for unicast only
  CHECK(from.multicast_ttl() == 1);
  test::send(from, "one", there);
  from.set_multicast_ttl(0);
  CHECK(from.multicast_ttl() == 0);
  test::send(from, "zero", there);
  from.set_multicast_ttl(2);
  test::send(from, "two", there);
  CHECK(test::receive_until(io, to, "two") == Texts{"two"});
  CHECK(test::receive_until(io, beside, "two") == Texts{"one", "zero", "two"});
}

}  // namespace network_ttl_test
