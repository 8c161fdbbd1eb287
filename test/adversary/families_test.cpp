// Addresses in the form of another family, or of none.
#include <sys/socket.h>

#include <dgram/dgram.hpp>
#include <optional>
#include <system_error>
#include <vector>

#include "adversary/path.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"

namespace adversary_families_test {

namespace {

using test::Ip;

}  // namespace

TEST_CASE("a flood of mapped addresses to a socket of both families is received or counted",
          "[adversary][families]") {
  const test::Cable cable;
  asio::io_context io;
  dgram::SocketOptions small;
  small.recv_buffer_size = 8'000;
  dgram::Socket receiver = test::bound_on(cable.b, io, "::", small);
  const unsigned short port = receiver.local_endpoint().port();
  dgram::Socket v4 = test::bound_on(cable.a, io, "0.0.0.0"), v6 = test::bound_on(cable.a, io, "::");
  struct Way {
    dgram::Socket& from;
    dgram::Endpoint to;
  };
  const std::vector<Way> ways = {{v4, dgram::make_endpoint("10.0.0.2", port)},
                                 {v6, {Ip::mapped("10.0.0.2"), port}},
                                 {v6, dgram::make_endpoint("fd00::2", port)}};
  for (const Way& way : ways) {
    test::send(way.from, "hello", way.to);
    CHECK(test::receive(io, receiver).text() == "hello");
  }
  std::uint64_t sent = 0, received = 0, mapped = 0;
  const auto take = [&] {
    std::error_code ec;
    while (const std::optional<dgram::Datagram> datagram = receiver.try_recv(ec)) {
      ++received;
      mapped += datagram->remote().address() == Ip::mapped("10.0.0.1");
    }
  };
  for (std::uint64_t i = 0; i < test::flood_size(); ++i) {
    const Way& way = ways[i % ways.size()];
    test::send(way.from, "flood", way.to);
    ++sent;
    if (i % 120 == 0) take();
  }
  take();
  CHECK(mapped > 0);
  CHECK(mapped < received);
  CHECK(receiver.stats().kernel_drops > 0);
  CHECK(received + receiver.stats().kernel_drops == sent);
}

// connect(2) to AF_UNSPEC disconnects, and a send to it goes to the connected peer.
TEST_CASE("an endpoint of no family is refused, and changes nothing", "[adversary][families]") {
  const bool v6 = GENERATE(false, true);
  const dgram::Family family = v6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
  const test::Host host("host");
  const test::Here here = host.enter();
  asio::io_context io;
  const dgram::Socket peer = test::bound_in(io, family);
  dgram::Endpoint forged = peer.local_endpoint();
  forged.data()->sa_family = AF_UNSPEC;
  CHECK(dgram::family_of(forged) == dgram::Family::unspecified);
  const auto refusal = asio::error::address_family_not_supported;
  std::error_code ec;

  dgram::Socket fresh(io);
  fresh.bind(forged, ec);
  CHECK(ec == refusal);
  fresh.connect(forged, ec);
  CHECK(ec == refusal);
  fresh.try_send("x", forged, ec);
  CHECK(ec == refusal);
  CHECK_FALSE(fresh.is_open());

  dgram::Socket connected = test::bound_in(io, family);
  connected.connect(peer.local_endpoint());
  connected.connect(forged, ec);
  CHECK(ec == refusal);
  CHECK(connected.remote_endpoint() == peer.local_endpoint());
  connected.try_send("x", forged, ec);
  CHECK(ec == refusal);
  std::vector<dgram::Outgoing> batch = {{asio::buffer("x", 1), forged}};
  CHECK(connected.try_send_many(batch, ec) == 0);
  CHECK(batch[0].result == refusal);
  CHECK(connected.stats().datagrams_sent == 0);
}

}  // namespace adversary_families_test
