// Settings: their names and their ranges.
#include <array>
#include <climits>
#include <core/settings/options.hpp>
#include <dgram/setting.hpp>
#include <set>
#include <support/catch2.hpp>
#include <utility>
#include <vector>

namespace unit_setting_test {

using dgram::Setting;
using dgram::detail::is_in_range;

namespace {

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (int i = 0; i < dgram::setting_count; ++i) all.push_back(static_cast<Setting>(i));
  return all;
}

constexpr std::array values = {INT_MIN, -2, -1, 0,   1,   2,   3,   4,       5,           6,      7,
                               8,       63, 64, 254, 255, 256, 257, 1 << 16, INT_MAX - 1, INT_MAX};

/// In range exactly from `low` to `high`.
void check_range(Setting setting, int low, int high) {
  INFO(dgram::name_of(setting));
  for (const int value : values) {
    INFO(value);
    CHECK(is_in_range(setting, value) == (value >= low && value <= high));
  }
}

}  // namespace

TEST_CASE("the last setting is the last one that is counted", "[unit][settings]") {
  CHECK(static_cast<int>(Setting::incoming_cpu) + 1 == dgram::setting_count);
}

TEST_CASE("every setting has a name of its own", "[unit][settings]") {
  std::set<std::string_view> names;
  for (const Setting setting : all_settings()) {
    CHECK(!dgram::name_of(setting).empty());
    CHECK(names.insert(dgram::name_of(setting)).second);
  }
}

TEST_CASE("a setting is called as in SocketOptions and in the setters", "[unit][settings]") {
  const std::vector<std::pair<Setting, std::string_view>> expected = {
      {Setting::reuse_address, "reuse_address"},
      {Setting::reuse_port, "reuse_port"},
      {Setting::ipv6_only, "ipv6_only"},
      {Setting::broadcast, "broadcast"},
      {Setting::recv_buffer_size, "recv_buffer_size"},
      {Setting::send_buffer_size, "send_buffer_size"},
      {Setting::ttl, "ttl"},
      {Setting::multicast_ttl, "multicast_ttl"},
      {Setting::multicast_loopback, "multicast_loopback"},
      {Setting::multicast_all, "multicast_all"},
      {Setting::traffic_class, "traffic_class"},
      {Setting::path_mtu_discovery, "path_mtu_discovery"},
      {Setting::device, "bound_device"},
      {Setting::receive_local_address, "receive_local_address"},
      {Setting::receive_ecn, "receive_ecn"},
      {Setting::receive_hop_limit, "receive_hop_limit"},
      {Setting::receive_timestamp, "receive_timestamp"},
      {Setting::receive_errors, "receive_errors"},
      {Setting::gro, "gro"},
      {Setting::busy_poll, "busy_poll"},
      {Setting::prefer_busy_poll, "prefer_busy_poll"},
      {Setting::incoming_cpu, "incoming_cpu"},
  };
  CHECK(expected.size() == static_cast<std::size_t>(dgram::setting_count));
  for (const auto& [setting, name] : expected) CHECK(dgram::name_of(setting) == name);
}

TEST_CASE("a switch is 0 or 1", "[unit][settings]") {
  for (const Setting setting : {Setting::reuse_address,
                                Setting::reuse_port,
                                Setting::ipv6_only,
                                Setting::broadcast,
                                Setting::multicast_loopback,
                                Setting::multicast_all,
                                Setting::receive_local_address,
                                Setting::receive_ecn,
                                Setting::receive_hop_limit,
                                Setting::receive_timestamp,
                                Setting::receive_errors,
                                Setting::prefer_busy_poll})
    check_range(setting, 0, 1);
}

TEST_CASE("numbers have the range that their setter promises", "[unit][settings]") {
  check_range(Setting::ttl, 1, 255);
  check_range(Setting::multicast_ttl, 0, 255);
  check_range(Setting::traffic_class, 0, 255);
  check_range(Setting::recv_buffer_size, 1, INT_MAX);
  check_range(Setting::send_buffer_size, 1, INT_MAX);
  check_range(Setting::device, 0, INT_MAX);
  check_range(Setting::busy_poll, 0, INT_MAX);
  check_range(Setting::incoming_cpu, 0, INT_MAX);
}

TEST_CASE("path MTU discovery has five modes, and none of the number four", "[unit][settings]") {
  for (const int value : values) {
    INFO(value);
    const bool is_mode = value >= 0 && value <= 5 && value != 4;
    CHECK(is_in_range(Setting::path_mtu_discovery, value) == is_mode);
  }
}

TEST_CASE("the first option out of its range is named with its value", "[unit][settings]") {
  using dgram::Family;
  using dgram::detail::find_bad_option;
  dgram::SocketOptions options;
  CHECK(find_bad_option(options, Family::ipv4).empty());
  CHECK(find_bad_option(options, Family::ipv6).empty());
  options.ipv6_only = true;
  CHECK(find_bad_option(options, Family::ipv4) == "ipv6_only over IPv4");
  CHECK(find_bad_option(options, Family::ipv6).empty());
  options.send_buffer_size = INT_MIN;
  CHECK(find_bad_option(options, Family::ipv6) == "send_buffer_size -2147483648");
  options.recv_buffer_size = -1;
  CHECK(find_bad_option(options, Family::ipv6) == "recv_buffer_size -1");
  options.batch = 65;
  CHECK(find_bad_option(options, Family::ipv6) == "batch 65");
}

}  // namespace unit_setting_test
