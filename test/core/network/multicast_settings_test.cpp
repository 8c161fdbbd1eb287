// How datagrams to groups leave: by which interface, from which address, and back home.
#include <asio/ip/multicast.hpp>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"
#include "support/options.hpp"

namespace network_multicast_settings_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

/// A sender on `here` that is not bound, and a member of the group on each side.
struct Senders {
  explicit Senders(Ip family, Ip of_socket) : ip(family), group(ip.group()) {
    const test::Here here = fork.here.enter();
    socket = Socket(io, test::of_family(of_socket.family()));
    socket.open();
    left = test::bound_on(fork.left, io, Endpoint(ip.any(), port));
    left.add_membership(group, "near");
    right = test::bound_on(fork.right, io, Endpoint(ip.any(), port));
    right.add_membership(group, "near");
    if (ip.v6()) fork.here.ip("-6 route add multicast ff15::/16 dev eth0 table local metric 1");
    to = Endpoint(group, port);
    if (!ip.v6() && of_socket.v6()) to.address(Ip::mapped("239.1.2.3"));
  }
  explicit Senders(Ip family) : Senders(family, family) {}

  /// Who gets what is sent to the group: "left", "right".
  std::string receiver() {
    test::send(socket, "to the group", to);
    std::string who;
    for (Socket* at : {&left, &right}) {
      const bool is_left = at == &left;
      const asio::ip::address there =
          is_left ? ip("10.0.0.2", "fd00::2") : ip("10.0.1.2", "fd00:1::2");
      Socket last = test::bound_on(is_left ? fork.left : fork.right, io, Endpoint(there, 0));
      test::send(last, "last", Endpoint(there, port));
      if (test::receive_until(io, *at, "last") == Texts{"to the group", "last"})
        who += is_left ? "left" : "right";
    }
    return who;
  }

  test::Fork fork;
  asio::io_context io;
  Ip ip;
  asio::ip::address group;
  Endpoint to;
  Socket socket{io}, left{io}, right{io};
};

}  // namespace

TEST_CASE("datagrams to groups leave by the interface that was set, however it is named",
          "[network][multicast]") {
  Senders s(Ip(GENERATE(false, true)));
  const test::Here here = s.fork.here.enter();
  const unsigned index = s.fork.here.index("eth1");
  CHECK(s.socket.multicast_interface() == 0);
  CHECK(s.receiver() == "left");
  const std::vector<Interface> names = {"eth1",
                                        index,
                                        "10.0.1.1",
                                        "fd00:1::1",
                                        "%eth1",
                                        "::%" + std::to_string(index),
                                        make_address("fe80::1%eth1")};
  for (const Interface& name : names) {
    INFO(dgram::to_string(name));
    s.socket.set_multicast_interface(name);
    CHECK(s.socket.multicast_interface() == index);
    CHECK(s.receiver() == "right");
    s.socket.set_multicast_interface({});
    CHECK(s.socket.multicast_interface() == 0);
    CHECK(s.receiver() == "left");
  }
}

TEST_CASE("an interface given by an address gives its datagrams that source",
          "[network][multicast]") {
  Senders s(Ip(false), Ip(GENERATE(false, true)));
  const test::Here here = s.fork.here.enter();
  s.fork.here.ip("address add 10.0.0.9/24 dev eth0");
  s.fork.here.ip("address add 10.0.1.9/24 dev eth1 label eth1:9");
  const auto source = [&](const char* interface) {
    s.socket.set_multicast_interface(interface);
    test::send(s.socket, "x", s.to);
    const bool is_left = s.socket.multicast_interface() != s.fork.here.index("eth1");
    return test::receive(s.io, is_left ? s.left : s.right).remote().address().to_string();
  };
  CHECK(source("10.0.0.9") == "10.0.0.9");
  CHECK(source("10.0.0.1") == "10.0.0.1");
  CHECK(source("10.0.1.9") == "10.0.1.9");
  CHECK(source("eth1") == "10.0.1.1");
  CHECK(source("") == "10.0.0.1");
}

TEST_CASE("on an IPv6 socket the interface holds for IPv4 groups as well", "[network][multicast]") {
  Senders s(Ip(false), Ip(true));
  const test::Here here = s.fork.here.enter();
  const auto name = GENERATE("eth1", "10.0.1.1", "fd00:1::1", "%eth1");
  CHECK(s.receiver() == "left");
  s.socket.set_multicast_interface(name);
  CHECK(s.socket.multicast_interface() == s.fork.here.index("eth1"));
  CHECK(s.receiver() == "right");
  Socket at_right = test::bound_on(s.fork.right, s.io, Endpoint(asio::ip::udp::v6(), port + 1));
  at_right.add_membership(make_address("ff15::99"), "near");
  test::send(s.socket, "six", Endpoint(make_address("ff15::99"), port + 1));
  CHECK(test::receive(s.io, at_right).text() == "six");
  s.socket.set_multicast_interface({});
  CHECK(s.receiver() == "left");
}

TEST_CASE("the interface of an Asio option is read as well", "[network][multicast]") {
  Senders s(Ip(GENERATE(false, true)));
  const test::Here here = s.fork.here.enter();
  const unsigned index = s.fork.here.index("eth1");
  if (s.ip.v6())
    s.socket.set_option(asio::ip::multicast::outbound_interface(index));
  else
    s.socket.set_option(asio::ip::multicast::outbound_interface(make_address("10.0.1.1").to_v4()));
  CHECK(s.receiver() == "right");
  CHECK(s.socket.multicast_interface() == index);
}

TEST_CASE("an interface for groups that cannot be set is refused, and nothing changes",
          "[network][multicast]") {
  Senders s(Ip(GENERATE(false, true)));
  const test::Here here = s.fork.here.enter();
  s.socket.set_multicast_interface("eth1");
  const auto words = [&](const Interface& interface) {
    return test::words_of([&] { s.socket.set_multicast_interface(interface); });
  };
  CHECK(words(Interface::all()) == "set_multicast_interface all interfaces: Invalid argument");
  CHECK(words("eth7") == "set_multicast_interface eth7: No such device");
  CHECK(words(9999) == "set_multicast_interface interface 9999: No such device");
  CHECK(words("10.0.0.2") == "set_multicast_interface 10.0.0.2: No such device");
  CHECK(words("fd00::2") == "set_multicast_interface fd00::2: No such device");
  CHECK(s.socket.multicast_interface() == s.fork.here.index("eth1"));
  Socket fresh(s.io);
  CHECK(test::words_of([&] { fresh.set_multicast_interface("eth1"); }) ==
        "set_multicast_interface eth1: Bad file descriptor");
  CHECK(test::words_of([&] { static_cast<void>(fresh.multicast_interface()); }) ==
        "multicast_interface: Bad file descriptor");
}

TEST_CASE("sockets of the host get what is sent to a group while its sender loops back",
          "[network][multicast]") {
  const bool socket_v6 = GENERATE(false, true);
  const Ip ip(socket_v6 && GENERATE(false, true));
  Senders s(ip, Ip(socket_v6));
  const test::Here here = s.fork.here.enter();
  Socket beside = test::bound_on(s.fork.here, s.io, Endpoint(s.ip.any(), port));
  beside.add_membership(s.group, "eth0");
  CHECK(s.socket.multicast_loopback());
  test::send(s.socket, "looped", s.to);
  CHECK(test::receive(s.io, beside).text() == "looped");
  CHECK(test::receive(s.io, s.left).text() == "looped");
  s.socket.set_multicast_loopback(false);
  CHECK_FALSE(s.socket.multicast_loopback());
  beside.set_multicast_loopback(true);  // it is the sender's setting
  test::send(s.socket, "not looped", s.to);
  test::send(s.left, "last", Endpoint(s.ip("10.0.0.1", "fd00::1"), port));
  CHECK(test::receive_until(s.io, beside, "last") == Texts{"last"});
  CHECK(test::receive(s.io, s.left).text() == "not looped");
}

// Linux looks at a TTL of 0 where it loops a datagram back: on a host outside of the group it
// leaves.
TEST_CASE("with a multicast TTL of 0 a datagram does not leave a host that is in the group",
          "[network][ttl]") {
  Senders s(Ip(GENERATE(false, true)));
  Socket beside = test::bound_on(s.fork.here, s.io, Endpoint(s.ip.any(), port));
  beside.add_membership(s.group, "eth0");
  s.socket.set_multicast_ttl(0);
  CHECK(s.receiver() == "");
  s.socket.set_multicast_ttl(1);
  CHECK(s.receiver() == "left");
}

}  // namespace network_multicast_settings_test
