// Which way the routing table points. One implementation per platform.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::route_interface().
std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
