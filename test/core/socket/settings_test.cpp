// The settings of a socket that are numbers: their range, and that they read back.
#include <asio/ip/unicast.hpp>
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_settings_test {

using dgram::Family;

TEST_CASE("a setting in its range is set and reads back, in both forms", "[socket][settings]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  for (const test::NumberSetting& setting : test::number_settings_here()) {
    INFO(setting);
    asio::io_context io;
    dgram::Socket socket = test::bound_in(io, family);
    for (const int value : setting.in_range) {
      INFO(value);
      setting.set(socket, value);
      CHECK(setting.get(socket) == value);
    }
    for (const int value : setting.in_range) {
      INFO(value);
      std::error_code ec = asio::error::no_memory;
      setting.set_ec(socket, value, ec);
      CHECK(!ec);
      ec = asio::error::no_memory;
      CHECK(setting.get_ec(socket, ec) == value);
      CHECK(!ec);
    }
    CHECK(test::works(socket));
  }
}

TEST_CASE("a setting out of its range is refused, not clamped, and nothing changes",
          "[socket][settings][input]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  for (const test::NumberSetting& setting : test::number_settings_here()) {
    INFO(setting);
    asio::io_context io;
    dgram::Socket socket = test::bound_in(io, family);
    for (const int kept : {setting.in_range.front(), setting.in_range.back()}) {
      setting.set(socket, kept);
      for (const int value : setting.out_of_range) {
        INFO(value);
        std::error_code ec;
        setting.set_ec(socket, value, ec);
        CHECK(ec == asio::error::invalid_argument);
        CHECK_THROWS_AS(setting.set(socket, value), dgram::Error);
        CHECK(setting.get(socket) == kept);
      }
    }
    CHECK(test::works(socket));
  }
}

TEST_CASE("a setting may be made before the socket is bound, and holds afterwards",
          "[socket][settings]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  for (const test::NumberSetting& setting : test::number_settings_here()) {
    INFO(setting);
    asio::io_context io;
    dgram::SocketOptions options;
    options.family = family;
    dgram::Socket socket(io, options);
    socket.open();
    setting.set(socket, setting.in_range.front());
    socket.bind(family == Family::ipv6 ? test::any_port_v6() : test::any_port());
    CHECK(setting.get(socket) == setting.in_range.front());
    CHECK(test::works(socket));
  }
}

TEST_CASE("the code point and the congestion notification share a byte and not their values",
          "[socket][settings]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  for (const int dscp : {0, 46, 63}) {
    for (const dgram::Ecn ecn :
         {dgram::Ecn::ect0, dgram::Ecn::not_ect, dgram::Ecn::ce, dgram::Ecn::ect1}) {
      socket.set_ecn(ecn);
      socket.set_dscp(dscp);
      CHECK(socket.ecn() == ecn);
      CHECK(socket.dscp() == dscp);
      socket.set_ecn(ecn);
      CHECK(socket.dscp() == dscp);
    }
  }
}

TEST_CASE("a new socket has the defaults that are promised", "[socket][settings]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  const dgram::Socket socket = test::bound_in(io, family);
  CHECK_FALSE(socket.broadcast());
  CHECK(socket.ttl() == 64);
  CHECK(socket.dscp() == 0);
  CHECK(socket.ecn() == dgram::Ecn::not_ect);
  CHECK(socket.multicast_ttl() == 1);
  CHECK(socket.multicast_loopback());
  CHECK(socket.multicast_interface() == 0);
  CHECK_FALSE(socket.reuse_address());
  CHECK_FALSE(socket.reuse_port());
  if (!test::is_linux_channel()) return;
  CHECK_FALSE(socket.multicast_all());
  CHECK(socket.bound_device() == 0);
  CHECK(socket.path_mtu_discovery() == dgram::PathMtuDiscovery::want);
}

TEST_CASE("what was given when the socket was opened reads back", "[socket][settings]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  const int which = GENERATE(0, 1, 2);
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = family;
  options.reuse_address = which == 0;
  options.reuse_port = which == 1;
  options.ipv6_only = which == 2 && family == Family::ipv6;
  dgram::Socket socket(io, options);
  socket.bind();
  CHECK(socket.reuse_address() == options.reuse_address);
  CHECK(socket.reuse_port() == options.reuse_port);
  std::error_code ec;
  CHECK(socket.ipv6_only(ec) == options.ipv6_only);
  CHECK(ec == (family == Family::ipv6 ? std::error_code()
                                      : std::error_code(asio::error::operation_not_supported)));
}

// inet6_bind() in the kernel: with one IPv6 address there is no way for an IPv4 peer any more.
TEST_CASE("a socket that is bound to one IPv6 address has IPv6 only, and says so",
          "[socket][settings]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = Family::ipv6;
  dgram::Socket socket(io, options);
  socket.open();
  CHECK_FALSE(socket.ipv6_only());
  socket.bind(test::any_port_v6());
  CHECK(socket.ipv6_only());
}

TEST_CASE("a setter, Asio's own option and the kernel mean the same", "[socket][settings]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.set_ttl(9);
  asio::ip::unicast::hops hops;
  socket.get_option(hops);
  CHECK(hops.value() == 9);
  socket.set_option(asio::ip::unicast::hops(10));
  CHECK(socket.ttl() == 10);
}

TEST_CASE("on a channel that lacks a setting it is operation_not_supported", "[socket][settings]") {
  if (test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  for (const test::NumberSetting& setting : test::number_settings()) {
    if (!setting.linux_only) continue;
    INFO(setting);
    std::error_code ec;
    setting.set_ec(socket, setting.in_range.front(), ec);
    CHECK(ec == asio::error::operation_not_supported);
    CHECK(setting.get_ec(socket, ec) == 0);
    CHECK(ec == asio::error::operation_not_supported);
    if (setting.out_of_range.empty()) continue;
    setting.set_ec(socket, setting.out_of_range.front(), ec);
    CHECK(ec == asio::error::invalid_argument);
  }
}

}  // namespace socket_settings_test
