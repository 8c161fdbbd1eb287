// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <asio/error.hpp>
#include <dgram/membership.hpp>
#include <dgram/socket_memberships.hpp>

#include "../socket/guard.hpp"
#include "membership_change.hpp"

DGRAM_BEGIN_NAMESPACE

Membership& Membership::operator=(Membership&& other) noexcept {
  if (this == &other) return *this;
  leave();
  core_ = std::move(other.core_);
  group_ = other.group_;
  source_ = other.source_;
  interfaces_ = std::exchange(other.interfaces_, {});
  number_ = other.number_;
  return *this;
}

Membership::~Membership() {
  leave();
}

void Membership::leave() noexcept {
  std::error_code ignored;  // the membership has ended, or ends with the socket
  leave(ignored);
}

void Membership::leave(std::error_code& ec) noexcept {
  const detail::Guard guard(core_);
  ec.clear();
  if (!*this || !core_->is_open()) return interfaces_.clear();
  const MembershipAction action =
      source_.is_unspecified() ? MembershipAction::leave : MembershipAction::leave_source;
  ec = detail::change_membership(*core_, {action, group_, source_, number_}, interfaces_);
  interfaces_.clear();
}

namespace {

using detail::MembershipChange;

std::error_code make_change(detail::Core& core,
                            const MembershipChange& change,
                            const Interface& on) {
  std::vector<std::uint32_t> done;
  return detail::change_membership(core, change, on, done);
}

[[noreturn]] void throw_change(const std::error_code& ec,
                               const detail::Core& core,
                               const MembershipChange& change,
                               const Interface& on,
                               std::string_view operation) {
  const std::string option = core.refused_option(ec);
  throw Error(ec, operation, option.empty() ? subject_of(change, on) : option);
}

void make_change_or_throw(detail::Core& core,
                          const MembershipChange& change,
                          const Interface& on,
                          std::string_view operation) {
  const std::error_code ec = make_change(core, change, on);
  if (ec) throw_change(ec, core, change, on, operation);
}

}  // namespace

void SocketMemberships::add_membership(const Address& group, const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(*core(), {MembershipAction::join, group, {}}, on, "add_membership");
}
void SocketMemberships::add_membership(const Address& group,
                                       const Interface& on,
                                       std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::join, group, {}}, on);
}

void SocketMemberships::drop_membership(const Address& group, const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(*core(), {MembershipAction::leave, group, {}}, on, "drop_membership");
}
void SocketMemberships::drop_membership(const Address& group,
                                        const Interface& on,
                                        std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::leave, group, {}}, on);
}

void SocketMemberships::add_source_specific_membership(const Address& source,
                                                       const Address& group,
                                                       const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(*core(),
                       {MembershipAction::join_source, group, source},
                       on,
                       "add_source_specific_membership");
}
void SocketMemberships::add_source_specific_membership(const Address& source,
                                                       const Address& group,
                                                       const Interface& on,
                                                       std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::join_source, group, source}, on);
}

void SocketMemberships::drop_source_specific_membership(const Address& source,
                                                        const Address& group,
                                                        const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(*core(),
                       {MembershipAction::leave_source, group, source},
                       on,
                       "drop_source_specific_membership");
}
void SocketMemberships::drop_source_specific_membership(const Address& source,
                                                        const Address& group,
                                                        const Interface& on,
                                                        std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::leave_source, group, source}, on);
}

void SocketMemberships::block_source(const Address& source,
                                     const Address& group,
                                     const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(
      *core(), {MembershipAction::block_source, group, source}, on, "block_source");
}
void SocketMemberships::block_source(const Address& source,
                                     const Address& group,
                                     const Interface& on,
                                     std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::block_source, group, source}, on);
}

void SocketMemberships::unblock_source(const Address& source,
                                       const Address& group,
                                       const Interface& on) {
  const detail::Guard guard(core());
  make_change_or_throw(
      *core(), {MembershipAction::unblock_source, group, source}, on, "unblock_source");
}
void SocketMemberships::unblock_source(const Address& source,
                                       const Address& group,
                                       const Interface& on,
                                       std::error_code& ec) {
  const detail::Guard guard(core());
  ec = make_change(*core(), {MembershipAction::unblock_source, group, source}, on);
}

Membership SocketMemberships::join(const Address& group, const Interface& on) {
  const detail::Guard guard(core());
  std::error_code ec;
  Membership membership = join(group, on, ec);
  if (ec) throw_change(ec, *core(), {MembershipAction::join, group, {}}, on, "join");
  return membership;
}
Membership SocketMemberships::join(const Address& group, const Interface& on, std::error_code& ec) {
  return join_as({MembershipAction::join, group, {}}, on, ec);
}

Membership SocketMemberships::join_source(const Address& source,
                                          const Address& group,
                                          const Interface& on) {
  const detail::Guard guard(core());
  std::error_code ec;
  Membership membership = join_source(source, group, on, ec);
  if (ec)
    throw_change(ec, *core(), {MembershipAction::join_source, group, source}, on, "join_source");
  return membership;
}
Membership SocketMemberships::join_source(const Address& source,
                                          const Address& group,
                                          const Interface& on,
                                          std::error_code& ec) {
  return join_as({MembershipAction::join_source, group, source}, on, ec);
}

Membership SocketMemberships::join_as(detail::MembershipChange change,
                                      const Interface& on,
                                      std::error_code& ec) {
  const detail::Guard guard(core());
  detail::unmap(change);
  Membership membership;
  change.membership = membership.number_ = core()->next_membership();
  membership.core_ = core();
  membership.group_ = change.group;
  membership.source_ = change.source;
  ec = detail::change_membership(*core(), change, on, membership.interfaces_);
  return membership;
}

std::vector<InterfaceInfo> SocketMemberships::interfaces() const {
  std::error_code ec;
  std::vector<InterfaceInfo> list = interfaces(ec);
  if (ec) throw Error(ec, "interfaces");
  return list;
}
std::vector<InterfaceInfo> SocketMemberships::interfaces(std::error_code& ec) const {
  const detail::Guard guard(core());
  const Channel* const channel = core()->channel();
  if (channel) return channel->interfaces(ec);
  ec = asio::error::bad_descriptor;
  return {};
}

DGRAM_END_NAMESPACE
