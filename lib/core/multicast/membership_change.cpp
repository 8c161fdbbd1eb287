// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <charconv>
#include <dgram/error.hpp>
#include <utility>

#include "../values/address.hpp"
#include "membership_change.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Reads an interface index, since a zone may be a number (RFC 4007, section 11.2). 0: no index.
std::uint32_t number_in(const std::string& text) noexcept {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end && number <= 0x7fffffff ? number : 0;
}

std::uint32_t index_by_name(const Channel& channel, const std::string& name, std::error_code& ec) {
  const std::uint32_t index = channel.interface_index(name, ec);
  if (!ec) return index;
  const std::uint32_t number = number_in(name);
  if (number != 0) ec.clear();
  return number;
}

std::uint32_t index_by_address(const Channel& channel,
                               const asio::ip::address& address,
                               std::error_code& ec) {
  const std::vector<InterfaceInfo> interfaces = channel.interfaces(ec);
  if (ec) return 0;
  const InterfaceInfo* const found = find(interfaces, address);
  if (!found) ec = no_such_device();
  return found ? found->index : 0;
}

}  // namespace

std::uint32_t find_interface(const Channel& channel,
                             const Interface& interface,
                             std::error_code& ec) {
  ec.clear();
  switch (interface.kind()) {
    case Interface::Kind::any:
      return 0;
    case Interface::Kind::index:
      if (interface.index() == 0) ec = no_such_device();
      return interface.index();
    case Interface::Kind::name:
      return index_by_name(channel, interface.name(), ec);
    case Interface::Kind::address:
      return index_by_address(channel, interface.address(), ec);
    case Interface::Kind::all:
      break;
  }
  ec = asio::error::invalid_argument;
  return 0;
}

std::vector<std::uint32_t> find_interfaces_to_join(const Channel& channel,
                                                   Family family,
                                                   std::error_code& ec) {
  std::vector<std::uint32_t> indices;
  for (const InterfaceInfo& info : channel.interfaces(ec)) {
    const bool has_family = std::any_of(
        info.addresses.begin(), info.addresses.end(), [family](const asio::ip::address& address) {
          return address.is_v6() == (family == Family::ipv6);
        });
    if (info.is_up && info.can_multicast && has_family) indices.push_back(info.index);
  }
  if (indices.empty() && !ec) ec = no_such_device();
  return indices;
}

std::vector<std::uint32_t> find_every_interface(const Channel& channel, std::error_code& ec) {
  std::vector<std::uint32_t> indices;
  for (const InterfaceInfo& info : channel.interfaces(ec)) indices.push_back(info.index);
  return indices;
}

namespace {

bool has_source(MembershipAction action) noexcept {
  return action != MembershipAction::join && action != MembershipAction::leave;
}

bool joins(MembershipAction action) noexcept {
  return action == MembershipAction::join || action == MembershipAction::join_source;
}

MembershipAction opposite_of(MembershipAction action) noexcept {
  switch (action) {
    case MembershipAction::join:
      return MembershipAction::leave;
    case MembershipAction::join_source:
      return MembershipAction::leave_source;
    case MembershipAction::block_source:
      return MembershipAction::unblock_source;
    case MembershipAction::unblock_source:
      return MembershipAction::block_source;
    default:
      return action;
  }
}

std::error_code check(const Core& core, const MembershipChange& change) {
  if (core.is_closed()) return asio::error::bad_descriptor;
  if (!change.group.is_multicast()) return Errc::not_multicast;
  if (has_source(change.action)) {
    if (change.source.is_v6() != change.group.is_v6())
      return asio::error::address_family_not_supported;
    if (change.source.is_multicast() || change.source.is_unspecified())
      return asio::error::invalid_argument;
  }
  const Family family = core.wanted_family();
  if (change.group.is_v6() && family == Family::ipv4)
    return asio::error::address_family_not_supported;
  if (change.group.is_v4() && family == Family::ipv6) {
    int only = core.options().ipv6_only;
    if (core.is_open()) core.channel()->get(Setting::ipv6_only, only);
    if (only != 0) return asio::error::address_family_not_supported;
  }
  return {};
}

/// Calls `found` with the position of each membership that has the same group and source.
template <class Found>
void for_each_like(Core& core, const MembershipChange& change, Found&& found) {
  if (!core.has_memberships()) return;
  std::vector<JoinedGroup>& all = core.memberships();
  for (std::size_t i = all.size(); i-- > 0;)
    if (all[i].group == change.group && all[i].source == change.source) found(i);
}

void remember(Core& core, const MembershipChange& change, std::uint32_t interface) {
  if (joins(change.action)) {
    if (interface == 0) return;
    bool is_known = false;  // the entry of a vanished interface may have the same index
    for_each_like(core, change, [&](std::size_t i) {
      JoinedGroup& joined = core.memberships()[i];
      if (joined.interface != interface) return;
      joined.membership = change.membership;
      is_known = true;
    });
    if (!is_known)
      core.memberships().push_back({{change.group, change.source, interface}, change.membership});
  } else if (change.action == MembershipAction::leave ||
             change.action == MembershipAction::leave_source) {
    for_each_like(core, change, [&](std::size_t i) {
      if (core.memberships()[i].interface == interface)
        core.memberships().erase(core.memberships().begin() + static_cast<std::ptrdiff_t>(i));
    });
  }
}

std::error_code change_on(Core& core, const MembershipChange& change, std::uint32_t interface) {
  if (joins(change.action)) core.memberships().reserve(core.memberships().size() + 1);
  const std::error_code ec =
      core.channel()->change_membership(change.action, {change.group, change.source, interface});
  if (!ec) remember(core, change, interface);
  return ec;
}

/// Leaves the group on interfaces that have vanished: their entries would count against the limit
/// of memberships.
void forget_vanished(Core& core,
                     const MembershipChange& change,
                     const std::vector<std::uint32_t>& present) {
  std::vector<std::uint32_t> gone;
  for_each_like(core, change, [&](std::size_t i) {
    const std::uint32_t interface = core.memberships()[i].interface;
    if (std::find(present.begin(), present.end(), interface) == present.end())
      gone.push_back(interface);
  });
  const MembershipChange leave{opposite_of(change.action), change.group, change.source};
  change_membership(core, leave, gone);
}

/// True for errors that do not stop a change on all interfaces: this interface has vanished, or
/// there is nothing to change on it.
bool is_harmless_on_all(const std::error_code& ec, MembershipAction action) noexcept {
  if (ec == std::errc::no_such_device) return true;
  if (action == MembershipAction::join) return ec == asio::error::address_in_use;
  return ec == std::errc::address_not_available ||
         (action != MembershipAction::join_source && ec == asio::error::invalid_argument);
}

std::error_code change_on_all(Core& core,
                              const MembershipChange& change,
                              std::vector<std::uint32_t>& done) {
  std::error_code ec;
  const Family family = change.group.is_v6() ? Family::ipv6 : Family::ipv4;
  std::vector<std::uint32_t> all = find_every_interface(*core.channel(), ec);
  if (ec) return ec;
  if (joins(change.action)) {
    forget_vanished(core, change, all);
    all = find_interfaces_to_join(*core.channel(), family, ec);
    if (ec) return ec;
  } else {
    for_each_like(core, change, [&](std::size_t i) {
      const std::uint32_t interface = core.memberships()[i].interface;
      if (std::find(all.begin(), all.end(), interface) == all.end()) all.push_back(interface);
    });
  }
  std::error_code harmless;
  done.reserve(all.size());  // push_back() must not throw: what was done has to be undone
  for (const std::uint32_t interface : all) {
    ec = change_on(core, change, interface);
    if (!ec) {
      done.push_back(interface);
    } else if (is_harmless_on_all(ec, change.action)) {
      harmless = ec;
    } else {
      change_membership(core, {opposite_of(change.action), change.group, change.source}, done);
      done.clear();
      return ec;
    }
  }
  return done.empty() ? harmless : std::error_code();
}

std::uint32_t zone_of(const asio::ip::address& group) {
  return group.is_v6() ? static_cast<std::uint32_t>(group.to_v6().scope_id()) : 0;
}

/// The index of the interface that `on` names, else that of the group's zone, else that of the
/// device that the socket is bound to; else 0.
std::uint32_t interface_for(const Core& core,
                            const MembershipChange& change,
                            const Interface& on,
                            std::error_code& ec) {
  const Channel& channel = *core.channel();
  const std::uint32_t said = find_interface(channel, on, ec);
  if (ec) return 0;
  const std::uint32_t zone = zone_of(change.group);
  if (said != 0 && zone != 0 && said != zone) ec = asio::error::invalid_argument;
  if (said != 0 || zone != 0) return said != 0 ? said : zone;
  int device = 0;
  channel.get(Setting::device, device);
  return static_cast<std::uint32_t>(device);
}

std::error_code change_on(Core& core,
                          const MembershipChange& change,
                          const Interface& on,
                          std::vector<std::uint32_t>& done) {
  if (on.kind() == Interface::Kind::all) return change_on_all(core, change, done);
  std::error_code ec;
  std::uint32_t interface = interface_for(core, change, on, ec);
  // A Membership has to know the interface that it will leave: by then, the routes may lead to
  // another one.
  if (!ec && interface == 0 && change.membership != 0)
    interface = core.channel()->route_interface(change.group);
  done.reserve(1);
  if (!ec) ec = change_on(core, change, interface);
  if (!ec) done.push_back(interface);
  return ec;
}

}  // namespace

void unmap(MembershipChange& change) {
  change.group = unmapped(change.group);
  change.source = unmapped(change.source);
}

std::error_code change_membership(Core& core,
                                  MembershipChange change,
                                  const Interface& on,
                                  std::vector<std::uint32_t>& done) {
  unmap(change);
  if (const std::error_code ec = check(core, change)) return ec;
  const bool was_fresh = core.is_fresh();
  if (was_fresh && !joins(change.action)) return asio::error::bad_descriptor;
  if (was_fresh) {
    const Family own = change.group.is_v6() ? Family::ipv6 : Family::ipv4;
    const Family wanted = core.wanted_family();
    if (const std::error_code ec = core.open(wanted == Family::unspecified ? own : wanted))
      return ec;
  }
  std::error_code ec = change_on(core, change, on, done);
  if (!ec && joins(change.action)) {
    // A socket without a port cannot receive. The bind comes last, because it cannot be undone.
    if (!core.is_bound()) ec = core.bind(nullptr);
    if (ec) {
      change_membership(core, {opposite_of(change.action), change.group, change.source}, done);
      done.clear();
    }
  }
  if (ec && was_fresh) core.undo_open();
  return ec;
}

std::error_code change_membership(Core& core,
                                  const MembershipChange& change,
                                  const std::vector<std::uint32_t>& interfaces) noexcept {
  std::error_code first;
  for (const std::uint32_t interface : interfaces) {
    bool is_anothers = false;
    if (change.membership != 0)
      for_each_like(core, change, [&](std::size_t i) {
        const JoinedGroup& joined = core.memberships()[i];
        is_anothers |= joined.interface == interface && joined.membership != change.membership;
      });
    if (is_anothers) continue;
    const std::error_code ec = change_on(core, change, interface);
    if (ec && !first) first = ec;
  }
  return first;
}

std::string subject_of(const MembershipChange& change, const Interface& on) {
  std::string text;
  if (has_source(change.action)) text = change.source.to_string() + " in ";
  text += change.group.to_string();
  if (on.kind() == Interface::Kind::any && zone_of(change.group) != 0) return text;
  return text + " on " + dgram::to_string(on);
}

}  // namespace detail
DGRAM_END_NAMESPACE
