// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// System calls of the portable channel. Requests that POSIX has no call for return nothing or are
// refused.
#include <asio/error.hpp>

#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::size_t read_error_queue(NativeHandle, std::span<ErrorReport>) noexcept {
  return 0;  // Setting::receive_errors cannot be switched on here
}

bool is_deaf(NativeHandle, const GroupMembership&) noexcept {
  return false;  // there is no portable call for this
}

std::uint32_t route_interface_of(NativeHandle, const asio::ip::address&) noexcept {
  return 0;  // there is no portable call for this
}

std::uint32_t interface_of_alternative_name(NativeHandle, std::string_view) noexcept {
  return 0;
}

int path_mtu_of(NativeHandle, const Endpoint&, std::error_code& ec) noexcept {
  ec = asio::error::operation_not_supported;
  return 0;
}

}  // namespace detail
DGRAM_END_NAMESPACE
