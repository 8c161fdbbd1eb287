#include "../kernel/error_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::size_t read_error_queue(NativeHandle, std::span<ErrorReport>) noexcept {
  return 0;  // Setting::receive_errors cannot be switched on here
}

}  // namespace detail
DGRAM_END_NAMESPACE
