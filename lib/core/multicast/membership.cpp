#include <dgram/membership.hpp>

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
  std::error_code ignored;  // it has ended, or will with the socket
  leave(ignored);
}

void Membership::leave(std::error_code& ec) noexcept {
  ec.clear();
  if (!*this || !core_->is_open()) return interfaces_.clear();
  const MembershipAction action =
      source_.is_unspecified() ? MembershipAction::leave : MembershipAction::leave_source;
  ec = detail::change_membership(*core_, {action, group_, source_, number_}, interfaces_);
  interfaces_.clear();
}

DGRAM_END_NAMESPACE
