// Settings of a descriptor: one number each, at one or two places.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/setting.hpp>
#include <span>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Where the system keeps a setting.
struct SettingPlace {
  int level = 0;
  int name = 0;
  bool is_byte = false;  ///< An unsigned char, as the BSDs want some; else an int.
};

/// The places of a setting on a socket of this family: none where the system does not have it. On
/// an IPv6 socket the second one is that of its IPv4 peers; the first one is read.
/**
 * One implementation per platform: setting_places_linux.cpp, setting_places_portable.cpp.
 */
std::span<const SettingPlace> places_of(Setting setting, Family family) noexcept;

/// The name of the privileged form of a buffer size at SOL_SOCKET; 0 where there is none.
int privileged_name_of(Setting buffer_size) noexcept;

/// What one granted byte of buffer reads as (Linux: 2).
int buffer_size_unit() noexcept;

std::error_code set_number(NativeHandle handle, Family family, Setting setting, int value) noexcept;
std::error_code get_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int& value) noexcept;

/// True when it is on at any of its places.
bool is_on(NativeHandle handle, Family family, Setting setting) noexcept;

/// See Channel::set_buffer_size().
std::error_code set_buffer_size_of(NativeHandle handle,
                                   Setting which,
                                   int asked,
                                   int& granted) noexcept;

/// See Channel::set_multicast_interface(). In the files of the platform.
std::error_code set_multicast_interface_of(NativeHandle handle,
                                           Family family,
                                           std::uint32_t index,
                                           const asio::ip::address_v4& source);

}  // namespace detail
DGRAM_END_NAMESPACE
