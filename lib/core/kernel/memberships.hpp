// Multicast memberships of a descriptor, by the protocol-independent interface of RFC 3678.
#pragma once

#include <dgram/channel.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::change_membership().
std::error_code change_membership_of(NativeHandle handle,
                                     MembershipAction action,
                                     const GroupMembership& membership) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
