// No control messages: their names and sizes differ from system to system. Whoever asks for them is
// told.
#include <asio/error.hpp>

#include "control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code enable_metadata(NativeHandle,
                                Family,
                                const SocketOptions& options,
                                ControlPlan& plan) {
  plan = ControlPlan();
  const bool wanted = options.receive_local_address || options.receive_ecn ||
                      options.receive_hop_limit || options.receive_timestamp;
  return wanted ? std::error_code(asio::error::operation_not_supported) : std::error_code();
}

void parse_control(const msghdr&, Metadata&) noexcept {}

std::size_t make_control(const SendOptions&,
                         const Sender&,
                         const Endpoint*,
                         std::span<std::byte>,
                         std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
