// Steering of SO_REUSEPORT groups. One implementation per platform: steering_linux.cpp,
// steering_portable.cpp.
#pragma once

#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/scale/steering.hpp>
#include <span>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::set_steering(). Afterwards nothing is on its way to where it went before.
std::error_code set_steering_of(NativeHandle handle, const SteeringPlan& plan);

/// The CPUs that this thread may run on; empty where the system does not tell.
std::vector<std::size_t> usable_cpus();

/// Lets this thread run on these CPUs only: one or more.
std::error_code pin_this_thread(std::span<const std::size_t> cpus);

}  // namespace detail
DGRAM_END_NAMESPACE
