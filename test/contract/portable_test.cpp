// The portable channel: what POSIX alone cannot do is refused, never left out in silence.
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

TEST_CASE("every piece of metadata that is asked for is refused when the socket opens",
          "[contract][portable]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const int which = GENERATE(0, 1, 2, 3);
  dgram::SocketOptions options;
  options.receive_local_address = which == 0;
  options.receive_ecn = which == 1;
  options.receive_hop_limit = which == 2;
  options.receive_timestamp = which == 3;
  test::Bench bench(world);
  CHECK(bench.channel->open(dgram::Family::ipv4, options) == asio::error::operation_not_supported);
  CHECK(bench.channel->native_handle() == dgram::invalid_handle);
  CHECK(!bench.channel->open(dgram::Family::ipv4, {}));
}

TEST_CASE("every send option is refused, and nothing is sent", "[contract][portable]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const int which = GENERATE(0, 1, 2, 3, 4);
  dgram::SendOptions options;
  if (which == 0) options.source_address = asio::ip::address_v4::loopback();
  if (which == 1) options.interface_index = 1;
  if (which == 2) options.ecn = dgram::Ecn::ect0;
  if (which == 3) options.dscp = 46;
  if (which == 4) options.hop_limit = 3;
  test::Pair pair(world);
  CHECK(test::send(*pair.a, "x", &pair.b_name, &options) == asio::error::operation_not_supported);
  test::Slots slots(1);
  std::size_t count = 0;
  CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
}

TEST_CASE("a cut datagram says that it was at least one byte longer", "[contract][portable]") {
  test::Pair pair(GENERATE(from_range(test::worlds())));
  REQUIRE(!test::send(*pair.a, std::string(5000, 'x'), &pair.b_name));
  test::Slots slots(1, 300, 0);
  test::receive_exactly(*pair.b, slots, 1);
  CHECK(slots[0].size == 300);
  CHECK(slots[0].full_size > 300);
}
