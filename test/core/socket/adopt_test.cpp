// adopt: takes over UDP sockets in any state, refuses everything else by name and leaves it to its
// owner.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/descriptors.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_adopt_test {

using test::Descriptor;

namespace {

sockaddr_in loopback(std::uint16_t port = 0) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

void bind_by_hand(int fd, const sockaddr_in& a) {
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
}

std::error_code refused(int fd) {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  socket.adopt(fd, ec);
  CHECK_FALSE(socket.is_open());
  // Usable: the socket for something else, the descriptor for its owner.
  CHECK(test::is_open(fd));
  socket.bind(test::any_port());
  return ec;
}

std::string subject_of_refusal(int fd, const dgram::SocketOptions& options = {}) {
  asio::io_context io;
  dgram::Socket socket(io, options);
  try {
    socket.adopt(fd);
  } catch (const dgram::Error& error) {
    CHECK(error.operation() == "adopt");
    return error.subject();
  }
  FAIL("adopted");
  return {};
}

// The subject is the number, and what it is in brackets.
std::string kind_in_error(int fd, const dgram::SocketOptions& options = {}) {
  const std::string subject = subject_of_refusal(fd, options);
  const std::string before = std::to_string(fd) + " (";
  REQUIRE(subject.starts_with(before));
  REQUIRE(subject.ends_with(")"));
  return subject.substr(before.size(), subject.size() - before.size() - 1);
}

}  // namespace

TEST_CASE("a bound UDP descriptor receives and sends", "[socket][adopt]") {
  asio::io_context io;
  Descriptor fd(::socket(AF_INET, SOCK_DGRAM, 0));
  bind_by_hand(fd.get(), loopback());
  dgram::Socket socket(io);
  socket.adopt(fd.get());
  const int number = fd.get();
  fd.give();
  CHECK(socket.is_open());
  CHECK(socket.native_handle() == number);
  CHECK(test::is_nonblocking(number));
  dgram::Socket peer = test::bound(io);
  test::put(peer, socket, "in");
  test::put(socket, peer, "out");
  std::error_code ec;
  CHECK(socket.try_recv(ec)->text() == "in");
  CHECK(peer.try_recv(ec)->text() == "out");
  // It is the socket's now.
  socket.close();
  CHECK_FALSE(test::is_open(number));
}

TEST_CASE("an unbound UDP descriptor sends, and may still be bound", "[socket][adopt]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket sends(io), binds(io);
  sends.adopt(::socket(AF_INET, SOCK_DGRAM, 0));
  binds.adopt(::socket(AF_INET, SOCK_DGRAM, 0));
  std::error_code ec;
  CHECK(sends.try_send("x", peer.local_endpoint(), ec));
  CHECK(peer.try_recv(ec));
  binds.bind(test::any_port(), ec);
  CHECK_FALSE(ec);
  CHECK(binds.local_endpoint().port() != 0);
}

TEST_CASE("a connected UDP descriptor knows its peer", "[socket][adopt]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = loopback(peer.local_endpoint().port());
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  dgram::Socket socket(io);
  socket.adopt(fd);
  CHECK(socket.remote_endpoint() == peer.local_endpoint());
  std::error_code ec;
  CHECK(socket.try_send("x", ec));
  CHECK(peer.try_recv(ec));
  socket.disconnect(ec);
  CHECK_FALSE(ec);
}

TEST_CASE("an IPv6 descriptor is adopted as one", "[socket][adopt]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket peer = test::bound(io, options);
  dgram::Socket socket(io, options);
  socket.adopt(::socket(AF_INET6, SOCK_DGRAM, 0));
  std::error_code ec;
  CHECK(socket.try_send("x", peer.local_endpoint(), ec));
  CHECK(peer.try_recv(ec));
}

TEST_CASE("what was queued before adopt is received", "[socket][adopt]") {
  asio::io_context io;
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  bind_by_hand(fd, loopback());
  sockaddr_in here{};
  socklen_t size = sizeof here;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) == 0);
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK(sender.try_send(
      "early", dgram::Endpoint(asio::ip::address_v4::loopback(), ntohs(here.sin_port)), ec));
  dgram::Socket socket(io);
  socket.adopt(fd);
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  test::run(io);
  CHECK(outcome.value.text() == "early");
}

TEST_CASE("adopt applies the buffer sizes of the options", "[socket][adopt]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 100000;
  dgram::Socket socket(io, options);
  socket.adopt(::socket(AF_INET, SOCK_DGRAM, 0));
  asio::socket_base::receive_buffer_size size;
  socket.get_option(size);
  CHECK((size.value() == 100000 || size.value() == 200000));  // Linux doubles
}

TEST_CASE("a stream socket is refused as one", "[socket][adopt][input]") {
  Descriptor tcp(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(refused(tcp.get()) == dgram::Errc::not_udp);
  Descriptor tcp6(::socket(AF_INET6, SOCK_STREAM, 0));
  CHECK(refused(tcp6.get()) == dgram::Errc::not_udp);
  bind_by_hand(tcp.get(), loopback());
  CHECK(::listen(tcp.get(), 1) == 0);
}

TEST_CASE("a file, a directory, a pipe and a device are refused by name",
          "[socket][adopt][input]") {
  Descriptor file(::open("/proc/self/exe", O_RDONLY));
  CHECK(refused(file.get()) == dgram::Errc::not_udp);
  char byte = 0;
  CHECK(::read(file.get(), &byte, 1) == 1);
  Descriptor directory(::open("/", O_RDONLY | O_DIRECTORY));
  CHECK(refused(directory.get()) == dgram::Errc::not_udp);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  Descriptor in(ends[0]), out(ends[1]);
  CHECK(refused(in.get()) == dgram::Errc::not_udp);
  CHECK(refused(out.get()) == dgram::Errc::not_udp);
  CHECK(::write(out.get(), "x", 1) == 1);
  CHECK_FALSE(test::is_nonblocking(in.get()));  // not even its flags have changed
  Descriptor device(::open("/dev/null", O_RDWR));
  CHECK(refused(device.get()) == dgram::Errc::not_udp);
}

TEST_CASE("sockets that are not UDP over IP are refused", "[socket][adopt][input]") {
  Descriptor local(::socket(AF_UNIX, SOCK_DGRAM, 0));
  CHECK(refused(local.get()) == dgram::Errc::not_udp);
  const int raw = ::socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  if (raw >= 0) {  // needs privileges
    Descriptor owner(raw);
    CHECK(refused(raw) == dgram::Errc::not_udp);
  }
  const int ping = ::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  if (ping >= 0) {  // needs net.ipv4.ping_group_range
    Descriptor owner(ping);
    CHECK(refused(ping) == dgram::Errc::not_udp);
  }
}

TEST_CASE("the error of adopt says what the descriptor is", "[socket][adopt][input]") {
  Descriptor tcp(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(kind_in_error(tcp.get()) == "TCP socket over IPv4");
  Descriptor tcp6(::socket(AF_INET6, SOCK_STREAM, 0));
  CHECK(kind_in_error(tcp6.get()) == "TCP socket over IPv6");
  Descriptor local(::socket(AF_UNIX, SOCK_DGRAM, 0));
  CHECK(kind_in_error(local.get()) == "Unix datagram socket");
  Descriptor stream(::socket(AF_UNIX, SOCK_STREAM, 0));
  CHECK(kind_in_error(stream.get()) == "Unix stream socket");
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  Descriptor in(ends[0]), out(ends[1]);
  CHECK(kind_in_error(in.get()) == "pipe");
  Descriptor file(::open("/proc/self/exe", O_RDONLY));
  CHECK(kind_in_error(file.get()) == "file");
  Descriptor directory(::open("/", O_RDONLY | O_DIRECTORY));
  CHECK(kind_in_error(directory.get()) == "directory");
  Descriptor device(::open("/dev/null", O_RDWR));
  CHECK(kind_in_error(device.get()) == "character device");
  Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  CHECK(kind_in_error(terminal.get()) == "terminal");
  const int raw = ::socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  if (raw >= 0) {  // needs privileges
    Descriptor owner(raw);
    CHECK(kind_in_error(raw) == "raw socket over IPv4");
  }
  const int ping = ::socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
  if (ping >= 0) {  // needs net.ipv4.ping_group_range
    Descriptor owner(ping);
    CHECK(kind_in_error(ping) == "ICMP socket over IPv6");
  }
  dgram::SocketOptions ipv6;
  ipv6.family = dgram::Family::ipv6;
  Descriptor udp(::socket(AF_INET, SOCK_DGRAM, 0));
  CHECK(kind_in_error(udp.get(), ipv6) == "UDP socket over IPv4");
}

TEST_CASE("the error of adopt that owns the descriptor says what it is, too",
          "[socket][adopt][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  dgram::Descriptor tcp(::socket(AF_INET, SOCK_STREAM, 0));
  const std::string subject = std::to_string(tcp.get()) + " (TCP socket over IPv4)";
  try {
    socket.adopt(std::move(tcp));
    FAIL("adopted");
  } catch (const dgram::Error& error) {
    CHECK(error.subject() == subject);
    CHECK(error.what() == "adopt " + subject + ": Not a UDP socket over IPv4 or IPv6");
  }
}

TEST_CASE("a number that is no descriptor is refused", "[socket][adopt][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  for (const int fd : {-1, -7, 1 << 20}) {
    socket.adopt(fd, ec);
    CHECK(ec == asio::error::bad_descriptor);
  }
  CHECK(subject_of_refusal(-1) == "-1");
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a descriptor of another family than the options' is refused", "[socket][adopt][input]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv4;
  dgram::Socket socket(io, options);
  Descriptor v6(::socket(AF_INET6, SOCK_DGRAM, 0));
  std::error_code ec;
  socket.adopt(v6.get(), ec);
  CHECK(ec == asio::error::address_family_not_supported);
  CHECK(test::is_open(v6.get()));
  socket.adopt(::socket(AF_INET, SOCK_DGRAM, 0), ec);
  CHECK_FALSE(ec);
}

TEST_CASE("a socket that is open adopts nothing", "[socket][adopt][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  const dgram::Endpoint here = socket.local_endpoint();
  Descriptor fd(::socket(AF_INET, SOCK_DGRAM, 0));
  std::error_code ec;
  socket.adopt(fd.get(), ec);
  CHECK(ec == dgram::Errc::already_bound);
  CHECK(socket.local_endpoint() == here);
  socket.close();
  socket.adopt(fd.get(), ec);
  CHECK(ec == asio::error::bad_descriptor);
  CHECK(test::is_open(fd.get()));
}

}  // namespace socket_adopt_test
