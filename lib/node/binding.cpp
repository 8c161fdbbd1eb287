// bind and connect: from the call over the lookup to the event.
#include <asio/error.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "errors.hpp"
#include "options.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

/// The endpoint that the system is given. What it could not parse it calls EINVAL, as libuv does.
std::error_code parse(std::string_view address, int port, bool v6, Endpoint& endpoint) {
  std::error_code ec;
  endpoint = make_endpoint(address, port & 0xffff, ec);
  if (ec || endpoint.address().is_v6() != v6) return asio::error::invalid_argument;
  return {};
}

std::string_view type_of_descriptor(const std::error_code& ec) {
  if (ec == Errc::fd_is_file) return "FILE";
  if (ec == Errc::fd_is_tcp) return "TCP";
  if (ec == Errc::fd_is_pipe) return "PIPE";
  if (ec == Errc::fd_is_tty) return "TTY";
  return "UNKNOWN";
}

bool is_descriptor_type(const std::error_code& ec) {
  return ec.category() == error_category() || ec == asio::error::bad_descriptor;
}

}  // namespace

void State::add_bind_callback(Callback callback) {
  bind_callback_ = callback ? listening.once(std::move(callback)) : 0;
}

void State::bind(int port, std::string_view address, Callback callback) {
  if (!socket_) throw not_running();
  if (bind_state_ != BindState::unbound) throw already_bound();
  bind_state_ = BindState::binding;
  add_bind_callback(std::move(callback));
  start_bind(port, Text(address.empty() ? (is_v6() ? "::" : "0.0.0.0") : address));
}

void State::start_bind(int port, const Text& address) {
  try {
    look_up(address,
            [self = shared_from_this(), port](const Error* failure, std::string_view resolved) {
              if (!self->socket_ || self->bind_state_ != BindState::binding) return;
              if (failure) return self->fail_bind(*failure);
              self->finish_bind(port, Text(resolved));
            });
  } catch (...) {
    // Node stays in "binding" for ever when a lookup throws.
    if (bind_state_ == BindState::binding) bind_state_ = BindState::unbound;
    listening.off(bind_callback_);
    throw;
  }
}

void State::finish_bind(int port, const Text& address) {
  Endpoint local;
  std::error_code ec = parse(address, port, is_v6(), local);
  // Here, not when the socket was made: that is where Node finds it.
  if (!ec && options_.ipv6_only && !is_v6()) ec = asio::error::invalid_argument;
  std::error_code ignored;
  socket_->open(ignored);  // a bind that fails leaves an open socket behind
  if (!ec) socket_->bind(local, ec);
  if (ec == Errc::already_bound) ec.clear();  // by a membership, which needs a port at once
  if (ec) return fail_bind(address_error(ec, "bind", address, port));
  start_listening();
}

void State::fail_bind(const Error& failure) {
  bind_state_ = BindState::unbound;
  listening.off(bind_callback_);
  // The connect behind an implicit bind is dropped with the queue, and may be tried again.
  if (connect_state_ == ConnectState::connecting) connect_state_ = ConnectState::disconnected;
  emit_error(failure);
}

void State::bind_descriptor(int descriptor, Callback callback) {
  if (!socket_) throw not_running();
  if (bind_state_ != BindState::unbound) throw already_bound();
  add_bind_callback(std::move(callback));
  std::error_code ec;
  socket_->adopt(descriptor, ec);
  if (ec) listening.off(bind_callback_);
  if (ec && is_descriptor_type(ec)) throw bad_descriptor_type(type_of_descriptor(ec));
  if (ec) throw system_error(ec, "open");
  start_listening();
}

void State::start_listening() {
  std::error_code ignored;
  socket_->set_multicast_all(true, ignored);  // libuv leaves it as it is
  if (!referenced_) socket_->unref();
  bind_state_ = BindState::bound;
  arm_receive();
  set_buffer_size(*socket_, true, options_.recv_buffer_size);
  set_buffer_size(*socket_, false, options_.send_buffer_size);
  // A listener that throws keeps those behind it from being called, but not the calls that wait.
  struct FlushAnyway {
    State& state;
    ~FlushAnyway() {
      if (state.queue_) state.tick([self = state.shared_from_this()] { self->flush_queue(); });
    }
  } const flush_anyway{*this};
  listening.emit();
}

// What the documentation promises: an unbound socket is bound, to any address and port.
void State::change_membership(bool joins,
                              std::string_view syscall,
                              std::string_view source,
                              std::string_view group,
                              std::string_view interface_address) {
  if (!socket_) throw not_running();
  if (group.empty()) throw missing_group();
  const bool implicit = joins && bind_state_ == BindState::unbound;
  node::detail::change_membership(*socket_, joins, syscall, source, group, interface_address);
  if (implicit) bind(0, {}, {});
}

// ---- the queue of calls that need a bound socket

// They hold no reference to the state, which holds them: the lookup of the bind does.
void State::enqueue(std::function<void()> run, std::function<void()> cancel) {
  if (!queue_) {
    queue_.emplace();
    flush_id_ = listening.once([this] { flush_queue(); });
  }
  queue_->push_back({std::move(run), std::move(cancel)});
}

void State::flush_queue() {
  if (!queue_) return;
  const std::vector<Deferred> queued = std::move(*std::exchange(queue_, std::nullopt));
  std::size_t made = 0;
  try {
    while (made < queued.size()) queued[made++].run();
  } catch (...) {  // behind a close: not running
    for (; made < queued.size(); ++made)
      tick([self = shared_from_this(), cancel = queued[made].cancel] { cancel(); });
    throw;
  }
}

// Node forgets them: a callback that is never called, a close that never happens.
void State::drop_queue() {
  if (!queue_) return;
  listening.off(flush_id_);
  const std::vector<Deferred> dropped = std::move(*std::exchange(queue_, std::nullopt));
  for (const Deferred& each : dropped)
    tick([self = shared_from_this(), cancel = each.cancel] { cancel(); });
}

// ---- connect

void State::connect(int port, std::string_view address, ConnectCallback callback) {
  if (port < 1 || port > 65535) throw bad_port("type number (" + std::to_string(port) + ')');
  if (connect_state_ != ConnectState::disconnected) throw already_connected();
  if (!socket_) throw not_running();
  const Text host(address.empty() ? (is_v6() ? "::1" : "127.0.0.1") : address);
  connect_state_ = ConnectState::connecting;
  if (bind_state_ == BindState::unbound) bind(0, {}, {});
  if (bind_state_ == BindState::bound) return start_connect(port, host, std::move(callback));
  const auto cancel = [port, host, callback] {
    if (!callback) return;
    const Error dropped = address_error(asio::error::operation_aborted, "connect", host, port);
    callback(&dropped);
  };
  if (bind_state_ == BindState::unbound) return tick(cancel);  // it has failed inside the call
  enqueue([this, port, host, callback] { start_connect(port, host, callback); }, cancel);
}

void State::start_connect(int port, const Text& address, ConnectCallback callback) {
  ListenerId id = 0;
  if (callback) id = connected.once([callback] { callback(nullptr); });
  const auto fail = [id, callback](State& state, const Error& failure) {
    state.connected.off(id);
    state.fail_connect(failure, callback);
  };
  const auto done = [self = shared_from_this(), port, address, fail](const Error* failure,
                                                                     std::string_view resolved) {
    if (!self->socket_) return;
    if (failure) return fail(*self, *failure);
    Endpoint peer;
    std::error_code ec = parse(resolved, port, self->is_v6(), peer);
    self->flush_batch();  // what was answered before goes out before
    if (!ec) self->socket_->connect(peer, ec);
    if (ec) return fail(*self, address_error(ec, "connect", address, port));
    self->connect_state_ = ConnectState::connected;
    self->tick([self] { self->connected.emit(); });
  };
  try {
    look_up(address, done);
  } catch (...) {
    connect_state_ = ConnectState::disconnected;
    throw;
  }
}

void State::fail_connect(const Error& failure, const ConnectCallback& callback) {
  connect_state_ = ConnectState::disconnected;
  tick([self = shared_from_this(), failure, callback] {
    if (callback)
      callback(&failure);
    else
      self->emit_error(failure);
  });
}

void State::disconnect() {
  if (connect_state_ != ConnectState::connected) throw not_connected();
  if (!socket_) throw not_running();
  std::error_code ec;
  socket_->disconnect(ec);
  if (ec) throw system_error(ec, "connect");
  connect_state_ = ConnectState::disconnected;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
