// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Functions that create socket descriptors, examine existing ones, and convert errno to an error
// code.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Creates a UDP socket that is non-blocking and close-on-exec.
NativeHandle make_descriptor(Family family, std::error_code& ec) noexcept;

/// Checks that the descriptor is a UDP socket over IPv4 or IPv6, and sets `family`. Otherwise the
/// error is Errc::not_udp, or that of getsockname().
std::error_code check_descriptor(NativeHandle handle, Family& family) noexcept;

std::error_code make_nonblocking(NativeHandle handle) noexcept;
/// True when the socket is readable now: a receive would find something in the kernel.
bool is_readable(NativeHandle handle) noexcept;

/// The cookie of the network namespace that the socket is in (network_namespaces(7)); 0 where the
/// system does not tell.
std::uint64_t network_of(NativeHandle handle) noexcept;

/// True when the two sockets are known to be in different network namespaces.
bool are_worlds_apart(NativeHandle a, NativeHandle b) noexcept;

void close_descriptor(NativeHandle handle) noexcept;

/// The error of the system call that has just failed (errno).
std::error_code last_error() noexcept;

/// The same error in a category in which it can be compared: with asio::error where Asio has a name
/// for the code, with std::errc where only the standard has one.
std::error_code comparable(const std::error_code& ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
