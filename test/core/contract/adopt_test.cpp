// Any channel: descriptors that come from elsewhere, and that go elsewhere.
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/descriptors.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace contract_adopt_test {

using dgram::Errc;
using dgram::Family;
using test::Descriptor;
using test::is_nonblocking;
using test::is_open;

namespace {

int udp_socket(int domain = AF_INET) {
  return ::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int bound_udp_socket() {
  const int handle = udp_socket();
  const dgram::Endpoint any(asio::ip::address_v4::loopback(), 0);
  REQUIRE(::bind(handle, any.data(), static_cast<socklen_t>(any.size())) == 0);
  return handle;
}

/// A descriptor that is no UDP socket is refused by its kind, and stays the caller's, blocking as
/// it was.
void check_refused(int handle, std::error_code expected) {
  const Descriptor descriptor(handle);
  const bool was_nonblocking = is_nonblocking(descriptor.get());
  for (const test::World& world : test::worlds()) {
    INFO(world.name);
    {
      test::Bench bench(world);
      CHECK(bench.channel->adopt(descriptor.get(), Family::unspecified) == expected);
      CHECK(bench.channel->native_handle() == dgram::invalid_handle);
    }
    CHECK(is_open(descriptor.get()));
    CHECK(is_nonblocking(descriptor.get()) == was_nonblocking);
  }
}

}  // namespace

TEST_CASE("an adopted UDP socket is bound where it was, and sends and receives",
          "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  const int handle = bound_udp_socket();
  REQUIRE(!bench.channel->adopt(handle, Family::unspecified));
  CHECK(bench.channel->native_handle() == handle);
  std::error_code ec;
  const dgram::Endpoint name = bench.channel->local_endpoint(ec);
  CHECK(name.port() != 0);
  REQUIRE(!test::send(*bench.channel, "to myself", &name));
  test::Slots slots(1);
  test::receive_exactly(*bench.channel, slots, 1);
  CHECK(slots.text(0) == "to myself");
}

TEST_CASE("an adopted socket never blocks, even if it did before", "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  REQUIRE(!bench.channel->adopt(bound_udp_socket(), Family::unspecified));
  CHECK(is_nonblocking(bench.channel->native_handle()));
  test::Slots slots(1);
  std::size_t count = 0;
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::would_block);
}

TEST_CASE("an adopted socket keeps its family and its peer", "[contract][adopt]") {
  test::Bench peer(GENERATE(from_range(test::worlds())));
  const dgram::Endpoint peer_name = test::open_bound(*peer.channel, Family::ipv6);
  const int handle = udp_socket(AF_INET6);
  REQUIRE(::connect(handle, peer_name.data(), static_cast<socklen_t>(peer_name.size())) == 0);
  test::Bench bench(GENERATE(from_range(test::worlds())));
  REQUIRE(!bench.channel->adopt(handle, Family::unspecified));
  std::error_code ec;
  CHECK(bench.channel->remote_endpoint(ec) == peer_name);
  CHECK(!ec);
  CHECK(!test::send(*bench.channel, "hello", nullptr));
  test::Slots slots(1);
  test::receive_exactly(*peer.channel, slots, 1);
  CHECK(slots.text(0) == "hello");
}

TEST_CASE("a socket of another family than asked for is refused", "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  const Descriptor descriptor(udp_socket());
  CHECK(bench.channel->adopt(descriptor.get(), Family::ipv6) ==
        asio::error::address_family_not_supported);
  CHECK(is_open(descriptor.get()));
  CHECK(!is_nonblocking(descriptor.get()));
}

TEST_CASE("what is no UDP socket is refused by its kind", "[contract][adopt]") {
  SECTION("a file") {
    char path[] = "/tmp/dgram-adopt-XXXXXX";
    const int file = ::mkstemp(path);
    ::unlink(path);
    check_refused(file, Errc::not_udp);
  }
  SECTION("a directory") {
    check_refused(::open("/", O_RDONLY | O_DIRECTORY), Errc::not_udp);
  }
  SECTION("a pipe") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Descriptor other_end(ends[1]);
    check_refused(ends[0], Errc::not_udp);
  }
  SECTION("a character device") {
    check_refused(::open("/dev/null", O_RDWR), Errc::not_udp);
  }
  SECTION("a terminal") {
    check_refused(::posix_openpt(O_RDWR | O_NOCTTY), Errc::not_udp);
  }
  SECTION("a TCP socket") {
    check_refused(::socket(AF_INET, SOCK_STREAM, 0), Errc::not_udp);
  }
  SECTION("a TCP socket over IPv6") {
    check_refused(::socket(AF_INET6, SOCK_STREAM, 0), Errc::not_udp);
  }
  SECTION("a Unix stream socket") {
    check_refused(::socket(AF_UNIX, SOCK_STREAM, 0), Errc::not_udp);
  }
  SECTION("a Unix datagram socket") {
    check_refused(::socket(AF_UNIX, SOCK_DGRAM, 0), Errc::not_udp);
  }
}

TEST_CASE("a number that is no descriptor is bad_descriptor", "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  CHECK(bench.channel->adopt(-1, Family::unspecified) == asio::error::bad_descriptor);
  CHECK(bench.channel->adopt(1 << 20, Family::unspecified) == asio::error::bad_descriptor);
}

TEST_CASE("after a refused descriptor the channel can adopt another or open", "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  const Descriptor tcp(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(bench.channel->adopt(tcp.get(), Family::unspecified) == Errc::not_udp);
  if (GENERATE(true, false))
    CHECK(!bench.channel->open(Family::ipv4));
  else
    CHECK(!bench.channel->adopt(bound_udp_socket(), Family::unspecified));
}

TEST_CASE("a released descriptor is the caller's, with what the kernel still queues for it",
          "[contract][adopt]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::ChannelPair pair(world);
  REQUIRE(!test::send(*pair.a, "still there", &pair.b_name));
  test::await_readable(*pair.b);
  std::error_code ec = asio::error::eof;
  const Descriptor descriptor(pair.b->release(ec));
  CHECK(!ec);
  CHECK(pair.b->native_handle() == dgram::invalid_handle);
  pair.b.reset();
  REQUIRE(is_open(descriptor.get()));
  char text[32];
  CHECK(::recv(descriptor.get(), text, sizeof text, MSG_DONTWAIT) == 11);
}

TEST_CASE("a released descriptor can be adopted by another channel", "[contract][adopt]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::ChannelPair pair(world);
  std::error_code ec;
  const int handle = pair.b->release(ec);
  REQUIRE(!ec);
  test::Bench next(world);
  REQUIRE(!next.channel->adopt(handle, Family::unspecified));
  REQUIRE(!test::send(*pair.a, "for the next", &pair.b_name));
  next.wait(dgram::Event::read);
  next.run_until([&] { return next.probe(dgram::Event::read).calls == 1; });
  test::Slots slots(1);
  test::receive_exactly(*next.channel, slots, 1);
  CHECK(slots.text(0) == "for the next");
}

TEST_CASE("releasing what was never opened is bad_descriptor", "[contract][adopt]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  std::error_code ec;
  CHECK(bench.channel->release(ec) == dgram::invalid_handle);
  CHECK(ec == asio::error::bad_descriptor);
}

}  // namespace contract_adopt_test
