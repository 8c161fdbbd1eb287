// Descriptors: making one, and finding out what a foreign one is.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// A UDP socket that is non-blocking and closed on exec.
NativeHandle make_descriptor(Family family, std::error_code& ec) noexcept;

/// No error and the family when it is a UDP socket over IPv4 or IPv6, else an error that names what
/// it is.
std::error_code check_descriptor(NativeHandle handle, Family& family) noexcept;

std::error_code make_nonblocking(NativeHandle handle) noexcept;
/// Whether a receive would find something in the kernel now.
bool is_readable(NativeHandle handle) noexcept;

/// The number of the network that the socket is in (network_namespaces(7)); 0 where the system does
/// not tell.
std::uint64_t network_of(NativeHandle handle) noexcept;

/// True when the two are known to be in different networks.
bool are_worlds_apart(NativeHandle a, NativeHandle b) noexcept;

void close_descriptor(NativeHandle handle) noexcept;

/// The error of the call that has just failed.
std::error_code last_error() noexcept;

/// The same error, comparable: with asio::error where Asio has a name for it, with std::errc where
/// only the standard has.
std::error_code comparable(const std::error_code& ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
