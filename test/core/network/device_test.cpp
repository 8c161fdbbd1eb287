// Sockets that are bound to one interface.
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"
#include "support/options.hpp"

namespace network_device_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Interface;
using dgram::Socket;
using test::Ip;
using test::port;
using test::Texts;

/// This thread may not use raw sockets, nor change devices, as long as this lives.
class NoRawSockets {
 public:
  NoRawSockets() {
    ::syscall(SYS_capget, &header_, data_);
    __user_cap_data_struct less[2] = {data_[0], data_[1]};
    less[0].effective &= ~(1U << CAP_NET_RAW);
    ::syscall(SYS_capset, &header_, less);
  }
  NoRawSockets(const NoRawSockets&) = delete;
  ~NoRawSockets() { ::syscall(SYS_capset, &header_, data_); }

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data_[2] = {};
};

}  // namespace

TEST_CASE("two sockets of one port on distinct interfaces each get their own interface's datagrams",
          "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  Socket left = test::bound_on(fork.left, io, Endpoint(ip.any(), 0));
  Socket right = test::bound_on(fork.right, io, Endpoint(ip.any(), 0));
  const test::Here here = fork.here.enter();
  Socket on_eth0(io, test::of_family(ip.family())), on_eth1(io, test::of_family(ip.family()));
  on_eth0.open();
  on_eth0.bind_to_device("eth0");
  on_eth0.bind(Endpoint(ip.any(), port));
  on_eth1.open();
  on_eth1.bind_to_device(ip("10.0.1.1", "fd00:1::1"));
  on_eth1.bind(Endpoint(ip.any(), port));
  CHECK(on_eth0.bound_device() == fork.here.index("eth0"));
  CHECK(on_eth1.bound_device() == fork.here.index("eth1"));

  const Endpoint to_left(ip("10.0.0.1", "fd00::1"), port);
  const Endpoint to_right(ip("10.0.1.1", "fd00:1::1"), port);
  test::send(left, "from the left", to_left);
  test::send(right, "from the right", to_right);
  test::send(left, "last", to_left);
  test::send(right, "last", to_right);
  CHECK(test::receive_until(io, on_eth0, "last") == Texts{"from the left", "last"});
  CHECK(test::receive_until(io, on_eth1, "last") == Texts{"from the right", "last"});
}

TEST_CASE("a socket without a device collides with one of the same port", "[network][device]") {
  const test::Fork fork;
  asio::io_context io;
  const test::Here here = fork.here.enter();
  Socket bound(io), on_eth0(io);
  bound.bind(Endpoint(asio::ip::udp::v4(), port));
  on_eth0.open();
  on_eth0.bind_to_device("eth0");
  std::error_code ec;
  on_eth0.bind(Endpoint(asio::ip::udp::v4(), port), ec);
  CHECK(ec == asio::error::address_in_use);
}

TEST_CASE("a socket of one device sends by it whatever the routes say, until that is lifted",
          "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  // The same address on both sides; the routes lead to the left.
  for (const test::Host* host : {&fork.left, &fork.right})
    host->ip(ip.v6() ? "address add fd00:9::9/128 nodad dev near"
                     : "address add 10.9.9.9 dev near");
  fork.here.ip(ip.v6() ? "-6 route add fd00:9::9 dev eth0 metric 1"
                       : "route add 10.9.9.9 dev eth0");
  fork.here.ip(ip.v6() ? "-6 route add fd00:9::9 dev eth1 metric 9"
                       : "route add 10.9.9.9 dev eth1 metric 9");
  fork.left.ip(ip.v6() ? "-6 route add default via fd00::1" : "route replace default via 10.0.0.1");
  fork.right.ip(ip.v6() ? "-6 route add default via fd00:1::1"
                        : "route replace default via 10.0.1.1");
  const Endpoint there(ip("10.9.9.9", "fd00:9::9"), port);
  Socket left = test::bound_on(fork.left, io, Endpoint(ip.any(), port));
  Socket right = test::bound_on(fork.right, io, Endpoint(ip.any(), port));
  Socket from = test::bound_on(fork.here, io, Endpoint(ip.any(), 0));
  CHECK(from.bound_device() == 0);
  from.bind_to_device(fork.here.index("eth1"));
  test::send(from, "by eth1", there);
  CHECK(test::receive(io, right).text() == "by eth1");
  from.bind_to_device({});
  CHECK(from.bound_device() == 0);
  test::send(from, "by the routes", there);
  CHECK(test::receive_until(io, left, "by the routes") == Texts{"by the routes"});
}

TEST_CASE("a device that cannot be bound to is refused, and nothing changes", "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  Socket socket = test::bound_on(fork.here, io, Endpoint(ip.any(), 0));
  const test::Here here = fork.here.enter();
  socket.bind_to_device("eth1");
  const auto words = [&](const Interface& interface) {
    return test::words_of([&] { socket.bind_to_device(interface); });
  };
  CHECK(words("eth7") == "bind_to_device eth7: No such device");
  CHECK(words(9999) == "bind_to_device interface 9999: No such device");
  CHECK(words("10.0.0.2") == "bind_to_device 10.0.0.2: No such device");
  CHECK(words(Interface::all()) == "bind_to_device all interfaces: Invalid argument");
  CHECK(socket.bound_device() == fork.here.index("eth1"));
  Socket fresh(io);
  CHECK(test::words_of([&] { fresh.bind_to_device("eth1"); }) ==
        "bind_to_device eth1: Bad file descriptor");
  CHECK(test::words_of([&] { static_cast<void>(fresh.bound_device()); }) ==
        "bound_device: Bad file descriptor");
}

TEST_CASE("when its device vanishes a socket's sends fail, until another one is given",
          "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  Socket socket = test::bound_on(fork.here, io, Endpoint(ip.any(), 0));
  Socket right = test::bound_on(fork.right, io, Endpoint(ip.any(), port));
  socket.bind_to_device("eth0");
  fork.here.ip("link delete eth0");
  CHECK(test::send_error(socket, Endpoint(ip("10.0.1.2", "fd00:1::2"), port)) ==
        std::errc::no_such_device);
  socket.bind_to_device("eth1");
  test::send(socket, "again", Endpoint(ip("10.0.1.2", "fd00:1::2"), port));
  CHECK(test::receive(io, right).text() == "again");
}

TEST_CASE("a socket of one device joins groups on it", "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  Socket right = test::bound_on(fork.right, io, Endpoint(ip("10.0.1.2", "fd00:1::2"), 0));
  Socket left = test::bound_on(fork.left, io, Endpoint(ip("10.0.0.2", "fd00::2"), 0));
  const test::Here here = fork.here.enter();
  Socket socket(io, test::of_family(ip.family()));
  socket.open();
  socket.bind_to_device("eth1");
  socket.bind(Endpoint(ip.any(), port));
  socket.add_membership(ip.group(), Interface::all());
  test::send(left, "left", Endpoint(ip.group(), port));
  test::send(right, "right", Endpoint(ip.group(), port));
  CHECK(test::receive_until(io, socket, "right") == Texts{"right"});
}

TEST_CASE("without the right to it a device can be bound to, but not changed",
          "[network][device]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  Socket socket = test::bound_on(fork.here, io, Endpoint(ip.any(), 0));
  const NoRawSockets limited;
  socket.bind_to_device("eth0");
  CHECK(test::words_of([&] { socket.bind_to_device("eth1"); }) ==
        "bind_to_device eth1: Operation not permitted");
  CHECK(test::words_of([&] { socket.bind_to_device({}); }) ==
        "bind_to_device any interface: Operation not permitted");
  CHECK(socket.bound_device() == fork.here.index("eth0"));
}

}  // namespace network_device_test
