#include <asio/error.hpp>

#include "../kernel/path_mtu.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

int path_mtu_of(NativeHandle, const Endpoint&, std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
