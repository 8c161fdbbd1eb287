// Every setting of a socket that is a number, with its range, so that one test can go through all.
#pragma once

#include <chrono>
#include <climits>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <ostream>
#include <string>
#include <support/channel_kind.hpp>
#include <support/loopback.hpp>
#include <vector>

namespace test {

/// A setter and its getter, in both forms; switches and enumerations as numbers.
struct NumberSetting {
  std::string name;
  void (*set)(dgram::Socket&, int);
  void (*set_ec)(dgram::Socket&, int, std::error_code&);
  int (*get)(const dgram::Socket&);
  int (*get_ec)(const dgram::Socket&, std::error_code&);
  std::vector<int> in_range;
  std::vector<int> out_of_range;
  bool linux_only = false;
};
inline std::ostream& operator<<(std::ostream& out, const NumberSetting& setting) {
  return out << setting.name;
}

#define TEST_SETTING(name, Type) \
#name, [](dgram::Socket& s, int value) { s.set_##name(static_cast<Type>(value)); },              \
      [](dgram::Socket& s, int value, std::error_code& ec) {                                       \
        s.set_##name(static_cast<Type>(value), ec);                                                \
      },                                                                                           \
      [](const dgram::Socket& s) { return static_cast<int>(s.name()); },                           \
      [](const dgram::Socket& s, std::error_code& ec) { return static_cast<int>(s.name(ec)); }

inline const std::vector<NumberSetting>& number_settings() {
  static const std::vector<NumberSetting> settings = {
      {TEST_SETTING(broadcast, bool), {1, 0}, {}},
      {TEST_SETTING(ttl, int), {1, 2, 64, 254, 255}, {INT_MIN, -1, 0, 256, 300, INT_MAX}},
      {TEST_SETTING(dscp, int), {0, 1, 46, 63}, {INT_MIN, -1, 64, 255, 1 << 30, INT_MAX}},
      {TEST_SETTING(ecn, dgram::Ecn), {0, 1, 2, 3}, {4, 255}},
      {TEST_SETTING(multicast_ttl, int), {0, 1, 254, 255}, {INT_MIN, -2, -1, 256, INT_MAX}},
      {TEST_SETTING(multicast_loopback, bool), {0, 1}, {}},
      {TEST_SETTING(multicast_all, bool), {1, 0}, {}, true},
      {TEST_SETTING(path_mtu_discovery, dgram::PathMtuDiscovery),
       {0, 1, 2, 3, 5},
       {4, 6, 255},
       true},
      {TEST_SETTING(segmentation, dgram::Segmentation), {1, 2, 0}, {3, 255}},
      {TEST_SETTING(prefer_busy_poll, bool), {1, 0}, {}, true},
      {TEST_SETTING(incoming_cpu, int), {1, 0, 1023}, {INT_MIN, -1}, true},
      {"busy_poll",
       [](dgram::Socket& s, int value) { s.set_busy_poll(std::chrono::microseconds(value)); },
       [](dgram::Socket& s, int value, std::error_code& ec) {
         s.set_busy_poll(std::chrono::microseconds(value), ec);
       },
       [](const dgram::Socket& s) { return static_cast<int>(s.busy_poll().count()); },
       [](const dgram::Socket& s, std::error_code& ec) {
         return static_cast<int>(s.busy_poll(ec).count());
       },
       {1, 50, 1000000, 0},
       {INT_MIN, -1},
       true},
  };
  return settings;
}

/// Those that this build's channel has.
inline std::vector<NumberSetting> number_settings_here() {
  std::vector<NumberSetting> here;
  const bool is_linux = is_linux_channel();
  for (const NumberSetting& setting : number_settings())
    if (is_linux || !setting.linux_only) here.push_back(setting);
  return here;
}

/// The socket sends and receives.
inline bool works(dgram::Socket& socket) {
  std::error_code ec;
  if (!socket.try_send("to myself", socket.local_endpoint(), ec)) return false;
  for (int i = 0; i < 1000; ++i)
    if (const std::optional<dgram::Datagram> datagram = socket.try_recv(ec))
      return datagram->text() == "to myself";
  return false;
}

}  // namespace test
