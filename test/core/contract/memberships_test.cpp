// Any channel: memberships that are refused. What is joined here is nothing.
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

namespace contract_memberships_test {

using dgram::Family;
using dgram::GroupMembership;
using dgram::MembershipAction;

namespace {

constexpr std::uint32_t no_interface = 0x7ffffff0;

GroupMembership membership(const char* group, const char* source, std::uint32_t interface) {
  GroupMembership result;
  result.group = asio::ip::make_address(group);
  result.source = asio::ip::make_address(source);
  result.interface = interface;
  return result;
}

GroupMembership example(Family family, std::uint32_t interface) {
  return family == Family::ipv6 ? membership("ff3e::1234", "2001:db8::7", interface)
                                : membership("232.1.2.3", "192.0.2.7", interface);
}

}  // namespace

TEST_CASE("on an interface that does not exist nothing can be joined or changed",
          "[contract][memberships][input]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  const MembershipAction action = GENERATE(MembershipAction::join,
                                           MembershipAction::leave,
                                           MembershipAction::join_source,
                                           MembershipAction::leave_source,
                                           MembershipAction::block_source,
                                           MembershipAction::unblock_source);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  CHECK(bench.channel->change_membership(action, example(family, no_interface)));
}

TEST_CASE("joining on an interface that does not exist is no_such_device",
          "[contract][memberships][input]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  for (const MembershipAction action : {MembershipAction::join, MembershipAction::join_source})
    CHECK(bench.channel->change_membership(action, example(family, no_interface)) ==
          std::errc::no_such_device);
}

TEST_CASE("what was not joined cannot be left", "[contract][memberships]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  std::error_code ec;
  const std::uint32_t lo = bench.channel->interface_index("lo", ec);
  const GroupMembership on_lo = example(family, lo);
  CHECK(bench.channel->change_membership(MembershipAction::leave, on_lo) ==
        std::errc::address_not_available);
  for (const MembershipAction action :
       {MembershipAction::leave_source, MembershipAction::unblock_source}) {
    const std::error_code refused = bench.channel->change_membership(action, on_lo);
    CHECK(
        (refused == std::errc::address_not_available || refused == asio::error::invalid_argument));
  }
}

TEST_CASE("a source cannot be blocked in a group that was not joined", "[contract][memberships]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  std::error_code ec;
  const std::uint32_t lo = bench.channel->interface_index("lo", ec);
  CHECK(bench.channel->change_membership(MembershipAction::block_source, example(family, lo)) ==
        asio::error::invalid_argument);
}

TEST_CASE("a channel that is not open joins nothing", "[contract][memberships]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  CHECK(bench.channel->change_membership(MembershipAction::join, example(Family::ipv4, 0)) ==
        asio::error::bad_descriptor);
}

}  // namespace contract_memberships_test
