// The kernel channel on Linux: an IPv6 socket has its settings for IPv4 peers as well; devices.
#include <asio/error.hpp>
#include <chrono>
#include <core/kernel/message.hpp>
#include <cstring>
#include <ctime>
#include <span>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

#include <linux/net_tstamp.h>
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

TEST_CASE("a channel that holds departures tells the kernel the time of each",
          "[contract][departure]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  REQUIRE(!bench.channel->hold_departures());
  sock_txtime how = sock_txtime();
  std::size_t size = sizeof how;
  REQUIRE(!bench.channel->get_option(SOL_SOCKET, SO_TXTIME, &how, size));
  CHECK(how.clockid == CLOCK_MONOTONIC);
  CHECK(how.flags == 0);

  dgram::SendOptions options;
  options.departure = dgram::TimePoint() + std::chrono::nanoseconds(1'234'567'890'123);
  const bool is_ipv6 = family == Family::ipv6;
  const dgram::Endpoint to(asio::ip::make_address(is_ipv6 ? "::1" : "127.0.0.1"), 9);
  const asio::const_buffer bytes("x", 1);
  dgram::SendItem item;
  item.buffers = std::span<const asio::const_buffer>(&bytes, 1);
  item.to = &to;
  item.options = &options;
  dgram::detail::Sender sender;
  sender.handle = bench.channel->native_handle();
  sender.family = family;
  alignas(cmsghdr) std::byte space[dgram::detail::max_send_control] = {};
  std::error_code ec;
  CHECK(make_control(item, sender, space, ec) == CMSG_SPACE(sizeof(std::uint64_t)));
  CHECK(!ec);
  cmsghdr header;
  std::memcpy(&header, space, sizeof header);
  CHECK(header.cmsg_level == SOL_SOCKET);
  CHECK(header.cmsg_type == SCM_TXTIME);
  std::uint64_t time = 0;
  std::memcpy(&time, space + CMSG_LEN(0), sizeof time);
  CHECK(time == 1'234'567'890'123);
}

TEST_CASE("all that a datagram may carry has room", "[contract][departure]") {
  dgram::SendOptions options;
  options.source_address = asio::ip::address_v6::loopback();
  options.interface_index = 1;
  options.ecn = dgram::Ecn::ect0;
  options.dscp = 46;
  options.hop_limit = 3;
  options.departure = dgram::TimePoint() + std::chrono::nanoseconds(1);
  const dgram::Endpoint to(asio::ip::address_v6::loopback(), 9);
  const asio::const_buffer bytes("xx", 2);
  dgram::SendItem item;
  item.buffers = std::span<const asio::const_buffer>(&bytes, 1);
  item.to = &to;
  item.options = &options;
  item.segment_size = 1;
  dgram::detail::Sender sender;
  sender.family = Family::ipv6;
  alignas(cmsghdr) std::byte space[dgram::detail::max_send_control] = {};
  std::error_code ec;
  CHECK(make_control(item, sender, space, ec) ==
        CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(in6_pktinfo)) +
            2 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(std::uint64_t)));
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
