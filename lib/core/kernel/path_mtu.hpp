// What the system knows about the path to a peer. One implementation per platform.
#pragma once

#include <dgram/channel.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::path_mtu(). `handle` is the socket that asks.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
