// From what a program calls an interface to its index.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/interface.hpp>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The index; 0 for the system's choice. Errors: `no_such_device`; `invalid_argument` for
/// Interface::all().
std::uint32_t find_interface(const Channel& channel,
                             const Interface& interface,
                             std::error_code& ec);

/// Those that Interface::all() means for a group of this family.
std::vector<std::uint32_t> find_all_interfaces(const Channel& channel,
                                               Family family,
                                               std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
