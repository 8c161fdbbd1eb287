// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// bind(): from the call through the lookup to the event `listening`.
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "arguments.hpp"
#include "descriptor_type.hpp"
#include "errors.hpp"
#include "settings.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void State::bind(int port, std::string_view address, bool exclusive, Callback callback) {
  life_.require_unbound();
  check_local_port(port, "Port");
  life_.begin_bind();
  bind_callback_ = callback ? listening.wait(std::move(callback)) : 0;
  ++bind_number_;
  wants_exclusive_ = exclusive;
  wanted_port_ = port;
  wanted_address_ = local_address_or_any(address, is_v6());
  start_bind();
}

void State::bind_to_any() {
  bind(0, {}, true, {});
}

void State::start_bind() {
  const unsigned number = bind_number_;
  const auto goes_on = [this, number] {
    return life_.is_open() && life_.is_binding() && bind_number_ == number;
  };
  try {
    look_up(wanted_address_,
            [self = shared_from_this(), goes_on](const Error* failure, std::string_view resolved) {
              if (!goes_on()) return;
              if (failure) return self->fail_bind(*failure);
              self->finish_bind(std::string(resolved));
            });
  } catch (...) {
    // In Node, the socket stays in "binding" for ever when a lookup throws. Here the bind fails.
    if (goes_on()) {
      life_.fail_bind();
      listening.off(bind_callback_);
      cancel_deferred();
    }
    throw;
  }
}

std::error_code State::bind_socket(int port, const std::string& address) {
  std::error_code ec;
  const Endpoint local = endpoint_for(address, port, is_v6(), ec);
  // Checked here and not when the socket is made, because Node reports it here.
  if (!ec && options_.ipv6_only && !is_v6()) ec = asio::error::invalid_argument;
  if (ec) return ec;
  std::error_code ignored;
  socket_->open(ignored);  // after a bind that the system refuses, the socket stays open
  socket_->bind(local, ec);
  if (ec != Errc::already_bound) return ec;
  // A membership has bound the socket, because it needs a port at once.
  const Endpoint own = socket_->local_endpoint(ec);
  const bool as_wanted = (port == 0 || port == own.port()) && local.address() == own.address();
  return as_wanted ? std::error_code() : asio::error::invalid_argument;
}

void State::finish_bind(const std::string& address) {
  if (shares()) return ask_primary_for(address);
  if (const std::error_code ec = bind_socket(wanted_port_, address))
    return fail_bind(address_error(ec, "bind", address, wanted_port_));
  start_listening();
}

void State::fail_bind(const Error& failure) {
  life_.fail_bind();
  listening.off(bind_callback_);
  emit_error(failure);
}

void State::bind_descriptor(int descriptor, bool exclusive, Callback callback) {
  life_.require_unbound();
  wants_exclusive_ = exclusive;
  if (shares()) {
    life_.begin_bind();
    bind_callback_ = callback ? listening.wait(std::move(callback)) : 0;
    return ask_primary_for(descriptor);
  }
  check_buffer_sizes();
  life_.begin_bind();
  std::error_code ec;
  socket_->adopt(descriptor, ec);
  if (ec == Errc::already_bound)  // a bind that has failed has left a socket behind
    ec = std::make_error_code(std::errc::device_or_resource_busy);
  if (ec) life_.fail_bind();
  if (ec == Errc::not_udp || ec == asio::error::bad_descriptor)
    throw bad_descriptor_type(descriptor_type(descriptor));
  if (ec) throw system_error(ec, "open");
  socket_->remote_endpoint(ec);
  if (!ec) {  // it is connected; in Node such a socket cannot send
    life_.begin_connect();
    life_.end_connect();
  }
  if (callback) listening.wait(std::move(callback));
  start_listening();
}

void State::bind_sync(int port, std::string_view address) {
  life_.require_unbound();
  check_local_port(port, "options.port");
  if (!address.empty()) check_literal(address, "options.address");
  check_buffer_sizes();
  life_.begin_bind();
  const std::string local = local_address_or_any(address, is_v6());
  if (const std::error_code ec = bind_socket(port, local)) {
    life_.fail_bind();
    throw address_error(ec, "bind", local, port);
  }
  start_receiving();
  tick([this] {
    if (life_.is_open()) listening.emit();
  });
}

/// Called before a call that can throw, so that no socket is left half bound.
void State::check_buffer_sizes() const {
  check_buffer_size("recv", options_.recv_buffer_size);
  check_buffer_size("send", options_.send_buffer_size);
}

void State::start_receiving() {
  std::error_code ignored;
  socket_->set_multicast_all(true, ignored);  // libuv leaves this option as it is
  if (!referenced_) socket_->unref();
  life_.end_bind();
  arm_receive();
  set_buffer_size(*socket_, true, options_.recv_buffer_size);
  set_buffer_size(*socket_, false, options_.send_buffer_size);
}

void State::start_listening() {
  const MakesDeferred what_waits(*this);
  start_receiving();
  if (share_) share_->say_listening(socket_->local_endpoint().port());
  listening.emit();
}

// As Node's documentation promises, a join binds an unbound socket, to any address and port.
void State::change_membership(bool joins,
                              std::string_view syscall,
                              std::optional<std::string_view> source,
                              std::string_view group,
                              std::string_view interface_address) {
  const std::shared_ptr<State> self = shared_from_this();  // a callback may drop the handle
  life_.require_open();
  if (group.empty() && !source) throw missing_group();
  const bool implicit = joins && life_.is_unbound();
  // The socket that will have the membership has not come from the primary yet. Node joins on a
  // socket that is thrown away then; here the call fails.
  if (joins && life_.is_binding() && shares())
    throw system_error(asio::error::bad_descriptor, syscall);
  std::error_code ignored;
  if (!joins) socket_->open(ignored);  // the system reports that it is no member
  // A join would bind the socket to any port, but the pending bind may want a certain one. So the
  // bind comes first.
  if (joins && life_.is_binding() && !needs_lookup(wanted_address_))
    if (const std::error_code ec = bind_socket(wanted_port_, wanted_address_))
      throw system_error(ec, syscall);
  const Membership membership{source, group, interface_address};
  node::detail::change_membership(running(), is_v6(), joins, syscall, membership);
  if (!implicit) return;
  try {
    bind_to_any();
  } catch (...) {
    // The exception is that of the bind, which has not happened, so the join is undone.
    if (life_.is_open() && life_.is_unbound())
      node::detail::change_membership(*socket_, is_v6(), false, syscall, membership);
    throw;
  }
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
