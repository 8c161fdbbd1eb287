// What is wrong with a membership, and how that is said.
#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_membership_errors_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Socket;
using test::Ip;
using test::words_of;

/// A bound socket on a host with two interfaces.
struct Alone {
  explicit Alone(Ip family, const dgram::SocketOptions& options = {})
      : ip(family),
        group(ip.group()),
        text(group.to_string()),
        socket(test::bound_on(fork.here, io, Endpoint(ip.any(), 0), options)) {}

  std::string join(const asio::ip::address& address, const Interface& on = {}) {
    return words_of([&] { socket.add_membership(address, on); });
  }
  std::error_code join_error(const asio::ip::address& address, const Interface& on = {}) {
    std::error_code ec;
    socket.add_membership(address, on, ec);
    return ec;
  }

  test::Fork fork;
  asio::io_context io;
  Ip ip;
  asio::ip::address group;
  std::string text;
  Socket socket;
};

}  // namespace

TEST_CASE("a group is joined once per socket and interface", "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  a.socket.add_membership(a.group, "eth0");
  CHECK(a.join_error(a.group, a.fork.here.index("eth0")) == asio::error::address_in_use);
  CHECK(a.join(a.group, "eth0") == "add_membership " + a.text + " on eth0: Address already in use");
  CHECK(a.join(a.group, "eth1") == "no error");
  CHECK(words_of([&] { static_cast<void>(a.socket.join(a.group, "eth1")); }) ==
        "join " + a.text + " on eth1: Address already in use");
}

TEST_CASE("only what was joined can be dropped", "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  a.socket.add_membership(a.group, "eth0");
  std::error_code ec;
  a.socket.drop_membership(a.group, "eth1", ec);
  CHECK(ec == std::errc::address_not_available);
  CHECK(words_of([&] { a.socket.drop_membership(a.group, "eth1"); }) ==
        "drop_membership " + a.text + " on eth1: Cannot assign requested address");
  CHECK(test::is_member(a.fork.here, "eth0", a.text));
}

TEST_CASE("a group is a multicast address", "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  const asio::ip::address unicast = a.ip("10.0.0.2", "fd00::2");
  CHECK(a.join_error(unicast, "eth0") == dgram::Errc::not_multicast);
  CHECK(a.join_error(a.ip.any()) == dgram::Errc::not_multicast);
  CHECK(a.join(unicast, "eth0") ==
        "add_membership " + unicast.to_string() + " on eth0: Not a multicast address");
  std::error_code ec;
  a.socket.add_source_specific_membership(unicast, unicast, "eth0", ec);
  CHECK(ec == dgram::Errc::not_multicast);
  a.socket.drop_membership(unicast, "eth0", ec);
  CHECK(ec == dgram::Errc::not_multicast);
  CHECK(a.join_error(make_address("255.255.255.255")) == dgram::Errc::not_multicast);
}

TEST_CASE("a group is of the socket's family", "[network][membership]") {
  const test::Fork fork;
  const test::Here here = fork.here.enter();
  asio::io_context io;
  const auto v4 = make_address("239.1.2.3"), v6 = make_address("ff15::99");
  Socket four(io), opened(io);
  four.bind(Endpoint(asio::ip::udp::v4(), 0));
  std::error_code ec;
  four.add_membership(v6, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK(words_of([&] { four.add_membership(v6, "eth0"); }) ==
        "add_membership ff15::99 on eth0: Address family not supported by protocol");
  opened.open();
  opened.add_membership(v6, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);

  dgram::SocketOptions options;
  options.family = dgram::Family::ipv4;
  Socket fresh(io, options);
  fresh.add_membership(v6, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK_FALSE(fresh.is_open());

  options.family = dgram::Family::ipv6;
  options.ipv6_only = true;
  Socket only(io, options);
  only.add_membership(v4, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
  only.bind();
  only.add_membership(v4, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
  only.add_membership(Ip::mapped("239.1.2.3"), "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
}

TEST_CASE("a source is of the group's family, and no group", "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  const Ip other(!a.ip.v6());
  const asio::ip::address alien = other("10.0.0.2", "fd00::2");
  std::error_code ec;
  a.socket.add_source_specific_membership(alien, a.group, "eth0", ec);
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK(words_of([&] { a.socket.add_source_specific_membership(alien, a.group, "eth0"); }) ==
        "add_source_specific_membership " + alien.to_string() + " in " + a.text +
            " on eth0: Address family not supported by protocol");
  for (const auto& source : {a.group, a.ip.any()}) {
    a.socket.add_source_specific_membership(source, a.group, "eth0", ec);
    CHECK(ec == asio::error::invalid_argument);
    a.socket.block_source(source, a.group, "eth0", ec);
    CHECK(ec == asio::error::invalid_argument);
  }
}

TEST_CASE("an interface that is not there is no such device, however it is named",
          "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  const unsigned of_other_host = a.fork.left.index("near");
  const std::string name = "add_membership " + a.text + " on ";
  const std::string why = ": No such device";
  CHECK(a.join_error(a.group, "eth7") == std::errc::no_such_device);
  CHECK(a.join(a.group, "eth7") == name + "eth7" + why);
  CHECK(a.join(a.group, "%eth7") == name + "eth7" + why);
  CHECK(a.join(a.group, of_other_host) ==
        name + "interface " + std::to_string(of_other_host) + why);
  CHECK(a.join(a.group, -1) == name + "an impossible interface index" + why);
  CHECK(a.join(a.group, "near") == name + "near" + why);
  CHECK(a.join(a.group, "10.0.0.2") == name + "10.0.0.2" + why);
  CHECK(a.join(a.group, "fd00::2") == name + "fd00::2" + why);
  CHECK(a.join(a.group, std::string("eth0\0", 5)) != "no error");
  CHECK(a.join(a.group, "a-name-that-is-longer-than-any-interface's") ==
        name + "a-name-that-is-longer-than-any-interface's" + why);
}

TEST_CASE("without a route to the group the system has no interface to choose",
          "[network][membership]") {
  Alone a(Ip(false));
  const test::Here here = a.fork.here.enter();
  a.fork.here.ip("route delete 224.0.0.0/4");
  CHECK(a.join_error(a.group) == std::errc::no_such_device);
  CHECK(a.join(a.group) == "add_membership 239.1.2.3 on any interface: No such device");
  a.fork.here.ip("address flush dev eth0 scope global");
  a.fork.here.ip("address flush dev eth1 scope global");
  CHECK(a.join_error(a.group, Interface::all()) == std::errc::no_such_device);
  CHECK(a.join(a.group, Interface::all()) ==
        "add_membership 239.1.2.3 on all interfaces: No such device");
}

TEST_CASE("IPv4 groups per socket are limited by the host", "[network][membership]") {
  Alone a(Ip(false));
  const test::Here here = a.fork.here.enter();
  for (int n = 1; n <= 20; ++n)
    a.socket.add_membership(make_address("239.1.2." + std::to_string(n)), "eth0");
  const auto one_more = make_address("239.1.2.21");
  CHECK(a.join_error(one_more, "eth0") == asio::error::no_buffer_space);
  CHECK(a.join_error(one_more, Interface::all()) == asio::error::no_buffer_space);
  CHECK(a.join(one_more, "eth0") == "add_membership 239.1.2.21 on eth0: No buffer space available");
  a.fork.here.set("ipv4/igmp_max_memberships", "21");
  CHECK(a.join(one_more, "eth0") == "no error");
  CHECK(a.join_error(make_address("239.1.2.22"), "eth0") == asio::error::no_buffer_space);
}

TEST_CASE("on all interfaces or on none, also at the limit", "[network][membership]") {
  Alone a(Ip(false));
  const test::Here here = a.fork.here.enter();
  a.fork.here.set("ipv4/igmp_max_memberships", "1");
  CHECK(a.join_error(a.group, Interface::all()) == asio::error::no_buffer_space);
  CHECK_FALSE(test::is_member(a.fork.here, "eth0", a.text));
  CHECK_FALSE(test::is_member(a.fork.here, "eth1", a.text));
  CHECK(a.join(a.group, "eth1") == "no error");
}

TEST_CASE("a socket that is closed, moved-from or never opened has no memberships to change",
          "[network][membership]") {
  Alone a(Ip(GENERATE(false, true)));
  const test::Here here = a.fork.here.enter();
  const asio::ip::address source = a.ip("10.0.0.2", "fd00::2");
  const Interface on = GENERATE(Interface("eth0"), Interface(), Interface::all());
  Socket fresh(a.io), moved_from(a.io), closed(a.io);
  closed.bind(Endpoint(a.ip.any(), 0));
  closed.close();
  const Socket moved_to = std::move(moved_from);
  for (Socket* socket : {&fresh, &moved_from, &closed}) {
    std::error_code ec;
    socket->drop_membership(a.group, on, ec);
    CHECK(ec == asio::error::bad_descriptor);
    socket->drop_source_specific_membership(source, a.group, on, ec);
    CHECK(ec == asio::error::bad_descriptor);
    socket->block_source(source, a.group, on, ec);
    CHECK(ec == asio::error::bad_descriptor);
    socket->unblock_source(source, a.group, on, ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK(words_of([&] { socket->drop_membership(a.group, "eth0"); }) ==
          "drop_membership " + a.text + " on eth0: Bad file descriptor");
    if (socket == &fresh) continue;
    socket->add_membership(a.group, on, ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK_THROWS_AS(socket->join(a.group, on).keep(), dgram::Error);
  }
  CHECK_FALSE(fresh.is_open());
}

}  // namespace network_membership_errors_test
