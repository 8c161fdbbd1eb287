#include "../kernel/group_list.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

bool is_deaf(NativeHandle, const GroupMembership&) noexcept {
  return false;  // every system has its own way to ask
}

}  // namespace detail
DGRAM_END_NAMESPACE
