#include "route.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::uint32_t route_interface_of(NativeHandle, const asio::ip::address&) noexcept {
  return 0;  // every system has its own way to ask
}

}  // namespace detail
DGRAM_END_NAMESPACE
