// The groups that an interface hears. One implementation per platform.
#pragma once

#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// True when the interface does not hear the group, whatever the socket believes that has joined
/// it: it has gone away, and is another one that has come back with its index. False where that is
/// not known.
bool is_deaf(NativeHandle handle, const GroupMembership& membership) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
