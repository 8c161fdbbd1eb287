// SocketOptions, and Asio's own options by set_option and get_option.
#include <algorithm>
#include <asio/ip/multicast.hpp>
#include <asio/ip/unicast.hpp>
#include <asio/ip/v6_only.hpp>
#include <climits>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace socket_options_test {

namespace {

std::error_code bind_with(const dgram::SocketOptions& options) {
  asio::io_context io;
  dgram::Socket socket(io, options);
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  CHECK(socket.is_open() == !ec);
  return ec;
}

template <class Option>
auto read(const dgram::Socket& socket) {
  Option option;
  socket.get_option(option);
  return option.value();
}

}  // namespace

TEST_CASE("reuse_address lets two sockets have one port, and without it the second is refused",
          "[socket][options]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.reuse_address = true;
  dgram::Socket first = test::bound(io, options);
  CHECK(read<asio::socket_base::reuse_address>(first));
  dgram::Socket second(io, options);
  std::error_code ec;
  second.bind(first.local_endpoint(), ec);
  CHECK_FALSE(ec);
  dgram::Socket third(io);
  third.bind(first.local_endpoint(), ec);
  CHECK(ec == asio::error::address_in_use);
}

TEST_CASE("reuse_port spreads the peers of one port over its sockets", "[socket][options]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.reuse_port = true;
  dgram::Socket first = test::bound(io, options);
  dgram::Socket second(io, options);
  second.bind(first.local_endpoint());
  constexpr int peers = 64;
  std::error_code ec;
  for (int i = 0; i < peers; ++i) {
    dgram::Socket peer = test::bound(io);
    CHECK(peer.try_send("x", first.local_endpoint(), ec));
  }
  int to_first = 0, to_second = 0;
  while (first.try_recv(ec)) ++to_first;
  while (second.try_recv(ec)) ++to_second;
  CHECK(to_first + to_second == peers);
  CHECK(to_first > 0);  // by chance, one time in 2^64
  CHECK(to_second > 0);
}

TEST_CASE("buffer sizes read back as the kernel grants them", "[socket][options]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 50000;
  options.send_buffer_size = 60000;
  dgram::Socket socket = test::bound(io, options);
  const int recv = read<asio::socket_base::receive_buffer_size>(socket);
  const int send = read<asio::socket_base::send_buffer_size>(socket);
  CHECK((recv == 50000 || recv == 100000));  // Linux doubles
  CHECK((send == 60000 || send == 120000));
  socket.set_option(asio::socket_base::receive_buffer_size(70000));
  CHECK(read<asio::socket_base::receive_buffer_size>(socket) == recv / 50000 * 70000);
}

TEST_CASE("options out of their range are refused, not clamped", "[socket][options][input]") {
  for (const int batch : {0, -1, 65, INT_MAX, INT_MIN}) {
    INFO("batch " << batch);
    dgram::SocketOptions options;
    options.batch = batch;
    CHECK(bind_with(options) == asio::error::invalid_argument);
  }
  for (const int batch : {1, 64}) {
    dgram::SocketOptions options;
    options.batch = batch;
    CHECK_FALSE(bind_with(options));
  }
  dgram::SocketOptions negative_recv, negative_send;
  negative_recv.recv_buffer_size = -1;
  negative_send.send_buffer_size = -1;
  CHECK(bind_with(negative_recv) == asio::error::invalid_argument);
  CHECK(bind_with(negative_send) == asio::error::invalid_argument);
  dgram::SocketOptions v6_only_on_v4;
  v6_only_on_v4.ipv6_only = true;
  CHECK(bind_with(v6_only_on_v4) == asio::error::invalid_argument);
}

TEST_CASE("bad options are found by whichever call opens the socket", "[socket][options][input]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = 0;
  dgram::Socket peer = test::bound(io);
  dgram::Socket binds(io, options), sends(io, options), connects(io, options);
  std::error_code ec;
  CHECK_FALSE(sends.try_send("x", peer.local_endpoint(), ec));
  CHECK(ec == asio::error::invalid_argument);
  connects.connect(peer.local_endpoint(), ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK_THROWS_AS(binds.bind(), dgram::Error);
  for (const dgram::Socket* socket : {&binds, &sends, &connects}) CHECK_FALSE(socket->is_open());
}

TEST_CASE("Asio's own options can be set and read", "[socket][options]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  CHECK_FALSE(read<asio::socket_base::broadcast>(socket));
  socket.set_option(asio::socket_base::broadcast(true));
  CHECK(read<asio::socket_base::broadcast>(socket));
  socket.set_option(asio::ip::unicast::hops(9));
  CHECK(read<asio::ip::unicast::hops>(socket) == 9);
  socket.set_option(asio::ip::multicast::hops(3));
  CHECK(read<asio::ip::multicast::hops>(socket) == 3);
  socket.set_option(asio::ip::multicast::enable_loopback(false));
  CHECK_FALSE(read<asio::ip::multicast::enable_loopback>(socket));
}

TEST_CASE("a socket that is not open has no options", "[socket][options][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  socket.set_option(asio::socket_base::broadcast(true), ec);
  CHECK(ec == asio::error::bad_descriptor);
  asio::socket_base::broadcast option;
  socket.get_option(option, ec);
  CHECK(ec == asio::error::bad_descriptor);
  CHECK_THROWS_AS(socket.set_option(option), dgram::Error);
}

TEST_CASE("an option that the kernel refuses says so and changes nothing",
          "[socket][options][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.set_option(asio::ip::unicast::hops(9));
  std::error_code ec;
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_IP, IP_TTL>(300), ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK(read<asio::ip::unicast::hops>(socket) == 9);
}

TEST_CASE("with a batch of one, one datagram at most leaves the kernel at a time",
          "[socket][options]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = 1;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  for (int i = 0; i < 50; ++i) test::put(sender, receiver, "x");
  std::uint64_t most = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 50; ++i) {
      const dgram::Datagram d = co_await receiver.recv();
      most = std::max(most, receiver.stats().held);
    }
  };
  test::run(io, body());
  CHECK(most == 0);
}

}  // namespace socket_options_test
