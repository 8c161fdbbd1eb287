#include <array>
#include <dgram/setting.hpp>

DGRAM_BEGIN_NAMESPACE

std::string_view name_of(Setting setting) noexcept {
  constexpr std::array<std::string_view, setting_count> names = {
      "reuse_address",
      "reuse_port",
      "ipv6_only",
      "broadcast",
      "recv_buffer_size",
      "send_buffer_size",
      "ttl",
      "multicast_ttl",
      "multicast_loopback",
      "multicast_all",
      "traffic_class",
      "path_mtu_discovery",
      "bound_device",
      "receive_local_address",
      "receive_ecn",
      "receive_hop_limit",
      "receive_timestamp",
      "receive_errors",
      "gro",
  };
  return names[static_cast<std::size_t>(setting)];
}

DGRAM_END_NAMESPACE
