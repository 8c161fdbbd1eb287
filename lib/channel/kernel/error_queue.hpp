// The queue in which the kernel keeps ICMP reports for a socket that asked for them (IP_RECVERR;
// ip(7)).
#pragma once

#include <cstddef>
#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// True when the socket collects reports: while one is unread, the kernel calls the socket ready,
/// for ever.
bool collects_reports(NativeHandle handle, Family family) noexcept;

/// Takes the reports that are there, 64 at most; returns how many.
std::size_t drain_reports(NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
