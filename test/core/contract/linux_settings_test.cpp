// The kernel channel on Linux: an IPv6 socket has its settings for IPv4 peers as well; devices.
#include <asio/error.hpp>
#include <core/kernel/message.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

namespace contract_linux_settings_test {

using dgram::Family;
using dgram::Setting;

namespace {

constexpr int ip_multicast_all = 49;  // linux/in.h

struct Row {
  Setting setting;
  int ipv4_option;
  int value;
};
const std::vector<Row> rows = {
    {Setting::ttl, IP_TTL, 33},
    {Setting::multicast_ttl, IP_MULTICAST_TTL, 34},
    {Setting::multicast_loopback, IP_MULTICAST_LOOP, 0},
    {Setting::multicast_all, ip_multicast_all, 0},
    {Setting::traffic_class, IP_TOS, 46 << 2 | 1},
    {Setting::path_mtu_discovery, IP_MTU_DISCOVER, 3},
    {Setting::receive_local_address, IP_PKTINFO, 1},
    {Setting::receive_ecn, IP_RECVTOS, 1},
    {Setting::receive_hop_limit, IP_RECVTTL, 1},
    {Setting::receive_errors, IP_RECVERR, 1},
};

}  // namespace

TEST_CASE("a setting of an IPv6 channel holds for its IPv4 peers as well", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  for (const Row& row : rows) {
    INFO(dgram::name_of(row.setting));
    test::Bench bench(world);
    REQUIRE(!bench.channel->open(Family::ipv6));
    REQUIRE(!bench.channel->set(row.setting, row.value));
    int value = -1;
    std::size_t size = sizeof value;
    CHECK(!bench.channel->get_option(IPPROTO_IP, row.ipv4_option, &value, size));
    CHECK(value == row.value);
  }
}

TEST_CASE("the interface for groups of an IPv6 channel is that of IPv4 groups as well",
          "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv6));
  std::error_code ec;
  const std::uint32_t lo = bench.channel->interface_index("lo", ec);
  REQUIRE(!ec);
  REQUIRE(!bench.channel->set_multicast_interface(lo, asio::ip::address_v4::loopback()));
  int index = 0;
  std::size_t size = sizeof index;
  CHECK(!bench.channel->get_option(IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, size));
  CHECK(static_cast<std::uint32_t>(index) == lo);
  in_addr source = in_addr();
  size = sizeof source;
  CHECK(!bench.channel->get_option(IPPROTO_IP, IP_MULTICAST_IF, &source, size));
  CHECK(source.s_addr == htonl(INADDR_LOOPBACK));
}

TEST_CASE("a channel is bound to a device by its index, and says so", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  std::error_code ec;
  const int lo = static_cast<int>(bench.channel->interface_index("lo", ec));
  int value = -1;
  CHECK(!bench.channel->get(Setting::device, value));
  CHECK(value == 0);
  CHECK(!bench.channel->set(Setting::device, lo));  // since 5.7 also without CAP_NET_RAW
  CHECK(!bench.channel->get(Setting::device, value));
  CHECK(value == lo);
}

TEST_CASE("a channel tells the kernel the rate at which it is paced", "[contract][pacing]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  constexpr std::uint64_t none = ~std::uint64_t{0};
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  for (const std::uint64_t rate : {std::uint64_t{1},
                                   std::uint64_t{0xfffffffe},
                                   std::uint64_t{0xffffffff},
                                   std::uint64_t{1'000'000'000'000},
                                   std::uint64_t{0}}) {
    INFO(rate);
    CHECK(!bench.channel->set_pacing_rate(rate));
    std::uint64_t told = 0;
    std::size_t size = sizeof told;
    CHECK(!bench.channel->get_option(SOL_SOCKET, SO_MAX_PACING_RATE, &told, size));
    CHECK(told == (rate == 0 ? none : rate));
  }
}

TEST_CASE("a channel for Linux has everything that a channel may have", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv4));
  for (const dgram::Feature feature : {dgram::Feature::batch_receive,
                                       dgram::Feature::batch_send,
                                       dgram::Feature::kernel_drops,
                                       dgram::Feature::send_options,
                                       dgram::Feature::balancing})
    CHECK(bench.channel->has(feature));
}

TEST_CASE("the kernel's channel vouches for equal runs, but for kernels known to spoil them",
          "[contract][settings]") {
  asio::io_context io;
  const std::unique_ptr<dgram::Channel> channel = dgram::make_kernel_channel(io.get_executor());
  utsname system;
  REQUIRE(::uname(&system) == 0);
  CHECK(channel->has(dgram::Feature::equal_runs) !=
        dgram::detail::may_spoil_equal_runs(system.release));
}

}  // namespace contract_linux_settings_test
