// Groups in which a socket chooses whom to hear.
#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_source_specific_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Socket;
using test::Host;
using test::Ip;
using test::port;
using test::Texts;

/// A socket, and three that send to it, all on one switch.
struct Choir {
  Choir(Ip family, const Endpoint& local, const dgram::SocketOptions& options = {}) : ip(family) {
    const Host* const hosts[] = {&one, &two, &three, &here};
    for (int i = 0; i < 4; ++i) {
      const std::string n = std::to_string(i + 1);
      bridge.plug({*hosts[i], "eth0", {"10.0.0." + n + "/24", "fd00::" + n + "/64"}});
      hosts[i]->ip("route add default dev eth0");
    }
    socket = test::bound_on(here, io, local, options);
    for (int i = 0; i < 3; ++i) {
      voices[i] = test::bound_on(*hosts[i], io, Endpoint(source(i + 1), 0));
    }
  }
  explicit Choir(Ip family) : Choir(family, Endpoint(family.any(), port)) {}

  asio::ip::address source(int n) const {
    const std::string digit = std::to_string(n);
    return make_address((ip.v6() ? "fd00::" : "10.0.0.") + digit);
  }
  asio::ip::address group() const { return ip("232.1.2.3", "ff35::99"); }

  /// Whom of the three the socket hears: "13".
  std::string heard() {
    std::string all;
    for (int i = 0; i < 3; ++i) {
      test::send(voices[i], "to the group", Endpoint(group(), port));
      test::send(voices[i], "to you", Endpoint(source(4), port));
      const Texts came = test::receive_until(io, socket, "to you");
      CHECK(came.size() <= 2);
      if (came.front() == "to the group") all += std::to_string(i + 1);
    }
    return all;
  }

  test::Bridge bridge{"bridge"};
  Host here{"here"}, one{"one"}, two{"two"}, three{"three"};
  asio::io_context io;
  Ip ip;
  Socket socket{io};
  Socket voices[3] = {Socket(io), Socket(io), Socket(io)};
};

}  // namespace

TEST_CASE("a source-specific membership brings its sources and nobody else",
          "[network][multicast]") {
  Choir c(Ip(GENERATE(false, true)));
  const test::Here here = c.here.enter();
  const Interface on = GENERATE(Interface(), Interface("eth0"), Interface::all());
  CHECK(c.heard() == "");
  c.socket.add_source_specific_membership(c.source(1), c.group(), on);
  CHECK(c.heard() == "1");
  c.socket.add_source_specific_membership(c.source(3), c.group(), on);
  CHECK(c.heard() == "13");
  c.socket.drop_source_specific_membership(c.source(1), c.group(), on);
  CHECK(c.heard() == "3");
  c.socket.drop_source_specific_membership(c.source(3), c.group(), on);
  CHECK(c.heard() == "");
}

TEST_CASE("a source-specific membership of a scope ends with it", "[network][multicast]") {
  Choir c(Ip(GENERATE(false, true)));
  const test::Here here = c.here.enter();
  const dgram::Membership first = c.socket.join_source(c.source(1), c.group(), "eth0");
  {
    const dgram::Membership second = c.socket.join_source(c.source(2), c.group(), "eth0");
    CHECK(c.heard() == "12");
  }
  CHECK(c.heard() == "1");
}

TEST_CASE("a blocked source is not heard in a group that is open to all", "[network][multicast]") {
  Choir c(Ip(GENERATE(false, true)));
  const test::Here here = c.here.enter();
  const Interface on = GENERATE(Interface(), Interface("eth0"), Interface::all());
  c.socket.add_membership(c.group(), on);
  CHECK(c.heard() == "123");
  c.socket.block_source(c.source(2), c.group(), on);
  CHECK(c.heard() == "13");
  c.socket.block_source(c.source(3), c.group(), on);
  CHECK(c.heard() == "1");
  c.socket.unblock_source(c.source(2), c.group(), on);
  CHECK(c.heard() == "12");
  c.socket.drop_membership(c.group(), on);
  CHECK(c.heard() == "");
}

TEST_CASE("an IPv6 socket chooses the sources of an IPv4 group, in either form",
          "[network][multicast]") {
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  Choir c(Ip(false), Endpoint(asio::ip::udp::v6(), port), options);
  const test::Here here = c.here.enter();
  c.socket.add_source_specific_membership(c.source(1), c.group(), "eth0");
  c.socket.add_source_specific_membership(Ip::mapped("10.0.0.2"), Ip::mapped("232.1.2.3"), "eth0");
  CHECK(c.heard() == "12");
  c.socket.drop_source_specific_membership(Ip::mapped("10.0.0.1"), c.group(), "eth0");
  CHECK(c.heard() == "2");
}

TEST_CASE("a source can be added once, and dropped when it was added", "[network][multicast]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  const auto group = ip.group(), source = ip("10.0.0.2", "fd00::2");
  const auto other = ip("10.0.0.3", "fd00::3");
  const test::Here here = fork.here.enter();
  Socket socket(io);
  socket.bind(Endpoint(ip.any(), 0));
  socket.add_source_specific_membership(source, group, "eth0");
  std::error_code ec;
  socket.add_source_specific_membership(source, group, "eth0", ec);
  CHECK(ec == std::errc::address_not_available);
  socket.drop_source_specific_membership(other, group, "eth0", ec);
  CHECK((ec == std::errc::address_not_available || ec == asio::error::invalid_argument));
  socket.drop_source_specific_membership(source, ip("239.1.2.4", "ff15::98"), "eth0", ec);
  CHECK((ec == std::errc::address_not_available || ec == asio::error::invalid_argument));
  socket.block_source(source, group, "eth0", ec);
  CHECK(ec == asio::error::invalid_argument);
}

TEST_CASE("blocking takes a group that is open to all", "[network][multicast]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  const auto group = ip.group(), source = ip("10.0.0.2", "fd00::2");
  const test::Here here = fork.here.enter();
  Socket socket(io);
  socket.bind(Endpoint(ip.any(), 0));
  std::error_code ec;
  socket.block_source(source, group, "eth0", ec);
  CHECK(ec == asio::error::invalid_argument);
  socket.add_membership(group, "eth0");
  socket.unblock_source(source, group, "eth0", ec);
  CHECK(ec == std::errc::address_not_available);
  socket.block_source(source, group, "eth0");
  socket.block_source(source, group, "eth0", ec);
  CHECK(ec == std::errc::address_not_available);
  socket.add_source_specific_membership(source, group, "eth0", ec);
  CHECK(ec == asio::error::invalid_argument);
}

TEST_CASE("sources are limited by the host", "[network][multicast]") {
  const test::Fork fork;
  asio::io_context io;
  const test::Here here = fork.here.enter();
  Socket socket(io);
  socket.bind(Endpoint(asio::ip::udp::v4(), 0));
  const auto group = make_address("232.1.2.3");
  for (int n = 1; n <= 10; ++n)
    socket.add_source_specific_membership(
        make_address("10.0.0." + std::to_string(n)), group, "eth0");
  CHECK(test::words_of([&] {
          socket.add_source_specific_membership(make_address("10.0.0.11"), group, "eth0");
        }) ==
        "add_source_specific_membership 10.0.0.11 in 232.1.2.3 on eth0: No buffer space available");
}

}  // namespace network_source_specific_test
