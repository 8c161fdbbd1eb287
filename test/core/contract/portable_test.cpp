// The portable channel: what POSIX alone cannot do is refused, never left out in silence.
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

namespace contract_portable_test {

TEST_CASE("what POSIX does not have cannot be set", "[contract][portable]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(dgram::Family::ipv4));
  for (const dgram::Setting setting : {dgram::Setting::receive_local_address,
                                       dgram::Setting::receive_ecn,
                                       dgram::Setting::receive_hop_limit,
                                       dgram::Setting::receive_timestamp,
                                       dgram::Setting::receive_errors,
                                       dgram::Setting::multicast_all,
                                       dgram::Setting::path_mtu_discovery,
                                       dgram::Setting::device,
                                       dgram::Setting::busy_poll,
                                       dgram::Setting::prefer_busy_poll,
                                       dgram::Setting::incoming_cpu}) {
    INFO(dgram::name_of(setting));
    CHECK(bench.channel->set(setting, 1) == asio::error::operation_not_supported);
    int value = 0;
    CHECK(bench.channel->get(setting, value) == asio::error::operation_not_supported);
  }
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
  test::ChannelPair pair(world);
  CHECK(test::send(*pair.a, "x", &pair.b_name, &options) == asio::error::operation_not_supported);
  test::Slots slots(1);
  std::size_t count = 0;
  CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
}

TEST_CASE("a cut datagram says that it was at least one byte longer", "[contract][portable]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  REQUIRE(!test::send(*pair.a, std::string(5000, 'x'), &pair.b_name));
  test::Slots slots(1, 300, 0);
  test::receive_exactly(*pair.b, slots, 1);
  CHECK(slots[0].size == 300);
  CHECK(slots[0].full_size > 300);
}

TEST_CASE("what POSIX does not have is not claimed", "[contract][portable]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(dgram::Family::ipv4));
  for (const dgram::Feature feature : {dgram::Feature::batch_receive,
                                       dgram::Feature::batch_send,
                                       dgram::Feature::send_options,
                                       dgram::Feature::balancing})
    CHECK_FALSE(bench.channel->has(feature));
  std::array<dgram::ErrorReport, 2> reports;
  CHECK(bench.channel->receive_reports(reports) == 0);
}

TEST_CASE("the path MTU cannot be told", "[contract][portable]") {
  test::Bench bench(GENERATE(from_range(test::worlds())));
  REQUIRE(!bench.channel->open(dgram::Family::ipv4));
  std::error_code ec;
  CHECK(bench.channel->path_mtu(dgram::make_endpoint("127.0.0.1", 9), ec) == 0);
  CHECK(ec == asio::error::operation_not_supported);
}

}  // namespace contract_portable_test
