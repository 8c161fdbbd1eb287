// Any channel: the interfaces of this host, the one for groups, and the MTU of a path.
#include <algorithm>
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/channel_kind.hpp>

namespace contract_interfaces_test {

using dgram::Family;
using dgram::InterfaceInfo;

namespace {

/// An open channel, and the index of the loopback interface.
struct Open : test::Bench {
  explicit Open(const test::World& world, Family family = Family::ipv4) : Bench(world) {
    if (const std::error_code ec = channel->open(family)) throw std::system_error(ec, "open");
    std::error_code ec;
    lo = channel->interface_index("lo", ec);
    if (ec) throw std::system_error(ec, "interface_index");
  }
  std::uint32_t lo = 0;
};

bool has(const InterfaceInfo& info, const char* address) {
  return std::count(
             info.addresses.begin(), info.addresses.end(), asio::ip::make_address(address)) == 1;
}

}  // namespace

TEST_CASE("an interface is found by its name", "[contract][interfaces]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  CHECK(Open(world, Family::ipv4).lo != 0);
  CHECK(Open(world, Family::ipv6).lo != 0);
}

TEST_CASE("a name that no interface has is no_such_device, and never another one",
          "[contract][interfaces][input]") {
  Open bench(GENERATE(from_range(test::worlds())));
  for (const std::string& name : {std::string("no such"),
                                  std::string(),
                                  std::string("lo\0", 3),
                                  std::string("lo\0x", 4),
                                  std::string("fifteen_letters"),
                                  std::string("sixteen_letters_"),
                                  std::string("lo______________"),
                                  std::string(10000, 'x'),
                                  std::string("%lo"),
                                  std::string("LO"),
                                  std::string("1")}) {
    INFO(name.substr(0, 20));
    std::error_code ec;
    CHECK(bench.channel->interface_index(name, ec) == 0);
    CHECK(ec == std::errc::no_such_device);
  }
}

TEST_CASE("the interfaces of this host are listed with their addresses", "[contract][interfaces]") {
  Open bench(GENERATE(from_range(test::worlds())));
  std::error_code ec = asio::error::no_memory;
  const std::vector<InterfaceInfo> list = bench.channel->interfaces(ec);
  CHECK(!ec);
  std::size_t loopbacks = 0;
  for (const InterfaceInfo& info : list) {
    CHECK(info.index != 0);
    CHECK(!info.name.empty());
    for (const InterfaceInfo& other : list) CHECK((&other == &info || other.index != info.index));
    if (info.name != "lo") continue;
    ++loopbacks;
    CHECK(info.index == bench.lo);
    CHECK(info.is_up);
    CHECK_FALSE(info.can_multicast);  // on Linux, unless somebody switched it on
    CHECK(has(info, "127.0.0.1"));
    CHECK(has(info, "::1"));
  }
  CHECK(loopbacks == 1);
}

TEST_CASE("the interface for groups is the routes' choice until one is set, and again with 0",
          "[contract][interfaces]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  Open bench(world, family);
  std::error_code ec;
  CHECK(bench.channel->multicast_interface(ec) == 0);
  CHECK(!ec);
  REQUIRE(!bench.channel->set_multicast_interface(bench.lo, {}));
  CHECK(bench.channel->multicast_interface(ec) == bench.lo);
  CHECK(!ec);
  REQUIRE(!bench.channel->set_multicast_interface(0, {}));
  CHECK(bench.channel->multicast_interface(ec) == 0);
}

TEST_CASE("an interface for groups that does not exist is refused, and the old one stays",
          "[contract][interfaces][input]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  Open bench(world, family);
  REQUIRE(!bench.channel->set_multicast_interface(bench.lo, {}));
  CHECK(bench.channel->set_multicast_interface(0x7fffffff, {}));
  std::error_code ec;
  CHECK(bench.channel->multicast_interface(ec) == bench.lo);
}

// An IPv4 packet has at most 65,535 bytes (RFC 791), so Linux says that for lo, whose MTU is
// 65,536.
TEST_CASE("the MTU of the path to this host is that of the loopback interface",
          "[contract][interfaces]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  std::error_code ec;
  if (!test::is_linux_channel()) {
    Open bench(world);
    CHECK(bench.channel->path_mtu(dgram::make_endpoint("127.0.0.1", 9), ec) == 0);
    CHECK(ec == asio::error::operation_not_supported);
    return;
  }
  const std::uint16_t port = GENERATE(as<std::uint16_t>{}, 9, 0);
  Open v4(world, Family::ipv4), v6(world, Family::ipv6);
  CHECK(v4.channel->path_mtu(dgram::make_endpoint("127.0.0.1", port), ec) == 65535);
  CHECK(!ec);
  CHECK(v6.channel->path_mtu(dgram::make_endpoint("::1", port), ec) == 65536);
  CHECK(!ec);
  CHECK(v6.channel->path_mtu(dgram::make_endpoint("::ffff:127.0.0.1", port), ec) == 65535);
  CHECK(!ec);
}

TEST_CASE("asking for a path sends nothing and leaves the channel as it was",
          "[contract][interfaces]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::ChannelPair pair(world);
  std::error_code ec;
  pair.a->path_mtu(pair.b_name, ec);
  CHECK(pair.a->local_endpoint(ec) == pair.a_name);
  pair.a->remote_endpoint(ec);
  CHECK(ec == asio::error::not_connected);
  CHECK(pair.a->calls().sends.calls() == 0);
  test::Slots slots(1);
  std::size_t count = 0;
  CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
}

}  // namespace contract_interfaces_test
