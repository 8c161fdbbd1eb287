// Any channel: its settings, by number; what this system does not have is refused.
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/channel_kind.hpp>

namespace contract_settings_test {

using dgram::Family;
using dgram::Setting;

namespace {

/// A setting, two values that it can have, and what POSIX lacks.
struct Row {
  Setting setting;
  int first;
  int second;
  bool linux_only = false;
};
const std::vector<Row> rows = {
    {Setting::reuse_address, 1, 0},
    {Setting::reuse_port, 1, 0},
    {Setting::ipv6_only, 1, 0},
    {Setting::broadcast, 1, 0},
    {Setting::ttl, 1, 255},
    {Setting::multicast_ttl, 0, 255},
    {Setting::multicast_loopback, 0, 1},
    {Setting::multicast_all, 0, 1, true},
    {Setting::traffic_class, 255, 0},
    {Setting::path_mtu_discovery, 0, 5, true},
    {Setting::receive_local_address, 1, 0, true},
    {Setting::receive_ecn, 1, 0, true},
    {Setting::receive_hop_limit, 1, 0, true},
    {Setting::receive_timestamp, 1, 0, true},
    {Setting::receive_errors, 1, 0, true},
    {Setting::busy_poll, 50, 0, true},
    {Setting::prefer_busy_poll, 1, 0, true},
    {Setting::incoming_cpu, 1, 0, true},
};

bool is_here(const Row& row, Family family) {
  if (row.setting == Setting::ipv6_only) return family == Family::ipv6;
  return !row.linux_only || test::is_linux_channel();
}

}  // namespace

TEST_CASE("a setting that was set reads back, in both families", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  for (const Row& row : rows) {
    if (!is_here(row, family)) continue;
    INFO(dgram::name_of(row.setting));
    test::Bench bench(world);
    REQUIRE(!bench.channel->open(family));
    for (const int value : {row.first, row.second, row.first}) {
      INFO(value);
      CHECK(!bench.channel->set(row.setting, value));
      int now = -1;
      CHECK(!bench.channel->get(row.setting, now));
      CHECK(now == value);
    }
  }
}

TEST_CASE("a setting that the system does not have can neither be set nor read",
          "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(family));
  for (const Row& row : rows) {
    if (is_here(row, family)) continue;
    INFO(dgram::name_of(row.setting));
    CHECK(bench.channel->set(row.setting, row.first) == asio::error::operation_not_supported);
    int value = 0;
    CHECK(bench.channel->get(row.setting, value) == asio::error::operation_not_supported);
  }
}

TEST_CASE("a channel that is not open, or not any more, has no settings", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const bool was_open = GENERATE(false, true);
  test::Bench bench(world);
  if (was_open) {
    REQUIRE(!bench.channel->open(Family::ipv4));
    bench.close();
  }
  for (const Row& row : rows) {
    INFO(dgram::name_of(row.setting));
    CHECK(bench.channel->set(row.setting, row.first));
    int value = 0;
    CHECK(bench.channel->get(row.setting, value));
  }
  int granted = 0;
  CHECK(bench.channel->set_buffer_size(Setting::recv_buffer_size, 50000, granted) ==
        asio::error::bad_descriptor);
}

TEST_CASE("a setting that the system refuses stays as it was", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv4));
  REQUIRE(!bench.channel->set(Setting::ttl, 33));
  CHECK(bench.channel->set(Setting::ttl, 256) == asio::error::invalid_argument);
  int value = 0;
  CHECK(!bench.channel->get(Setting::ttl, value));
  CHECK(value == 33);
}

TEST_CASE("a buffer size is granted in the units in which it was asked for",
          "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Setting which = GENERATE(Setting::recv_buffer_size, Setting::send_buffer_size);
  test::Bench bench(world);
  test::open_bound(*bench.channel);
  int granted = 0;
  CHECK(!bench.channel->set_buffer_size(which, 50000, granted));
  CHECK(granted == 50000);
  int read = 0;
  CHECK(!bench.channel->get(which, read));
  CHECK((read == 50000 || read == 100000));  // Linux doubles
  CHECK(!bench.channel->set_buffer_size(which, 1, granted));
  CHECK(granted > 1);  // the system's minimum
  CHECK(!bench.channel->set(which, 60000));
  CHECK(!bench.channel->get(which, read));
  CHECK((read == 60000 || read == 120000));
}

TEST_CASE("a channel that was opened again has the defaults again", "[contract][settings]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world);
  REQUIRE(!bench.channel->open(Family::ipv4));
  int by_default = 0;
  REQUIRE(!bench.channel->get(Setting::ttl, by_default));
  REQUIRE(!bench.channel->set(Setting::ttl, by_default + 1));
  bench.close();
  REQUIRE(!bench.channel->open(Family::ipv4));
  int value = 0;
  CHECK(!bench.channel->get(Setting::ttl, value));
  CHECK(value == by_default);
}

}  // namespace contract_settings_test
