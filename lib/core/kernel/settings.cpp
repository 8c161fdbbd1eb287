// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Sets and reads a setting at its places; buffer sizes (SO_RCVBUF, SO_SNDBUF and their FORCE
// forms).
#include "system.hpp"

#include <sys/socket.h>

#include <asio/error.hpp>

#include "descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

std::error_code set_at(NativeHandle handle, const SettingPlace& place, int value) noexcept {
  const unsigned char byte = static_cast<unsigned char>(value);
  const void* const data = place.is_byte ? static_cast<const void*>(&byte) : &value;
  const socklen_t size = place.is_byte ? sizeof byte : sizeof value;
  return ::setsockopt(handle, place.level, place.name, data, size) == 0 ? std::error_code()
                                                                        : last_error();
}

std::error_code get_at(NativeHandle handle, const SettingPlace& place, int& value) noexcept {
  unsigned char byte = 0;
  void* const data = place.is_byte ? static_cast<void*>(&byte) : &value;
  socklen_t size = place.is_byte ? sizeof byte : sizeof value;
  if (::getsockopt(handle, place.level, place.name, data, &size) != 0) return last_error();
  if (place.is_byte) value = byte;
  return {};
}

}  // namespace

SettingPlaces::SettingPlaces(Setting setting, Family family) noexcept {
  const SettingRow& row = setting_rows()[static_cast<std::size_t>(setting)];
  const bool is_ipv6 = family == Family::ipv6;
  if (const SettingPlace& own = is_ipv6 ? row.ipv6 : row.ipv4; own.name != 0)
    places_[count_++] = own;
  if (is_ipv6 && row.ipv6_for_ipv4_peers.name != 0) places_[count_++] = row.ipv6_for_ipv4_peers;
}

std::error_code set_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int value) noexcept {
  const SettingPlaces places(setting, family);
  if (places.empty()) return asio::error::operation_not_supported;
  for (const SettingPlace& place : places)
    if (const std::error_code ec = set_at(handle, place, value)) return ec;
  return {};
}

std::error_code get_number(NativeHandle handle,
                           Family family,
                           Setting setting,
                           int& value) noexcept {
  const SettingPlaces places(setting, family);
  if (places.empty()) return asio::error::operation_not_supported;
  return get_at(handle, places.front(), value);
}

bool is_on(NativeHandle handle, Family family, Setting setting) noexcept {
  for (const SettingPlace& place : SettingPlaces(setting, family)) {
    int value = 0;
    if (!get_at(handle, place, value) && value != 0) return true;
  }
  return false;
}

bool may_be_on(NativeHandle handle, Family family, Setting setting) noexcept {
  for (const SettingPlace& place : SettingPlaces(setting, family)) {
    int value = 0;
    const std::error_code ec = get_at(handle, place, value);
    if (ec ? ec != asio::error::no_protocol_option : value != 0) return true;
  }
  return false;
}

std::error_code set_buffer_size_of(NativeHandle handle,
                                   Setting which,
                                   int asked,
                                   int& granted) noexcept {
  const SettingPlace plain = SettingPlaces(which, Family::ipv4).front();
  if (const std::error_code ec = set_at(handle, plain, asked)) return ec;
  if (const std::error_code ec = get_at(handle, plain, granted)) return ec;
  granted /= buffer_size_unit();
  const int privileged = privileged_name_of(which);
  if (granted >= asked || privileged == 0) return {};
  // Fails with EPERM without CAP_NET_ADMIN; the size granted above then remains.
  if (!set_at(handle, SettingPlace{SOL_SOCKET, privileged}, asked) &&
      !get_at(handle, plain, granted))
    granted /= buffer_size_unit();
  return {};
}

}  // namespace detail
DGRAM_END_NAMESPACE
