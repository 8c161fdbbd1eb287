// A membership that ends with an object; and what joining does to a socket that is not bound.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_membership_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Membership;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

/// A socket on `here` and one at the end of eth0.
struct Member {
  explicit Member(Ip family)
      : ip(family),
        group(ip.group()),
        socket(test::bound_on(fork.here, io, Endpoint(ip.any(), port))),
        left(test::bound_on(fork.left, io, Endpoint(ip.any(), 0))) {}

  /// Is the host in the group on eth0; and does the socket hear it, which must agree?
  bool is_joined(Socket& by) {
    const bool listed = test::is_member(fork.here, "eth0", group.to_string());
    test::send(left, "to the group", Endpoint(group, port));
    test::send(left, "to you", Endpoint(ip("10.0.0.1", "fd00::1"), port));
    const Texts came = test::receive_until(io, by, "to you");
    CHECK(listed == (came.front() == "to the group"));
    return listed;
  }
  bool is_joined() { return is_joined(socket); }

  test::Fork fork;
  asio::io_context io;
  Ip ip;
  asio::ip::address group;
  Socket socket, left;
};

}  // namespace

TEST_CASE("a membership ends with its object", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  {
    const Membership membership = p.socket.join(p.group, "eth0");
    CHECK(membership);
    CHECK(membership.group() == p.group);
    CHECK(membership.interfaces() == std::vector<std::uint32_t>{p.fork.here.index("eth0")});
    CHECK(p.is_joined());
  }
  CHECK_FALSE(p.is_joined());
}

TEST_CASE("a moved membership ends once, where it has gone", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  std::optional<Membership> first = p.socket.join(p.group, "eth0");
  Membership second = std::move(*first);
  CHECK_FALSE(*first);
  first.reset();
  CHECK(second);
  CHECK(p.is_joined());
  Membership third = p.socket.join(p.group, "eth1");
  third = std::move(second);  // leaves eth1
  CHECK_FALSE(test::is_member(p.fork.here, "eth1", p.group.to_string()));
  CHECK(p.is_joined());
  third = Membership();
  CHECK_FALSE(p.is_joined());
}

TEST_CASE("a membership can be left early, and kept", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  std::error_code ec = asio::error::invalid_argument;
  {
    Membership membership = p.socket.join(p.group, "eth0");
    membership.leave(ec);
    CHECK_FALSE(ec);
    CHECK_FALSE(membership);
    CHECK_FALSE(p.is_joined());
    membership.leave(ec);
    CHECK_FALSE(ec);
    p.socket.join(p.group, "eth0").keep();
    CHECK(p.is_joined());
  }
  CHECK(p.is_joined());
  Membership again;
  CHECK_THROWS_AS(again = p.socket.join(p.group, "eth0"), dgram::Error);  // it was kept
  p.socket.drop_membership(p.group, "eth0");
  CHECK_FALSE(p.is_joined());
}

TEST_CASE("a membership on all interfaces leaves those that it joined", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  p.socket.add_membership(p.group, "eth0");
  {
    const Membership membership = p.socket.join(p.group, Interface::all());
    CHECK(membership.interfaces() == std::vector<std::uint32_t>{p.fork.here.index("eth1")});
    CHECK(test::is_member(p.fork.here, "eth1", p.group.to_string()));
  }
  CHECK_FALSE(test::is_member(p.fork.here, "eth1", p.group.to_string()));
  CHECK(p.is_joined());
}

TEST_CASE("a membership says when it had ended already", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  Membership membership = p.socket.join(p.group, "eth0");
  p.socket.drop_membership(p.group, "eth0");
  std::error_code ec;
  membership.leave(ec);
  CHECK(ec == std::errc::address_not_available);
  CHECK_FALSE(membership);
}

TEST_CASE("a membership goes with a socket that moves", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  std::optional<Membership> membership = p.socket.join(p.group, "eth0");
  Socket moved = std::move(p.socket);
  CHECK(p.is_joined(moved));
  membership.reset();
  CHECK_FALSE(p.is_joined(moved));
}

TEST_CASE("a membership outlives its socket, and does nothing then", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const std::string group = p.group.to_string();
  std::optional<Socket> socket(std::in_place, p.io);
  Membership first = socket->join(p.group, "eth0");
  Membership second = socket->join(p.group, "eth1");
  socket->close();
  CHECK_FALSE(test::is_member(p.fork.here, "eth0", group));
  std::error_code ec = asio::error::invalid_argument;
  first.leave(ec);
  CHECK_FALSE(ec);
  socket.reset();
  // The descriptor's number may be another socket's now.
  p.socket.add_membership(p.group, "eth1");
  second.leave(ec);
  CHECK_FALSE(ec);
  CHECK(test::is_member(p.fork.here, "eth1", group));
}

TEST_CASE("a membership ends on an interface that was renamed", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const Interface by = GENERATE(Interface("eth1"), Interface::all());
  Membership membership = p.socket.join(p.group, by);
  p.fork.here.ip("link set eth1 name wan");
  CHECK(test::is_member(p.fork.here, "wan", p.group.to_string()));
  std::error_code ec;
  membership.leave(ec);
  CHECK_FALSE(ec);
  CHECK_FALSE(test::is_member(p.fork.here, "wan", p.group.to_string()));
}

TEST_CASE("a membership ends when its interface has vanished", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const bool chosen = GENERATE(false, true);  // else the system chooses
  const bool of_source = GENERATE(false, true);
  INFO("interface " << (chosen ? "given" : "the system's choice"));
  INFO((of_source ? "source-specific" : "any source"));
  p.fork.here.set("ipv4/igmp_max_memberships", "1");
  const Interface on = chosen ? Interface("eth0") : Interface();
  Membership membership = of_source ? p.socket.join_source(p.ip("10.0.0.2", "fd00::2"), p.group, on)
                                    : p.socket.join(p.group, on);
  p.fork.here.ip("link delete eth0");
  std::error_code ec;
  membership.leave(ec);
  CHECK_FALSE(ec);
  p.socket.add_membership(p.group, "eth1", ec);  // there is room for it again
  CHECK_FALSE(ec);
}

TEST_CASE("a membership ends where it began, wherever the routes lead by now",
          "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const std::string group = p.group.to_string();
  if (p.ip.v6()) p.fork.here.ip("-6 route add multicast ff15::/16 dev eth0 table local metric 1");
  Membership membership = p.socket.join(p.group);
  CHECK(test::is_member(p.fork.here, "eth0", group));
  p.socket.add_membership(p.group, "eth1");
  p.fork.here.ip(p.ip.v6() ? "-6 route replace multicast ff15::/16 dev eth1 table local metric 1"
                           : "route replace 224.0.0.0/4 dev eth1");
  membership.leave();
  CHECK_FALSE(test::is_member(p.fork.here, "eth0", group));
  CHECK(test::is_member(p.fork.here, "eth1", group));
}

TEST_CASE("a membership of an IPv4 group in IPv6 clothes ends, too", "[network][membership]") {
  Member p(Ip(false));
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  Socket both = test::bound_on(p.fork.here, p.io, Endpoint(asio::ip::udp::v6(), 0), options);
  const test::Here here = p.fork.here.enter();
  const bool of_source = GENERATE(false, true);
  Membership membership =
      of_source ? both.join_source(Ip::mapped("10.0.0.2"), Ip::mapped("239.1.2.3"), "eth0")
                : both.join(Ip::mapped("239.1.2.3"), "eth0");
  CHECK(test::is_member(p.fork.here, "eth0", "239.1.2.3"));
  std::error_code ec;
  membership.leave(ec);
  CHECK_FALSE(ec);
  CHECK_FALSE(test::is_member(p.fork.here, "eth0", "239.1.2.3"));
}

TEST_CASE("joining binds a socket that is not bound", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const bool opened = GENERATE(false, true);
  dgram::SocketOptions options;
  if (opened) options.family = p.ip.v6() ? dgram::Family::ipv6 : dgram::Family::ipv4;
  Socket socket(p.io, options);
  if (opened) socket.open();
  socket.add_membership(p.group, "eth0");
  CHECK(socket.is_open());
  const Endpoint local = socket.local_endpoint();
  CHECK(local.address() == p.ip.any());
  CHECK(local.port() != 0);
  test::send(p.left, "joined", Endpoint(p.group, local.port()));
  CHECK(test::receive(p.io, socket).text() == "joined");
}

TEST_CASE("a join that fails leaves the socket as it was", "[network][membership]") {
  Member p(Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  const bool opened = GENERATE(false, true);
  dgram::SocketOptions options;
  options.family = p.ip.v6() ? dgram::Family::ipv6 : dgram::Family::ipv4;
  Socket socket(p.io, options);
  if (opened) socket.open();
  std::error_code ec;
  socket.add_membership(p.group, "eth7", ec);
  CHECK(ec == std::errc::no_such_device);
  CHECK(socket.is_open() == opened);
  if (opened) CHECK(socket.local_endpoint().port() == 0);
  socket.bind(Endpoint(p.ip.any(), port + 1), ec);
  CHECK_FALSE(ec);
}

}  // namespace network_membership_test
