// connect: from the call over the bind and the lookup to `connect`.
#include <asio/error.hpp>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void State::connect(int port, std::string_view address, ConnectCallback callback) {
  check_destination_port(port);
  life_.begin_connect();
  const std::string host = remote_address_or_loopback(address, is_v6());
  try {
    if (life_.is_unbound()) bind_to_any();
  } catch (...) {
    life_.fail_connect();
    throw;
  }
  if (life_.is_bound()) return start_connect(port, host, std::move(callback));
  const auto cancel = [port, host, callback] {
    if (!callback) return;
    const Error canceled = address_error(asio::error::operation_aborted, "connect", host, port);
    callback(&canceled);
  };
  if (life_.is_unbound()) return tick(cancel);  // the bind has failed inside the call
  defer([this, port, host, callback] { start_connect(port, host, callback); }, cancel);
}

void State::start_connect(int port, const std::string& address, ConnectCallback callback) {
  const ListenerId id = callback ? connected.once([callback] { callback(nullptr); }) : 0;
  const auto fail = [this, id, callback](const Error& failure) {
    connected.off(id);
    fail_connect(failure, callback);
  };
  const auto done = [this, self = shared_from_this(), port, address, fail](
                        const Error* failure, std::string_view resolved) {
    if (!life_.is_open()) return;
    if (failure) return fail(*failure);
    if (const std::optional<Error> refused = connect_to(resolved, address, port))
      return fail(*refused);
    tick([this] { connected.emit(); });
  };
  try {
    look_up(address, done);
  } catch (...) {
    // Node stays in "connecting" for ever when a lookup throws.
    if (!life_.is_connected()) {
      connected.off(id);
      life_.fail_connect();
    }
    throw;
  }
}

std::optional<Error> State::connect_to(std::string_view resolved,
                                       std::string_view address,
                                       int port) {
  std::error_code ec;
  const Endpoint peer = make_endpoint(resolved, port, ec);
  if (!ec && is_blocked(peer.address())) return ip_blocked(resolved);
  flush_batch();  // what was answered before goes out before
  if (ec || peer.address().is_v6() != is_v6())
    ec = asio::error::invalid_argument;  // as libuv
  else
    socket_->connect(peer, ec);
  if (ec) return address_error(ec, "connect", address, port);
  life_.end_connect();
  return std::nullopt;
}

void State::fail_connect(const Error& failure, const ConnectCallback& callback) {
  life_.fail_connect();
  tick([this, failure, callback] {
    if (callback)
      callback(&failure);
    else
      emit_error(failure);
  });
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
  std::error_code ec;
  socket_->disconnect(ec);
  if (ec) throw system_error(ec, "connect");
  life_.disconnect();
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
