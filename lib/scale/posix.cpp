// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <asio/error.hpp>
#include <dgram/error.hpp>

#include "platform.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// POSIX says nothing about SO_REUSEPORT. On macOS and OpenBSD the last socket gets everything.
std::error_code set_steering_of(NativeHandle, const SteeringPlan&) {
  return Errc::no_balancing;
}

std::vector<std::size_t> usable_cpus() {
  return {};
}

std::error_code pin_this_thread(std::span<const std::size_t>) {
  return asio::error::operation_not_supported;
}

}  // namespace detail
DGRAM_END_NAMESPACE
