#include "../kernel/route.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::uint32_t route_interface_of(NativeHandle, const asio::ip::address&) noexcept {
  return 0;  // every system has its own way to ask
}

std::uint32_t interface_of_alternative_name(NativeHandle, std::string_view) noexcept {
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
