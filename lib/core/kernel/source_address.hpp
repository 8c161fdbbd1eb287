// The source address of what a socket sends: is it still this host's?
#pragma once

#include <dgram/channel.hpp>
#include <system_error>

#include "control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The address that the socket is bound to; unspecified when it is bound to all, or not at all.
asio::ip::address bound_address_of(NativeHandle handle) noexcept;

/// True when nobody could bind to `address` on the host of this socket. False where that cannot be
/// found out, because the socket is in another network than the thread.
bool is_missing(const asio::ip::address& address, NativeHandle handle) noexcept;

/// `ec`, or Errc::source_unavailable or `no_such_device` when that is what made the send of `item`
/// fail.
/**
 * The kernel says ENETUNREACH for an IPv4 source that is gone, EINVAL for an IPv6 one: both mean
 * other things as well.
 */
std::error_code explain_send_error(const std::error_code& ec,
                                   const Sender& sender,
                                   const SendItem& item) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
