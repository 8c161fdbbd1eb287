// The queue in which the kernel keeps error reports for a socket that asked for them (IP_RECVERR;
// ip(7)). One implementation per platform.
#pragma once

#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/error_report.hpp>
#include <span>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::receive_reports().
std::size_t read_error_queue(NativeHandle handle, std::span<ErrorReport> reports) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
