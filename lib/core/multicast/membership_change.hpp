// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Changes of multicast memberships, and which interfaces they apply to.
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

// ---- from an Interface to its index

/// The index of the interface; 0 for the system's choice. Errors: `no_such_device`;
/// `invalid_argument` for Interface::all().
std::uint32_t find_interface(const Channel& channel,
                             const Interface& interface,
                             std::error_code& ec);

/// The interfaces that Interface::all() means when a group of this family is joined.
std::vector<std::uint32_t> find_interfaces_to_join(const Channel& channel,
                                                   Family family,
                                                   std::error_code& ec);

/// All interfaces of the host: a group may have been joined on any of them.
std::vector<std::uint32_t> find_every_interface(const Channel& channel, std::error_code& ec);

// ---- a change of memberships, which is made on all of the interfaces or on none

struct MembershipChange {
  MembershipAction action;
  asio::ip::address group;
  asio::ip::address source;  ///< Unspecified for join and leave.
  /// The number of the Membership that makes the change; 0: none does. For a Membership the
  /// interface has to be known by its index, even where the system chooses it.
  std::uint32_t membership = 0;
};

/// Turns IPv4-mapped addresses into IPv4 addresses.
void unmap(MembershipChange& change);

/// Where needed, opens the socket before a join and binds it afterwards.
/**
 * @param done The indices of the interfaces on which something was changed.
 */
std::error_code change_membership(Core& core,
                                  MembershipChange change,
                                  const Interface& on,
                                  std::vector<std::uint32_t>& done);

/// Makes the change on interfaces that were `done` before. Goes on after an error, and returns the
/// first one. Leaves out an interface on which another Membership has joined the group since.
std::error_code change_membership(Core& core,
                                  const MembershipChange& change,
                                  const std::vector<std::uint32_t>& interfaces) noexcept;

/// "239.1.2.3 on eth0", "192.0.2.7 in 232.1.2.3 on any interface".
std::string subject_of(const MembershipChange& change, const Interface& on);

}  // namespace detail
DGRAM_END_NAMESPACE
