// A membership on its way, and which interface is meant.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/interface.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "../socket/core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- from what a program calls an interface to its index

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

// ---- what is done to a membership: checked, its interfaces found, all of them or none

struct MembershipChange {
  MembershipAction action;
  asio::ip::address group;
  asio::ip::address source;  ///< Unspecified where the action has none.
  /// Of the Membership for which it is done; 0: of none. The interface is then wanted by index,
  /// also where the system chooses.
  std::uint32_t membership = 0;
};

/// An IPv4 address in IPv6 clothes is the IPv4 address.
void unmap(MembershipChange& change);

/// Binds the socket first where that is needed.
/**
 * @param done The interfaces on which something was changed, by index.
 */
std::error_code change_membership(Core& core,
                                  MembershipChange change,
                                  const Interface& on,
                                  std::vector<std::uint32_t>& done);

/// On interfaces that were `done` before. Goes on after an error, and reports the first one. Where
/// another one than `change.membership` has joined the group since, that one keeps it.
std::error_code change_membership(Core& core,
                                  const MembershipChange& change,
                                  const std::vector<std::uint32_t>& interfaces) noexcept;

/// "239.1.2.3 on eth0", "192.0.2.7 in 232.1.2.3 on any interface".
std::string subject_of(const MembershipChange& change, const Interface& on);

}  // namespace detail
DGRAM_END_NAMESPACE
