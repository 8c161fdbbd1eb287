// connect() again, to a peer that another way leads to: the source address is chosen anew, and the
// port stays.
#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_reconnect_test {

namespace {

using dgram::Endpoint;
using dgram::Socket;
using test::Fork;
using test::Ip;

/// Sends to the peer, which answers.
void check_talk(asio::io_context& io, Socket& socket, Socket& peer) {
  std::error_code ec;
  CHECK(socket.try_send("question", ec));
  const dgram::Datagram question = test::receive(io, peer);
  CHECK(question.text() == "question");
  test::send(peer, "answer", question.remote());
  CHECK(test::receive(io, socket).text() == "answer");
}

enum class Bound { not_at_all, any_port, by_number };

Endpoint any(bool v6, unsigned short port) {
  return Endpoint(v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), port);
}

}  // namespace

TEST_CASE("a socket that is connected again sends from where the new peer is reached",
          "[network][connect]") {
  const Bound bound = GENERATE(Bound::not_at_all, Bound::any_port, Bound::by_number);
  const bool loopback_first = GENERATE(false, true);
  enum class Kind { ipv4, ipv6, mapped };
  const Kind kind = GENERATE(Kind::ipv4, Kind::ipv6, Kind::mapped);
  INFO("bound " << static_cast<int>(bound) << " kind " << static_cast<int>(kind));
  const Fork fork;
  asio::io_context io;
  const Ip ip(kind == Kind::ipv6);
  const auto at = [&](const char* v4, const char* v6) {
    return Endpoint(kind == Kind::mapped ? Ip::mapped(v4) : ip(v4, v6), test::port);
  };
  Socket left = test::bound_on(fork.left, io, any(true, test::port));
  Socket right = test::bound_on(fork.right, io, any(true, test::port));
  Socket local = test::bound_on(fork.here, io, any(true, test::port));
  const test::Here here = fork.here.enter();
  Socket socket(io);
  const bool v6 = kind != Kind::ipv4;
  if (bound == Bound::any_port) socket.bind(any(v6, 0));
  if (bound == Bound::by_number) socket.bind(any(v6, 9400));
  if (loopback_first) socket.connect(at("127.0.0.1", "::1"));
  socket.connect(at("10.0.0.2", "fd00::2"));
  check_talk(io, socket, left);
  const unsigned short port = socket.local_endpoint().port();
  socket.connect(at("10.0.1.2", "fd00:1::2"));
  check_talk(io, socket, right);
  CHECK(socket.local_endpoint().port() == port);
  socket.connect(at("127.0.0.1", "::1"));
  check_talk(io, socket, local);
  CHECK(socket.local_endpoint().port() == port);
  socket.connect(at("10.0.0.2", "fd00::2"));
  check_talk(io, socket, left);
  CHECK(socket.local_endpoint().port() == port);
}

TEST_CASE(
    "a dual-stack socket goes from an IPv6 peer to an IPv4 one, and sends to an IPv6 one again",
    "[network][connect]") {
  const Fork fork;
  asio::io_context io;
  Socket left = test::bound_on(fork.left, io, any(true, test::port));
  const test::Here here = fork.here.enter();
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  Socket socket(io, options);
  for (const char* address : {"fd00::2", "::ffff:10.0.0.2"}) {
    socket.connect(dgram::make_endpoint(address, test::port));
    check_talk(io, socket, left);
  }
  // Answers would not come: what the kernel remembers of the way in is IPv4's (sk_rx_dst).
  socket.connect(dgram::make_endpoint("fd00::2", test::port));
  std::error_code ec;
  CHECK(socket.try_send("question", ec));
  CHECK(test::receive(io, left).remote().address() == asio::ip::make_address("fd00::1"));
}

TEST_CASE("a connect that fails leaves the peer, the port and what is bound as they were",
          "[network][connect]") {
  const bool own_address = GENERATE(false, true);
  const Fork fork;
  fork.here.ip("route add unreachable 192.0.2.0/24");
  asio::io_context io;
  Socket left = test::bound_on(fork.left, io, any(false, test::port));
  const test::Here here = fork.here.enter();
  Socket socket(io);
  if (own_address) socket.bind(dgram::make_endpoint("10.0.0.1", 0));
  socket.connect(dgram::make_endpoint("10.0.0.2", test::port));
  const Endpoint before = socket.local_endpoint();
  std::error_code ec;
  socket.connect(dgram::make_endpoint("192.0.2.1", test::port), ec);
  CHECK(ec);
  CHECK(socket.local_endpoint() == before);
  CHECK(socket.remote_endpoint() == dgram::make_endpoint("10.0.0.2", test::port));
  check_talk(io, socket, left);
}

TEST_CASE("a socket that leaves its peer stays on the device that it was bound to",
          "[network][connect][device]") {
  const bool again = GENERATE(false, true);
  const bool by_option = GENERATE(false, true);
  const Fork fork;
  asio::io_context io;
  Socket socket = test::bound_on(fork.here, io, any(false, 0));
  if (by_option) {
    using Device = asio::detail::socket_option::integer<SOL_SOCKET, 62>;  // SO_BINDTOIFINDEX
    socket.set_option(Device(static_cast<int>(fork.here.index("eth0"))));
  } else {
    socket.bind_to_device("eth0");
  }
  socket.connect(dgram::make_endpoint("10.0.0.2", test::port));
  if (again)
    socket.connect(dgram::make_endpoint("10.0.0.3", test::port));
  else
    socket.disconnect();
  int device = 0;
  socklen_t size = sizeof device;
  CHECK(::getsockopt(socket.native_handle(), SOL_SOCKET, 62, &device, &size) == 0);
  CHECK(static_cast<unsigned>(device) == fork.here.index("eth0"));
}

}  // namespace network_reconnect_test
