// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// connect(): from the call through the bind and the lookup to the event `connect`.
#include <asio/error.hpp>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void State::connect(int port, std::string_view address, ConnectCallback callback) {
  const std::shared_ptr<State> self = shared_from_this();  // a callback may drop the handle
  check_destination_port(port);
  life_.begin_connect();
  const auto connecting = std::make_shared<Connecting>();
  connecting->address = remote_address_or_loopback(address, is_v6());
  connecting->port = port;
  connecting->callback = std::move(callback);
  try {
    if (life_.is_unbound()) bind_to_any();
  } catch (...) {
    life_.fail_connect();
    throw;
  }
  if (life_.is_bound()) return start_connect(connecting);
  if (life_.is_unbound())  // the bind has failed inside the call
    return tick([connecting] { cancel_connect(connecting); });
  defer(
      [this, connecting] {
        life_.require_open();  // an earlier call may have closed it
        start_connect(connecting);
      },
      [connecting] { cancel_connect(connecting); });
}

void State::start_connect(const ConnectingPointer& connecting) {
  connecting_ = connecting;
  // The callback is one of the listeners, as in Node. But the event may be that of an earlier
  // connect.
  if (connecting->callback)
    connecting->listener = connected.wait_on([this, connecting] {
      if (!connecting->done) return;
      connected.off(connecting->listener);
      std::exchange(connecting->callback, nullptr)(nullptr);
    });
  try {
    look_up(
        connecting->address,
        [self = shared_from_this(), connecting](const Error* failure, std::string_view resolved) {
          if (self->connecting_ == connecting) self->answer_connect(connecting, failure, resolved);
        });
  } catch (...) {
    // In Node, the socket stays in "connecting" for ever when a lookup throws. Here the connect
    // fails.
    if (connecting_ == connecting) {
      connecting_ = nullptr;
      connected.off(connecting->listener);
      life_.fail_connect();
    }
    throw;
  }
}

void State::answer_connect(const ConnectingPointer& connecting,
                           const Error* failure,
                           std::string_view resolved) {
  connecting_ = nullptr;
  if (failure) return fail_connect(connecting, *failure);
  if (const std::optional<Error> refused =
          connect_to(resolved, connecting->address, connecting->port))
    return fail_connect(connecting, *refused);
  connecting->done = true;
  tick([this] { connected.emit(); });
}

std::optional<Error> State::connect_to(std::string_view resolved,
                                       std::string_view address,
                                       int port) {
  std::error_code ec;
  const Endpoint peer = read_address(resolved, port, ec);
  if (!ec && is_blocked(peer.address())) return ip_blocked(resolved);
  if (ec || peer.address().is_v6() != is_v6())
    ec = asio::error::invalid_argument;  // as in libuv
  else if (share_ && (socket_->remote_endpoint(ec), !ec))
    ec = asio::error::already_connected;  // another worker has connected it
  else
    socket_->connect(peer, ec);
  if (ec) return address_error(ec, "connect", address, port);
  life_.end_connect();
  return std::nullopt;
}

void State::fail_connect(const ConnectingPointer& connecting, const Error& failure) {
  connected.off(connecting->listener);
  life_.fail_connect();
  tick([this, connecting, failure] {
    if (const ConnectCallback callback = std::exchange(connecting->callback, nullptr))
      callback(&failure);
    else
      emit_error(failure);
  });
}

void State::cancel_connect(const ConnectingPointer& connecting) {
  const ConnectCallback callback = std::exchange(connecting->callback, nullptr);
  if (!callback) return;
  const Error canceled = address_error(
      asio::error::operation_aborted, "connect", connecting->address, connecting->port);
  callback(&canceled);
}

void State::connect_sync(int port, std::string_view address) {
  life_.require_open();
  check_destination_port(port);
  life_.begin_connect();
  try {
    if (!address.empty()) check_literal(address, "address");
    if (life_.is_unbound())
      bind_sync(0, {});
    else if (life_.is_binding())
      throw already_bound();
    const std::string peer = remote_address_or_loopback(address, is_v6());
    if (const std::optional<Error> refused = connect_to(peer, peer, port)) throw *refused;
  } catch (...) {
    life_.fail_connect();
    throw;
  }
  tick([this] {
    if (life_.is_open()) connected.emit();
  });
}

void State::disconnect() {
  life_.require_connected();
  cancel_sends_to_peer();
  std::error_code ec;
  socket_->disconnect(ec);
  if (ec) throw system_error(ec, "connect");
  life_.disconnect();
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
