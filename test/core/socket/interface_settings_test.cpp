// Interfaces by every way to name them: for groups, and to be bound to.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_interface_settings_test {

using dgram::Family;
using dgram::Interface;

namespace {

/// The loopback interface's index: the one that has 127.0.0.1.
std::uint32_t loopback(dgram::Socket& socket) {
  socket.set_multicast_interface("127.0.0.1");
  const std::uint32_t index = socket.multicast_interface();
  socket.set_multicast_interface({});
  return index;
}

std::vector<Interface> names_of_loopback(std::uint32_t index) {
  return {Interface(index),
          Interface("lo"),
          Interface("%lo"),
          Interface("::%lo"),
          Interface("fe80::1%lo"),
          Interface("%" + std::to_string(index)),
          Interface("127.0.0.1"),
          Interface(asio::ip::address_v4::loopback()),
          Interface("::1"),
          Interface(asio::ip::address_v6::loopback())};
}

std::vector<Interface> names_of_nothing() {
  return {Interface(-1),
          Interface(0x100000001ull),
          Interface("no such"),
          Interface("%no"),
          Interface("%"),
          Interface("%0"),
          Interface("%999999999999999999999"),
          Interface("lo%x"),
          Interface("127.0.0.1%lo"),
          Interface("sixteen_letters_"),
          Interface(std::string("lo\0", 3)),
          Interface(std::string("lo\0x", 4)),
          Interface("198.51.100.7"),
          Interface("2001:db8::7")};
}

}  // namespace

TEST_CASE("the interface for groups is set by each of its names and reads back as its index",
          "[socket][settings][interface]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  const std::uint32_t lo = loopback(socket);
  REQUIRE(lo != 0);
  for (const Interface& name : names_of_loopback(lo)) {
    INFO(to_string(name));
    socket.set_multicast_interface({});
    CHECK(socket.multicast_interface() == 0);
    socket.set_multicast_interface(name);
    CHECK(socket.multicast_interface() == lo);
  }
}

TEST_CASE("an interface for groups that does not exist is refused, and the old one stays",
          "[socket][settings][interface][input]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  socket.set_multicast_interface("lo");
  const std::uint32_t lo = socket.multicast_interface();
  std::error_code ec;
  for (const Interface& name : names_of_nothing()) {
    INFO(to_string(name));
    socket.set_multicast_interface(name, ec);
    CHECK(ec == std::errc::no_such_device);
    CHECK_THROWS_AS(socket.set_multicast_interface(name), dgram::Error);
    CHECK(socket.multicast_interface() == lo);
  }
  socket.set_multicast_interface(Interface::all(), ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK(socket.multicast_interface() == lo);
  CHECK(test::works(socket));
}

TEST_CASE("given by an IPv4 address, the interface for groups is also their source",
          "[socket][settings][interface]") {
  if (!test::is_linux_channel()) return;
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  asio::detail::socket_option::integer<IPPROTO_IP, IP_MULTICAST_IF> source;  // an in_addr
  socket.set_multicast_interface("127.0.0.1");
  socket.get_option(source);
  CHECK(static_cast<std::uint32_t>(source.value()) == htonl(INADDR_LOOPBACK));
  socket.set_multicast_interface("lo");
  socket.get_option(source);
  CHECK(source.value() == 0);
}

TEST_CASE("a socket is bound to a device by each of its names, and {} lifts it",
          "[socket][settings][interface]") {
  if (!test::is_linux_channel()) return;
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket finder = test::bound_in(io, family);
  const std::uint32_t lo = loopback(finder);
  for (const Interface& name : names_of_loopback(lo)) {
    INFO(to_string(name));
    dgram::Socket socket = test::bound_in(io, family);
    CHECK(socket.bound_device() == 0);
    std::error_code ec;
    socket.bind_to_device(name, ec);
    CHECK(!ec);
    CHECK(socket.bound_device() == lo);
    CHECK(test::works(socket));
    socket.bind_to_device({}, ec);
    if (ec == asio::error::no_permission) continue;  // changing it takes CAP_NET_RAW
    CHECK(!ec);
    CHECK(socket.bound_device() == 0);
  }
}

TEST_CASE("a device that does not exist is refused, and the socket is bound to none",
          "[socket][settings][interface][input]") {
  if (!test::is_linux_channel()) return;
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  std::error_code ec;
  for (const Interface& name : names_of_nothing()) {
    INFO(to_string(name));
    socket.bind_to_device(name, ec);
    CHECK(ec == std::errc::no_such_device);
    CHECK(socket.bound_device() == 0);
  }
  socket.bind_to_device(Interface::all(), ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK(socket.bound_device() == 0);
  CHECK(test::works(socket));
}

TEST_CASE("an index that no interface has is refused by bind_to_device",
          "[socket][settings][interface][input]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  for (const Interface& name : {Interface(0x7ffffff0), Interface("%2147483632")}) {
    INFO(to_string(name));
    std::error_code ec;
    socket.bind_to_device(name, ec);
    CHECK(ec == std::errc::no_such_device);
    CHECK(socket.bound_device() == 0);
    socket.bind_to_device({}, ec);
  }
}

TEST_CASE("a mapped address names the interface of its IPv4 address",
          "[socket][settings][interface]") {
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, Family::ipv6);
  const std::uint32_t lo = loopback(socket);
  std::error_code ec;
  socket.set_multicast_interface("::ffff:127.0.0.1", ec);
  CHECK(!ec);
  CHECK(socket.multicast_interface() == lo);
}

}  // namespace socket_interface_settings_test
