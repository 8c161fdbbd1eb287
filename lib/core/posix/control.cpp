// No control messages: their names and sizes differ from system to system. Whoever asks for them is
// told.
#include <asio/error.hpp>

#include "../kernel/control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::size_t control_space_of(Setting, Family) noexcept {
  return 0;
}

void parse_control(const msghdr&, ReceiveSlot&) noexcept {}

std::size_t make_control(const SendItem&,
                         const Sender&,
                         std::span<std::byte>,
                         std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
