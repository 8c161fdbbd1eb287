// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The handle: passes each call on to the state.
#include <asio/error.hpp>
#include <dgram/node/socket.hpp>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"
#include "settings.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace {

AddressInfo info_of(const Endpoint& endpoint) {
  const asio::ip::address& address = endpoint.address();
  if (!address.is_v6()) return {address.to_string(), "IPv4", endpoint.port()};
  asio::ip::address_v6 v6 = address.to_v6();
  if (!v6.is_link_local()) v6.scope_id(0);  // Node does not tell the zone of a group
  return {v6.to_string(), "IPv6", endpoint.port()};
}

}  // namespace

Socket create_socket(asio::io_context& context, SocketOptions options, MessageListener listener) {
  if (options.type != "udp4" && options.type != "udp6") throw detail::bad_type();
  Socket socket(std::make_shared<detail::State>(context, std::move(options)));
  if (listener) socket.on(event::message, std::move(listener));
  socket.state_->start();
  return socket;
}

Socket create_socket(asio::io_context& context, std::string_view type, MessageListener listener) {
  SocketOptions options;
  options.type = type;
  return create_socket(context, std::move(options), std::move(listener));
}

// ---- events

event::Message::Emitter& Socket::emitter(event::Message) const {
  return state_->message;
}
event::Listening::Emitter& Socket::emitter(event::Listening) const {
  return state_->listening;
}
event::Connect::Emitter& Socket::emitter(event::Connect) const {
  return state_->connected;
}
event::Close::Emitter& Socket::emitter(event::Close) const {
  return state_->closed;
}
event::Error::Emitter& Socket::emitter(event::Error) const {
  return state_->error;
}
event::ErrorMonitor::Emitter& Socket::emitter(event::ErrorMonitor) const {
  return state_->error_monitor;
}

Socket Socket::remove_all_listeners() const {
  state_->remove_all_listeners();
  return *this;
}

detail::State& Socket::state() const {
  state_->heed();
  return *state_;
}

// ---- life

// A callback may drop the handle through which a call was made, so the call uses a copy.
Socket Socket::bind(int port, std::string_view address, Callback callback) const {
  const Socket self = *this;
  self.state().bind(port, address, false, std::move(callback));
  return self;
}
Socket Socket::bind(Callback callback) const {
  return bind(0, {}, std::move(callback));
}
Socket Socket::bind(int port, Callback callback) const {
  return bind(port, {}, std::move(callback));
}
Socket Socket::bind(const BindOptions& options, Callback callback) const {
  const Socket self = *this;
  if (options.fd > 0)
    self.state().bind_descriptor(options.fd, options.exclusive, std::move(callback));
  else
    self.state().bind(options.port, options.address, options.exclusive, std::move(callback));
  return self;
}
AddressInfo Socket::bind_sync(const BindSyncOptions& options) const {
  state().bind_sync(options.port, options.address);
  return address();
}

void Socket::connect(int port, std::string_view address, ConnectCallback callback) const {
  state().connect(port, address, std::move(callback));
}
void Socket::connect(int port, ConnectCallback callback) const {
  state().connect(port, {}, std::move(callback));
}
void Socket::connect_sync(int port, std::string_view address) const {
  state().connect_sync(port, address);
}
void Socket::disconnect() const {
  state().disconnect();
}
Socket Socket::close(Callback callback) const {
  state().close(std::move(callback));
  return *this;
}
asio::awaitable<void> Socket::async_dispose() const {
  state_->heed();
  return detail::State::dispose(state_);
}

// ---- send

void Socket::send(Payload message, SendCallback callback) const {
  state().send_to_peer(message, std::move(callback));
}
void Socket::send(Payload message, int port, SendCallback callback) const {
  state().send(message, port, {}, std::move(callback));
}
void Socket::send(Payload message,
                  int port,
                  std::string_view address,
                  SendCallback callback) const {
  state().send(message, port, address, std::move(callback));
}
void Socket::send(Payload message, const Endpoint& to, SendCallback callback) const {
  state().send(message, to, std::move(callback));
}
void Socket::send_part(Payload message,
                       std::size_t offset,
                       std::size_t length,
                       SendCallback callback) const {
  state().send_to_peer(Payload(detail::part_of(message, offset, length)), std::move(callback));
}
void Socket::send_part(Payload message,
                       std::size_t offset,
                       std::size_t length,
                       int port,
                       std::string_view address,
                       SendCallback callback) const {
  state().send(
      Payload(detail::part_of(message, offset, length)), port, address, std::move(callback));
}

// ---- information and options

const std::string& Socket::type() const noexcept {
  return state_->type();
}
bool Socket::is_open() const {
  return state().life().is_open();
}
bool Socket::is_bound() const {
  return is_open() && state().life().is_bound();
}
bool Socket::is_connected() const {
  return is_open() && state().life().is_connected();
}
NativeHandle Socket::native_handle() const {
  return state().native_handle();
}
AddressInfo Socket::address() const {
  std::error_code ec;
  const Endpoint local = state().running().local_endpoint(ec);
  if (ec) throw detail::system_error(ec, "getsockname");
  return info_of(local);
}
AddressInfo Socket::remote_address() const {
  std::error_code ec;
  const Endpoint remote = state().connected_one().remote_endpoint(ec);
  if (ec) throw detail::system_error(ec, "getpeername");
  return info_of(remote);
}

void Socket::set_broadcast(bool flag) const {
  std::error_code ec;
  state().running().set_broadcast(flag, ec);
  if (ec) throw detail::system_error(ec, "setBroadcast");
}
int Socket::set_ttl(int ttl) const {
  detail::set_ttl(state().running(), ttl);
  return ttl;
}
int Socket::set_multicast_ttl(int ttl) const {
  detail::set_multicast_ttl(state().running(), ttl);
  return ttl;
}
bool Socket::set_multicast_loopback(bool flag) const {
  std::error_code ec;
  state().running().set_multicast_loopback(flag, ec);
  if (ec) throw detail::system_error(ec, "setMulticastLoopback");
  return flag;
}
void Socket::set_multicast_interface(std::string_view interface_address) const {
  detail::set_multicast_interface(state().running(), state().is_v6(), interface_address);
}

void Socket::add_membership(std::string_view group, std::string_view interface_address) const {
  state().change_membership(true, "addMembership", std::nullopt, group, interface_address);
}
void Socket::drop_membership(std::string_view group, std::string_view interface_address) const {
  state().change_membership(false, "dropMembership", std::nullopt, group, interface_address);
}
void Socket::add_source_specific_membership(std::string_view source,
                                            std::string_view group,
                                            std::string_view interface_address) const {
  state().change_membership(true, "addSourceSpecificMembership", source, group, interface_address);
}
void Socket::drop_source_specific_membership(std::string_view source,
                                             std::string_view group,
                                             std::string_view interface_address) const {
  state().change_membership(
      false, "dropSourceSpecificMembership", source, group, interface_address);
}

int Socket::get_recv_buffer_size() const {
  return detail::get_buffer_size(state().running(), true);
}
int Socket::get_send_buffer_size() const {
  return detail::get_buffer_size(state().running(), false);
}
void Socket::set_recv_buffer_size(std::int64_t size) const {
  detail::check_buffer_size(size);
  detail::set_buffer_size(state().running(), true, size);
}
void Socket::set_send_buffer_size(std::int64_t size) const {
  detail::check_buffer_size(size);
  detail::set_buffer_size(state().running(), false, size);
}
std::size_t Socket::get_send_queue_size() const {
  return state().running().send_queue_size();
}
std::size_t Socket::get_send_queue_count() const {
  return state().running().send_queue_count();
}
Socket Socket::ref() const {
  state().set_referenced(true);
  return *this;
}
Socket Socket::unref() const {
  state().set_referenced(false);
  return *this;
}
Stats Socket::stats() const {
  return state().stats();
}

}  // namespace node
DGRAM_END_NAMESPACE
