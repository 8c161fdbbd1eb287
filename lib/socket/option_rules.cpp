#include "option_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::string find_bad_option(const SocketOptions& options, Family family) {
  if (options.batch < 1 || options.batch > 64) return "batch " + std::to_string(options.batch);
  if (options.recv_buffer_size < 0)
    return "recv_buffer_size " + std::to_string(options.recv_buffer_size);
  if (options.send_buffer_size < 0)
    return "send_buffer_size " + std::to_string(options.send_buffer_size);
  if (options.ipv6_only && family != Family::ipv6) return "ipv6_only over IPv4";
  return {};
}

}  // namespace detail
DGRAM_END_NAMESPACE
