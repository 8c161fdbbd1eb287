#include "membership_change.hpp"

#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "interface_lookup.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

/// An IPv4 address in IPv6 clothes is the IPv4 address.
void unmap(asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
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
  const Family family =
      core.family() != Family::unspecified ? core.family() : core.options().family;
  if (change.group.is_v6() && family == Family::ipv4)
    return asio::error::address_family_not_supported;
  if (change.group.is_v4() && family == Family::ipv6) {
    int only = core.options().ipv6_only;
    if (core.is_open()) core.channel()->get(Setting::ipv6_only, only);
    if (only != 0) return asio::error::address_family_not_supported;
  }
  return {};
}

/// A join needs a socket with a port: without one nothing can arrive.
std::error_code make_ready(Core& core, const MembershipChange& change) {
  if (!joins(change.action))
    return core.is_open() ? std::error_code() : asio::error::bad_descriptor;
  if (core.is_bound()) return {};
  Family family = core.family() != Family::unspecified ? core.family() : core.options().family;
  if (family == Family::unspecified) family = change.group.is_v6() ? Family::ipv6 : Family::ipv4;
  const Endpoint any =
      family == Family::ipv6 ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint(asio::ip::udp::v4(), 0);
  return core.bind(&any);
}

std::error_code change_on(Core& core, const MembershipChange& change, std::uint32_t interface) {
  return core.channel()->change_membership(change.action, {change.group, change.source, interface});
}

/// Not there any more, or nothing to be undone there: no reason to stop.
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
  const std::vector<std::uint32_t> all = find_all_interfaces(*core.channel(), family, ec);
  if (ec) return ec;
  std::error_code harmless;
  done.reserve(all.size());  // so that what was done can be undone
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

}  // namespace

std::error_code change_membership(Core& core,
                                  MembershipChange change,
                                  const Interface& on,
                                  std::vector<std::uint32_t>& done) {
  unmap(change.group);
  unmap(change.source);
  if (const std::error_code ec = check(core, change)) return ec;
  const bool was_fresh = core.is_fresh();
  if (const std::error_code ec = make_ready(core, change)) return ec;
  std::error_code ec;
  if (on.kind() == Interface::Kind::all) {
    ec = change_on_all(core, change, done);
  } else {
    std::uint32_t interface = find_interface(*core.channel(), on, ec);
    const std::uint32_t zone =
        change.group.is_v6() ? static_cast<std::uint32_t>(change.group.to_v6().scope_id()) : 0;
    if (!ec && zone != 0 && interface != 0 && interface != zone) ec = asio::error::invalid_argument;
    if (interface == 0) interface = zone;
    done.reserve(1);
    if (!ec) ec = change_on(core, change, interface);
    if (!ec) done.push_back(interface);
  }
  if (ec && was_fresh) core.undo_bind();
  return ec;
}

std::error_code change_membership(Core& core,
                                  const MembershipChange& change,
                                  const std::vector<std::uint32_t>& interfaces) noexcept {
  std::error_code first;
  for (const std::uint32_t interface : interfaces) {
    const std::error_code ec = change_on(core, change, interface);
    if (ec && !first) first = ec;
  }
  return first;
}

std::string to_string(const MembershipChange& change, const Interface& on) {
  std::string text;
  if (has_source(change.action)) text = change.source.to_string() + " in ";
  return text + change.group.to_string() + " on " + dgram::to_string(on);
}

}  // namespace detail
DGRAM_END_NAMESPACE
