// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// System calls for a group of sockets on one port, and for the threads that serve it. One
// implementation per platform: linux.cpp, posix.cpp.
#pragma once

#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/scale/steering.hpp>
#include <span>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// A steering, and the sockets that it chooses from. See set_steering().
struct SteeringPlan {
  Steering steering;
  std::size_t sockets = 1;               ///< 1 to 256.
  std::span<const std::size_t> skipped;  ///< Ascending, each below `sockets`, not all of them.
};

/// Sets the steering of all sockets that share the port of this one.
std::error_code set_steering_of(NativeHandle handle, const SteeringPlan& plan);

/// The CPUs that this thread may run on; empty where the system does not tell.
std::vector<std::size_t> usable_cpus();

/// Lets this thread run on these CPUs only: one or more.
std::error_code pin_this_thread(std::span<const std::size_t> cpus);

}  // namespace detail
DGRAM_END_NAMESPACE
