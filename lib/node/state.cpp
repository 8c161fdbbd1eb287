// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "state.hpp"

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

dgram::SocketOptions State::core_options() const {
  dgram::SocketOptions result;
  result.family = is_v6() ? Family::ipv6 : Family::ipv4;
  result.reuse_address = options_.reuse_addr && !options_.reuse_port;
  result.reuse_port = options_.reuse_port;
  result.ipv6_only = options_.ipv6_only && is_v6();
  result.send_queue_count = WaitingSends::max_count;
  result.send_queue_bytes = WaitingSends::max_bytes;
  return result;
}

State::State(asio::io_context& context, SocketOptions options)
    : context_(context),
      ticks_(&TickQueue::of(context)),
      options_(std::move(options)),
      socket_(std::in_place, context, core_options()) {}

State::~State() {
  if (ticks_) ticks_->forget(this);
}

void State::heed() {
  if (ticks_) ticks_->heed();
}

void State::start() {
  heed();
  ticks_->at_shutdown(this, [weak = weak_from_this()] {
    if (const std::shared_ptr<State> state = weak.lock()) state->shut_down();
  });
  if (!options_.signal.stop_possible()) return;
  if (options_.signal.stop_requested()) return close({});
  kept_for_signal_ = shared_from_this();
  stop_.emplace(options_.signal, [weak = weak_from_this(), &context = context_] {
    // The state is held from here on: a socket without any handle still has to emit `close`.
    const std::shared_ptr<State> state = weak.lock();
    if (!state) return;
    const bool is_on_own_thread = context.get_executor().running_in_this_thread();
    try {
      if (is_on_own_thread && state->life_.is_open()) state->close_surely();
      if (is_on_own_thread) return;
    } catch (...) {
      // No exception may leave request_stop(). The close is tried again in a turn, and may throw
      // there.
    }
    try {
      return TickQueue::of(context).interrupt([state] {
        if (state->life_.is_open()) state->close_surely();
      });
    } catch (...) {
      // No memory for the interrupt: the close comes in a turn.
    }
    dgram::detail::post_in(state->stop_memory_, context, [state] {
      if (state->life_.is_open()) state->ticks_->turn([&] { state->close_surely(); });
    });
  });
}

// Called when the context shuts down. Handles may remain, so listeners are dropped: one that holds
// its own socket would keep it alive for ever.
void State::shut_down() noexcept {
  const std::shared_ptr<State> self = shared_from_this();
  ticks_ = nullptr;
  stop_.reset();
  kept_for_signal_ = nullptr;
  batch_.clear();
  sendings_.clear();
  waiting_for_peer_.clear();
  if (life_.is_open()) {
    life_.close();
    close_socket();
  }
  forget_listeners();
}

dgram::Socket& State::running() {
  life_.require_open();
  return *socket_;
}

dgram::Socket& State::connected_one() {
  dgram::Socket& socket = running();
  life_.require_connected();
  return socket;
}

Stats State::stats() const {
  Stats result = stats_;
  if (socket_) static_cast<dgram::Stats&>(result) = socket_->stats();
  return result;
}

NativeHandle State::native_handle() const noexcept {
  return socket_ ? socket_->native_handle() : invalid_handle;
}

void State::remove_all_listeners() {
  message.clear();
  listening.clear();
  connected.clear();
  closed.clear();
  error.clear();
  error_monitor.clear();
}

void State::set_referenced(bool referenced) {
  referenced_ = referenced;
  if (!socket_) return;
  if (referenced)
    socket_->ref();
  else
    socket_->unref();
}

// ---- close

void State::close(Callback callback) {
  if (callback) closed.wait_on(std::move(callback));
  // If the bind fails, this call is dropped with the other deferred ones, as in Node.
  if (!deferred_.empty()) return defer([this] { close({}); }, [] {});
  life_.require_open();
  // Everything that needs memory comes first, so that the socket is never half closed.
  if (connecting_) tick([connecting = connecting_] { cancel_connect(connecting); });
  tick([this] { end(); });
  connecting_ = nullptr;
  life_.close();
  close_socket();
}

void State::end() {
  const std::shared_ptr<State> until_the_end = std::move(kept_for_signal_);
  stop_.reset();  // not in close(), which the stop callback may be calling
  struct EndAnyway {
    State& state;
    ~EndAnyway() {
      state.ended_.emit();
      try {
        state.cancel_deferred();  // the calls behind one that threw
      } catch (const std::bad_alloc&) {
        // As in Node, these calls are forgotten.
      }
      state.forget_listeners();
    }
  } const end_anyway{*this};
  closed.emit();
}

void State::close_socket() noexcept {
  socket_->close();
  static_cast<dgram::Stats&>(stats_) = socket_->stats();  // with what the close has dropped
  socket_.reset();
  share_.reset();
}

asio::awaitable<void> State::dispose(std::shared_ptr<State> state) {
  if (!state->life_.is_open()) co_return;
  const auto closing =
      std::make_shared<asio::steady_timer>(state->context_, asio::steady_timer::time_point::max());
  const ListenerId id = state->ended_.on([closing] { closing->cancel(); });
  state->close_surely();
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  co_await closing->async_wait(token);
  // The listener is still there: the wait was canceled.
  if (state->ended_.off(id)) throw std::system_error(ec);
}

void State::close_surely() {
  const auto close_if_open = [this] {
    if (life_.is_open()) close({});
  };
  if (deferred_.empty())
    close({});
  else
    defer(close_if_open, close_if_open);
}

void State::forget_listeners() noexcept {
  message.end();
  listening.end();
  connected.end();
  closed.end();
  error.end();
  error_monitor.end();
  ended_.end();
  deferred_ = {};
}

// ---- errors

void State::emit_error(const Error& failure) {
  // Like an error monitor in Node: the calls that wait for `listening` wait in vain.
  cancel_deferred();
  error_monitor.emit(failure);
  if (!error.emit(failure)) throw failure;
}

bool State::is_blocked(const asio::ip::address& address) const {
  return options_.send_block_list && options_.send_block_list->check(address);
}

// ---- calls that need a bound socket

// Deferred calls hold no reference to the state, which holds them. The lookup of the bind holds the
// state.
void State::defer(std::function<void()> make, std::function<void()> cancel) {
  if (deferred_.empty()) flush_id_ = listening.wait([this] { make_deferred(); });
  deferred_.add({std::move(make), std::move(cancel)});
}

void State::make_deferred() {
  const MakesDeferred rest(*this);
  deferred_.make([this](std::function<void()> f) { tick(std::move(f)); });
}

State::MakesDeferred::~MakesDeferred() {
  if (state_.ticks_) state_.ticks_->give_place_back();
  if (!state_.deferred_.empty()) state_.tick([&state = state_] { state.make_deferred(); });
}

void State::cancel_deferred() {
  if (deferred_.empty()) return;
  listening.off(flush_id_);
  deferred_.cancel([this](std::function<void()> f) { tick(std::move(f)); });
}

// ---- lookups

bool State::needs_lookup(std::string_view host) const {
  return options_.lookup || !literal_endpoint(host, 0);
}

// A literal address of either family is answered in a tick, as it is; a name is answered in a turn
// of the context.
void State::look_up(const std::string& host, LookupCallback done) {
  if (options_.lookup) {
    const auto once = std::make_shared<LookupCallback>(std::move(done));
    return options_.lookup(
        host, is_v6() ? 6 : 4, [once](const Error* failure, std::string_view address) {
          if (const LookupCallback f = std::exchange(*once, nullptr)) f(failure, address);
        });
  }
  if (!needs_lookup(host)) return tick([host, done = std::move(done)] { done(nullptr, host); });
  socket_->async_resolve(host,
                         [self = shared_from_this(), host, done = std::move(done)](
                             std::error_code ec, const asio::ip::address& address) {
                           // dgram could reach an IPv4-mapped address, but Node does not ask for
                           // these.
                           if (!ec && address.is_v6() && address.to_v6().is_v4_mapped())
                             ec = asio::error::host_not_found;
                           self->ticks_->turn([&] {
                             // The socket was closed meanwhile, which the caller checks.
                             if (!self->life_.is_open()) return done(nullptr, {});
                             if (!ec) return done(nullptr, address.to_string());
                             const Error failure = lookup_error(ec, host);
                             done(&failure, {});
                           });
                         });
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
