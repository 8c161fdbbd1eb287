// Any channel: open, bind, names, connect, disconnect, options, close.
#include <asio/error.hpp>
#include <cerrno>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

namespace contract_life_test {

using dgram::Endpoint;
using dgram::Family;

TEST_CASE("a channel is nothing before it is opened", "[contract][life]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  CHECK(bench.channel->native_handle() == dgram::invalid_handle);
  std::error_code ec;
  bench.channel->local_endpoint(ec);
  CHECK(ec == asio::error::bad_descriptor);
  std::size_t count = 7;
  test::Slots slots(2);
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::bad_descriptor);
  CHECK(count == 0);
}

TEST_CASE("a channel opens in both families and says who it is once bound", "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  CHECK(bench.channel->native_handle() != dgram::invalid_handle);
  std::error_code ec;
  CHECK(bench.channel->local_endpoint(ec).port() == 0);
  CHECK(!ec);
  const Endpoint any = family == Family::ipv6 ? Endpoint(asio::ip::address_v6::loopback(), 0)
                                              : Endpoint(asio::ip::address_v4::loopback(), 0);
  REQUIRE(!bench.channel->bind(any));
  const Endpoint local = bench.channel->local_endpoint(ec);
  CHECK(!ec);
  CHECK(local.address() == any.address());
  CHECK(local.port() != 0);
}

TEST_CASE("a failing bind names its reason and leaves the channel as it was", "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench taken(world);
  const Endpoint name = test::open_bound(*taken.channel);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv4));
  CHECK(bench.channel->bind(name) == asio::error::address_in_use);
  // TEST-NET-1 (RFC 5737) is nobody's address.
  CHECK(bench.channel->bind(dgram::make_endpoint("192.0.2.200", 0)).value() == EADDRNOTAVAIL);
  CHECK(!bench.channel->bind(Endpoint(asio::ip::address_v4::loopback(), 0)));
}

TEST_CASE("an option that was set reads back, one that does not exist has an error",
          "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  test::open_bound(*bench.channel);
  const int ttl = 33;
  CHECK(!bench.channel->set_option(IPPROTO_IP, IP_TTL, &ttl, sizeof ttl));
  int value = 0;
  std::size_t size = sizeof value;
  CHECK(!bench.channel->get_option(IPPROTO_IP, IP_TTL, &value, size));
  CHECK(value == 33);
  const int bad = 300;
  CHECK(bench.channel->set_option(IPPROTO_IP, IP_TTL, &bad, sizeof bad) ==
        asio::error::invalid_argument);
  CHECK(bench.channel->set_option(IPPROTO_IP, 9999, &ttl, sizeof ttl));
}

TEST_CASE("a connected channel knows its peer and hears nobody else", "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::ChannelPair pair(world);
  test::Bench stranger(world);
  test::open_bound(*stranger.channel);

  std::error_code ec;
  pair.b->remote_endpoint(ec);
  CHECK(ec == asio::error::not_connected);
  REQUIRE(!pair.b->connect(pair.a_name));
  CHECK(pair.b->remote_endpoint(ec) == pair.a_name);
  CHECK(!ec);

  CHECK(!test::send(*stranger.channel, "stranger", &pair.b_name));
  CHECK(!test::send(*pair.a, "peer", &pair.b_name));
  test::Slots slots(1);
  test::receive_exactly(*pair.b, slots, 1);
  CHECK(slots.text(0) == "peer");
  CHECK(slots[0].remote == pair.a_name);

  CHECK(!test::send(*pair.b, "to the peer", nullptr));
  test::receive_exactly(*pair.a, slots, 1);
  CHECK(slots.text(0) == "to the peer");
}

// Linux forgets a port that it chose itself (connect(2), AF_UNSPEC), so this one is bound by
// number.
TEST_CASE("a disconnected channel hears everybody again, on the port that was given to bind",
          "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench peer(world);
  const Endpoint peer_name = test::open_bound(*peer.channel);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv4));
  Endpoint name;
  for (int attempt = 0; attempt < 100 && name.port() == 0; ++attempt) {
    test::Bench finder(world);  // a port that was free a moment ago; somebody may be quicker
    const Endpoint free = test::open_bound(*finder.channel);
    finder.close();
    if (!bench.channel->bind(free)) name = free;
  }
  REQUIRE(name.port() != 0);

  REQUIRE(!bench.channel->connect(peer_name));
  REQUIRE(!bench.channel->disconnect());
  std::error_code ec;
  bench.channel->remote_endpoint(ec);
  CHECK(ec == asio::error::not_connected);
  REQUIRE(bench.channel->local_endpoint(ec).port() == name.port());
  test::Bench stranger(world);
  const Endpoint stranger_name = test::open_bound(*stranger.channel);
  CHECK(!test::send(*stranger.channel, "stranger", &name));
  test::Slots slots(1);
  test::receive_exactly(*bench.channel, slots, 1);
  CHECK(slots[0].remote == stranger_name);
}

TEST_CASE("a refused datagram is reported once by a connected channel, which then goes on",
          "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench gone(world);
  const Endpoint nobody = test::open_bound(*gone.channel);
  gone.close();
  test::Bench bench(world);
  const Endpoint name = test::open_bound(*bench.channel);
  REQUIRE(!bench.channel->connect(nobody));
  REQUIRE(!test::send(*bench.channel, "anybody?", nullptr));
  test::await_readable(*bench.channel);
  test::Slots slots(2);
  std::size_t count = 7;
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::connection_refused);
  CHECK(count == 0);
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::would_block);
  REQUIRE(!bench.channel->connect(name));
  CHECK(!test::send(*bench.channel, "to myself", nullptr));
  test::receive_exactly(*bench.channel, slots, 1);
  CHECK(slots.text(0) == "to myself");
}

TEST_CASE("a closed channel answers bad_descriptor and frees its port", "[contract][life]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  const Endpoint name = test::open_bound(*bench.channel);
  bench.close();
  bench.close();
  CHECK(bench.channel->native_handle() == dgram::invalid_handle);
  std::size_t count = 7;
  test::Slots slots(1);
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::bad_descriptor);
  CHECK(count == 0);
  CHECK(test::send(*bench.channel, "x", &name) == asio::error::bad_descriptor);
  std::error_code ec;
  bench.channel->local_endpoint(ec);
  CHECK(ec == asio::error::bad_descriptor);

  test::Bench next(world);
  REQUIRE(!next.channel->open(Family::ipv4));
  CHECK(!next.channel->bind(name));
}

TEST_CASE("a channel's clock never goes back", "[contract][life]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  const dgram::TimePoint first = bench.channel->now();
  CHECK(bench.channel->now() >= first);
}

}  // namespace contract_life_test
