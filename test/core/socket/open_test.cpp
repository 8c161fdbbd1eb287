// open(): a socket that is there, but not bound.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"
#include "support/run.hpp"

namespace socket_open_test {

using dgram::Family;

TEST_CASE("open makes a socket that has a descriptor and no port", "[socket][open]") {
  const Family family = GENERATE(Family::unspecified, Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = family;
  dgram::Socket socket(io, options);
  CHECK_FALSE(socket.is_open());
  socket.open();
  CHECK(socket.is_open());
  CHECK(socket.native_handle() != dgram::invalid_handle);
  const dgram::Endpoint local = socket.local_endpoint();
  CHECK(local.port() == 0);
  CHECK(local.address().is_v6() == (family == Family::ipv6));  // unspecified means IPv4
}

TEST_CASE("open has no effect on an open socket", "[socket][open]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec = asio::error::no_memory;
  socket.open(ec);
  CHECK(!ec);
  socket.set_ttl(9);
  const dgram::NativeHandle handle = socket.native_handle();
  socket.open();
  CHECK(socket.native_handle() == handle);
  CHECK(socket.ttl() == 9);
  socket.bind(test::any_port());
  const dgram::Endpoint local = socket.local_endpoint();
  socket.open(ec);
  CHECK(!ec);
  CHECK(socket.local_endpoint() == local);
}

TEST_CASE("an open socket binds, connects and sends as a new one does", "[socket][open]") {
  const int what = GENERATE(0, 1, 2);
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket(io);
  socket.open();
  std::error_code ec;
  if (what == 0) socket.bind(test::any_port(), ec);
  if (what == 1) socket.connect(peer.local_endpoint(), ec);
  CHECK(!ec);
  CHECK(socket.try_send("x", peer.local_endpoint(), ec));
  CHECK(peer.try_recv(ec));
}

TEST_CASE("an open socket has one family, and refuses the other", "[socket][open][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  socket.open();
  std::error_code ec;
  socket.bind(test::any_port_v6(), ec);
  CHECK(ec == asio::error::address_family_not_supported);
  socket.connect(dgram::make_endpoint("::1", 9), ec);
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK_FALSE(socket.try_send("x", dgram::make_endpoint("::1", 9), ec));
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint().port() == 0);
  socket.bind(test::any_port());
  CHECK(test::works(socket));
}

TEST_CASE("a closed or moved-from socket does not open", "[socket][open][input]") {
  asio::io_context io;
  dgram::Socket closed(io), moved(io);
  closed.close();
  dgram::Socket heir(std::move(moved));
  for (dgram::Socket* socket : {&closed, &moved}) {
    std::error_code ec;
    socket->open(ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK_THROWS_AS(socket->open(), dgram::Error);
    CHECK_FALSE(socket->is_open());
  }
  heir.open();
  CHECK(heir.is_open());
}

TEST_CASE("an option out of its range fails open, which names it", "[socket][open][input]") {
  asio::io_context io;
  const int which = GENERATE(0, 1, 2, 3, 4);
  dgram::SocketOptions options;
  if (which == 0) options.batch = 65;
  if (which == 1) options.recv_buffer_size = -1;
  if (which == 2) options.send_buffer_size = -7;
  if (which == 3) options.ipv6_only = true;
  if (which == 4) options.segmentation = static_cast<dgram::Segmentation>(9);
  const std::array<const char*, 5> names = {"batch 65",
                                            "recv_buffer_size -1",
                                            "send_buffer_size -7",
                                            "ipv6_only over IPv4",
                                            "segmentation 9"};
  const std::string name = names[static_cast<std::size_t>(which)];
  dgram::Socket socket(io, options);
  try {
    socket.open();
    FAIL_CHECK("no error");
  } catch (const dgram::Error& error) {
    CHECK(error.code() == asio::error::invalid_argument);
    CHECK(error.operation() == "open");
    CHECK(error.subject() == name);
    CHECK(std::string(error.what()) == "open " + name + ": Invalid argument");
  }
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a socket may receive as soon as it has a port, not before", "[socket][open]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket socket(io);
  socket.open();
  std::error_code ec;
  CHECK_FALSE(socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  socket.bind(test::any_port());
  test::put(peer, socket, "x");
  CHECK(socket.try_recv(ec));
}

TEST_CASE("a port is taken for sockets of the same device and for those of none",
          "[socket][open]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket on_loopback(io), anywhere(io), same_device(io);
  on_loopback.open();
  std::error_code ec;
  on_loopback.bind_to_device("lo", ec);
  REQUIRE(!ec);
  on_loopback.bind(test::any_port());
  CHECK(test::works(on_loopback));
  same_device.open();
  same_device.bind_to_device("lo", ec);
  same_device.bind(on_loopback.local_endpoint(), ec);
  CHECK(ec == asio::error::address_in_use);
  anywhere.bind(on_loopback.local_endpoint(), ec);
  CHECK(ec == asio::error::address_in_use);
}

}  // namespace socket_open_test
