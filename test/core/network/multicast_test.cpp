// Groups that anybody may send to: where they are joined, and what then arrives.
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <string>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"
#include "support/faulty.hpp"

namespace network_multicast_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

/// A socket on `here`, and one on each side that sends to it and to a group.
struct Members {
  explicit Members(Ip family, asio::ip::address joined)
      : ip(family),
        group(joined),
        socket(test::bound_on(fork.here, io, Endpoint(ip.any(), port))),
        left(test::bound_on(fork.left, io, Endpoint(ip("10.0.0.2", "fd00::2"), 0))),
        right(test::bound_on(fork.right, io, Endpoint(ip("10.0.1.2", "fd00:1::2"), 0))) {}
  explicit Members(Ip family) : Members(family, family.group()) {}

  /// Does what is sent to the group on that side arrive?
  bool hears(Socket& from) {
    const bool is_left = &from == &left;
    test::send(from, "to the group", Endpoint(group, port));
    test::send(from,
               "to you",
               Endpoint(is_left ? ip("10.0.0.1", "fd00::1") : ip("10.0.1.1", "fd00:1::1"), port));
    const Texts came = test::receive_until(io, socket, "to you");
    CHECK(came.size() <= 2);
    return came.front() == "to the group";
  }

  void become_dual_stack() {
    socket.close();  // they cannot both have the port
    socket = test::bound_on(fork.here, io, Endpoint(asio::ip::udp::v6(), port));
  }

  test::Fork fork;
  asio::io_context io;
  Ip ip;
  asio::ip::address group;
  Socket socket, left, right;
};

}  // namespace

TEST_CASE("a group arrives from the interface it was joined on, however that is named",
          "[network][multicast]") {
  Members m(Ip(GENERATE(false, true)));
  const test::Here here = m.fork.here.enter();
  const unsigned index = m.fork.here.index("eth1");
  const std::string number = std::to_string(index);
  const asio::ip::address address = m.ip("10.0.1.1", "fd00:1::1");
  const std::vector<Interface> names = {"eth1",
                                        index,
                                        address,
                                        address.to_string(),
                                        "%eth1",
                                        "::%eth1",
                                        "%" + number,
                                        "fe80::1%eth1",
                                        "fe80::1%" + number,
                                        make_address("fe80::1%eth1"),
                                        Interface(m.fork.here.link_local("eth1"))};
  for (const Interface& name : names) {
    INFO(dgram::to_string(name));
    m.socket.add_membership(m.group, name);
    CHECK(m.hears(m.right));
    CHECK_FALSE(m.hears(m.left));
    m.socket.drop_membership(m.group, name);
    CHECK_FALSE(m.hears(m.right));
  }
}

TEST_CASE("a group joined on no interface in particular is joined where the routes lead",
          "[network][multicast]") {
  Members m(Ip(GENERATE(false, true)));
  const test::Here here = m.fork.here.enter();
  if (m.ip.v6()) m.fork.here.ip("-6 route add multicast ff15::/16 dev eth0 table local metric 1");
  m.socket.add_membership(m.group);
  CHECK(m.hears(m.left));
  CHECK_FALSE(m.hears(m.right));
  m.socket.drop_membership(m.group);
  CHECK_FALSE(m.hears(m.left));
}

TEST_CASE("a group with a zone names its interface itself", "[network][multicast]") {
  Members m(Ip(true), make_address("ff02::99"));
  const test::Here here = m.fork.here.enter();
  const asio::ip::address group = make_address("ff02::99%eth1");
  m.socket.add_membership(group);
  CHECK(m.hears(m.right));
  CHECK_FALSE(m.hears(m.left));
  std::error_code ec;
  m.socket.drop_membership(group, "eth0", ec);
  CHECK(ec == asio::error::invalid_argument);
  m.socket.drop_membership(group, "eth1", ec);
  CHECK_FALSE(ec);
  CHECK_FALSE(m.hears(m.right));
}

TEST_CASE("a group beyond the link names its interface by a zone in numbers",
          "[network][multicast]") {
  Members m(Ip(true));
  const test::Here here = m.fork.here.enter();
  m.socket.add_membership(make_address("ff15::99%" + std::to_string(m.fork.here.index("eth1"))));
  CHECK(m.hears(m.right));
  CHECK_FALSE(m.hears(m.left));
}

TEST_CASE("a group can be joined and left on all interfaces at once", "[network][multicast]") {
  Members m(Ip(GENERATE(false, true)));
  const test::Here here = m.fork.here.enter();
  m.fork.here.ip("address add 10.0.1.9/24 dev eth1 label eth1:9");  // no interface of its own
  m.socket.add_membership(m.group, "eth0");
  m.socket.add_membership(m.group, Interface::all());  // eth0 stays joined
  CHECK(m.hears(m.left));
  CHECK(m.hears(m.right));
  std::error_code ec;
  m.socket.add_membership(m.group, Interface::all(), ec);
  CHECK(ec == asio::error::address_in_use);
  m.socket.drop_membership(m.group, Interface::all());
  CHECK_FALSE(m.hears(m.left));
  CHECK_FALSE(m.hears(m.right));
  m.socket.drop_membership(m.group, Interface::all(), ec);
  CHECK(ec == std::errc::address_not_available);
}

TEST_CASE("a group is left on all interfaces wherever it was joined, also on one that is down now",
          "[network][multicast]") {
  Members m(Ip(GENERATE(false, true)));
  const test::Here here = m.fork.here.enter();
  m.socket.add_membership(m.group, Interface::all());
  m.fork.here.ip("link set eth1 down");
  m.socket.drop_membership(m.group, Interface::all());
  std::error_code ec;
  m.socket.drop_membership(m.group, m.fork.here.index("eth1"), ec);
  CHECK(ec == std::errc::address_not_available);
}

TEST_CASE("a group that cannot be joined on one interface is joined on none",
          "[network][multicast]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  const auto script = test::make_faulty(io);
  const test::Here here = fork.here.enter();
  Socket socket(io);
  socket.bind(Endpoint(ip.any(), port));
  const std::string group = ip.group().to_string();
  std::error_code ec;

  script->change_membership = {{}, {test::os(ENOBUFS)}};
  socket.add_membership(ip.group(), Interface::all(), ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK(script->change_membership.empty());
  CHECK_FALSE(test::is_member(fork.here, "eth0", group));
  CHECK_FALSE(test::is_member(fork.here, "eth1", group));

  socket.add_membership(ip.group(), "eth0");
  script->change_membership = {{}, {test::os(ENOBUFS)}};  // there already; fails
  socket.add_membership(ip.group(), Interface::all(), ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK(test::is_member(fork.here, "eth0", group));

  socket.add_membership(ip.group(), Interface::all(), ec);
  CHECK_FALSE(ec);
  CHECK(test::is_member(fork.here, "eth1", group));

  Socket fresh(io);
  script->change_membership = {{}, {test::os(ENOBUFS)}};
  fresh.add_membership(ip.group(), Interface::all(), ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK_FALSE(fresh.is_open());
}

TEST_CASE("an IPv6 socket hears IPv4 groups, too", "[network][multicast]") {
  Members m(Ip(false));
  m.become_dual_stack();
  const test::Here here = m.fork.here.enter();
  const bool mapped = GENERATE(false, true);
  const asio::ip::address group = mapped ? Ip::mapped("239.1.2.3") : m.group;
  m.socket.add_membership(group, "eth1");
  CHECK_FALSE(m.hears(m.left));
  test::send(m.right, "here", Endpoint(m.group, port));
  const dgram::Datagram datagram = test::receive(m.io, m.socket);
  CHECK(datagram.text() == "here");
  CHECK(datagram.remote() == Endpoint(Ip::mapped("10.0.1.2"), m.right.local_endpoint().port()));
  m.socket.drop_membership(group, "eth1");
  CHECK_FALSE(m.hears(m.right));
}

TEST_CASE("a group that another socket of the host has joined arrives only when asked for",
          "[network][multicast]") {
  Members m(Ip(GENERATE(false, true)));
  const bool on_ipv6_socket = !m.ip.v6() && GENERATE(false, true);
  if (on_ipv6_socket) m.become_dual_stack();
  Socket other = test::bound_on(m.fork.here, m.io, Endpoint(m.ip.any(), port + 1));
  const test::Here here = m.fork.here.enter();
  other.add_membership(m.group, "eth0");
  CHECK_FALSE(m.socket.multicast_all());
  CHECK_FALSE(m.hears(m.left));
  m.socket.set_multicast_all(true);
  CHECK(m.socket.multicast_all());
  CHECK(m.hears(m.left));
  m.socket.set_multicast_all(false);
  CHECK_FALSE(m.hears(m.left));
}

TEST_CASE("every socket of a port that has joined a group gets what is sent to it",
          "[network][multicast]") {
  const Ip ip(GENERATE(false, true));
  const bool by_port = GENERATE(false, true);
  const test::Fork fork;
  asio::io_context io;
  dgram::SocketOptions options;
  (by_port ? options.reuse_port : options.reuse_address) = true;
  const bool to_the_group = GENERATE(false, true);  // bound to the group's address, or to any
  const Endpoint local(to_the_group ? ip.group() : ip.any(), port);
  Socket first = test::bound_on(fork.here, io, local, options);
  Socket second = test::bound_on(fork.here, io, local, options);
  Socket from = test::bound_on(fork.left, io, Endpoint(ip.any(), 0));
  for (Socket* socket : {&first, &second}) socket->add_membership(ip.group(), "eth0");
  test::send(from, "one", Endpoint(ip.group(), port));
  test::send(from, "two", Endpoint(ip.group(), port));
  CHECK(test::receive_until(io, first, "two") == Texts{"one", "two"});
  CHECK(test::receive_until(io, second, "two") == Texts{"one", "two"});
}

TEST_CASE("what came to a group is answered from this host's own address, the way it came",
          "[network][multicast]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  dgram::SocketOptions options;
  options.receive_local_address = true;
  Socket socket = test::bound_on(fork.here, io, Endpoint(ip.any(), port), options);
  Socket right = test::bound_on(fork.right, io, Endpoint(ip("10.0.1.2", "fd00:1::2"), 0));
  socket.add_membership(ip.group(), "eth1");
  test::send(right, "who?", Endpoint(ip.group(), port));
  const dgram::Datagram question = test::receive(io, socket);
  CHECK(question.local_address() == ip.group());
  CHECK(question.interface_index() == fork.here.index("eth1"));
  const dgram::SendOptions reply = question.reply_options();
  CHECK(reply.interface_index == fork.here.index("eth1"));
  const auto answer = [&]() -> asio::awaitable<void> {
    co_await socket.send("me", question.remote(), reply);
  };
  test::run(io, answer());
  const dgram::Datagram answered = test::receive(io, right);
  CHECK(answered.remote() == Endpoint(ip("10.0.1.1", "fd00:1::1"), port));
}

}  // namespace network_multicast_test
