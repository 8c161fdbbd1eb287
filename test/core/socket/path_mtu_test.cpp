// path_mtu(): what is known of a path, without sending anything.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_path_mtu_test {

using dgram::Family;

namespace {
constexpr int loopback_v4 = 65535;  // its MTU is 65,536, but no IPv4 packet is longer (RFC 791)
constexpr int loopback_v6 = 65536;
}  // namespace

TEST_CASE("the path to this host has the MTU of the loopback interface", "[socket][path_mtu]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  const dgram::Socket v4 = test::bound(io);
  CHECK(v4.path_mtu(dgram::make_endpoint("127.0.0.1", 9)) == loopback_v4);
  CHECK(v4.path_mtu(dgram::make_endpoint("127.0.0.1", 0)) == loopback_v4);
  CHECK(v4.path_mtu(dgram::make_endpoint("127.255.255.255", 9)) == loopback_v4);
  dgram::SocketOptions options;
  options.family = Family::ipv6;
  dgram::Socket v6(io, options);
  v6.bind();
  CHECK(v6.path_mtu(dgram::make_endpoint("::1", 9)) == loopback_v6);
  CHECK(v6.path_mtu(dgram::make_endpoint("::ffff:127.0.0.1", 9)) == loopback_v4);
  CHECK(v4.stats().send_calls.calls() + v6.stats().send_calls.calls() == 0);
}

TEST_CASE("a connected socket knows the path to its peer; another one has none",
          "[socket][path_mtu]") {
  if (!test::is_linux_channel()) return;
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket peer = test::bound_in(io, family);
  dgram::Socket socket = test::bound_in(io, family);
  std::error_code ec;
  CHECK(socket.path_mtu(ec) == 0);
  CHECK(ec == asio::error::not_connected);
  socket.connect(peer.local_endpoint());
  CHECK(socket.path_mtu() == (family == Family::ipv6 ? loopback_v6 : loopback_v4));
  CHECK(socket.path_mtu(ec) == socket.path_mtu());
  CHECK(!ec);
}

TEST_CASE("a path of the other family is refused", "[socket][path_mtu][input]") {
  asio::io_context io;
  dgram::Socket v4 = test::bound(io);
  dgram::Socket v6 = test::bound_in(io, Family::ipv6);
  std::error_code ec;
  for (const char* to : {"::1", "::ffff:127.0.0.1", "::"}) {
    CHECK(v4.path_mtu(dgram::make_endpoint(to, 9), ec) == 0);
    CHECK(ec == asio::error::address_family_not_supported);
  }
  for (const char* to : {"127.0.0.1", "0.0.0.0"}) {
    CHECK(v6.path_mtu(dgram::make_endpoint(to, 9), ec) == 0);
    CHECK(ec == asio::error::address_family_not_supported);
  }
  CHECK(test::works(v4));
  CHECK(test::works(v6));
}

TEST_CASE("a channel that cannot tell says operation_not_supported", "[socket][path_mtu]") {
  if (test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  CHECK(socket.path_mtu(dgram::make_endpoint("127.0.0.1", 9), ec) == 0);
  CHECK(ec == asio::error::operation_not_supported);
}

}  // namespace socket_path_mtu_test
