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

/// Those that Interface::all() means when a group of this family is joined.
std::vector<std::uint32_t> find_interfaces_to_join(const Channel& channel,
                                                   Family family,
                                                   std::error_code& ec);

/// Those on which a group may have been joined: whatever is there.
std::vector<std::uint32_t> find_every_interface(const Channel& channel, std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
