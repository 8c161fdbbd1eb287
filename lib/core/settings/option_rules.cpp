#include "option_rules.hpp"

#include <dgram/path_mtu.hpp>

#include "../planning/run_rules.hpp"

DGRAM_BEGIN_NAMESPACE

namespace detail {

std::string find_bad_option(const SocketOptions& options, Family family) {
  if (options.batch < 1 || options.batch > 64) return "batch " + std::to_string(options.batch);
  if (options.recv_buffer_size < 0)
    return "recv_buffer_size " + std::to_string(options.recv_buffer_size);
  if (options.send_buffer_size < 0)
    return "send_buffer_size " + std::to_string(options.send_buffer_size);
  if (!is_segmentation(options.segmentation))
    return "segmentation " + std::to_string(static_cast<int>(options.segmentation));
  if (options.ipv6_only && family != Family::ipv6) return "ipv6_only over IPv4";
  return {};
}

bool is_in_range(Setting setting, int value) noexcept {
  const auto within = [value](int low, int high) { return value >= low && value <= high; };
  switch (setting) {
    case Setting::recv_buffer_size:
    case Setting::send_buffer_size:
    case Setting::device:
      return value >= (setting == Setting::device ? 0 : 1);
    case Setting::ttl:
      return within(1, 255);
    case Setting::multicast_ttl:
    case Setting::traffic_class:
      return within(0, 255);
    case Setting::path_mtu_discovery:
      return within(0, 3) || value == static_cast<int>(PathMtuDiscovery::omit);
    default:
      return within(0, 1);
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
