// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// bind() in a worker of a cluster: asks the primary, and uses the socket that it gives.
#include <asio/error.hpp>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

using cluster::detail::Share;
using cluster::detail::SharingService;
using cluster::detail::Wanted;

bool State::shares() const {
  return !wants_exclusive_ && !options_.reuse_port && SharingService::of(context_);
}

void State::ask_primary_for(const std::string& address) {
  const auto refusal = [address, port = wanted_port_](const std::error_code& ec) {
    return address_error(ec, "bind", address, port);
  };
  std::error_code ec;
  Wanted wanted;
  wanted.v6 = is_v6();
  wanted.reuse_addr = options_.reuse_addr;
  wanted.ipv6_only = options_.ipv6_only;
  wanted.local = endpoint_for(address, wanted_port_, is_v6(), ec);
  if (ec) return fail_bind(refusal(ec));
  ask_primary(wanted, refusal);
}

void State::ask_primary_for(int descriptor) {
  Wanted wanted;
  wanted.v6 = is_v6();
  wanted.fd = descriptor;
  ask_primary(wanted, [](const std::error_code& ec) { return system_error(ec, "open"); });
}

// The handler of the answer holds the state, as that of a lookup does. The function that closes the
// socket does not.
void State::ask_primary(const Wanted& wanted, Refusal refusal) {
  share_ = std::make_unique<Share>(
      SharingService::of(context_),
      wanted,
      [self = shared_from_this(), refusal = std::move(refusal)](const std::error_code& ec,
                                                                Descriptor descriptor) {
        self->answer_share(ec, std::move(descriptor), refusal);
      },
      [weak = weak_from_this()] {
        const std::shared_ptr<State> state = weak.lock();
        if (state && state->life_.is_open()) state->close_surely();
      });
}

void State::answer_share(const std::error_code& ec, Descriptor descriptor, const Refusal& refusal) {
  const std::error_code failure = ec ? ec : use_shared(std::move(descriptor));
  if (!failure) return start_listening();
  share_.reset();
  fail_bind(refusal(failure));
}

std::error_code State::use_shared(Descriptor descriptor) {
  dgram::SocketOptions options = core_options();
  options.batch = 1;  // datagrams held here would be lost to the other workers when this one dies
  dgram::Socket shared(context_, options);
  std::error_code ec;
  shared.adopt(descriptor.get(), ec);
  if (ec) return ec;
  static_cast<void>(descriptor.release());
  socket_->close();
  socket_.emplace(std::move(shared));
  return ec;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
