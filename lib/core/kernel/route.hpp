// Questions to the routing table and the list of links. One implementation per platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::route_interface().
std::uint32_t route_interface_of(NativeHandle handle, const asio::ip::address& to) noexcept;

/// Linux: IFNAMSIZ for those that have no place in an ifreq.
inline constexpr std::size_t longest_alternative_name = 127;

/// The interface that has this name beside its own; 0 when there is none or that is unknown.
/// @param name At most longest_alternative_name characters.
std::uint32_t interface_of_alternative_name(NativeHandle handle, std::string_view name) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
