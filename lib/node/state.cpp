#include "state.hpp"

#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <dgram/endpoint.hpp>

#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

dgram::SocketOptions core_options(const SocketOptions& options) {
  dgram::SocketOptions result;
  result.family = options.type == "udp6" ? Family::ipv6 : Family::ipv4;
  result.reuse_address = options.reuse_addr && !options.reuse_port;
  result.reuse_port = options.reuse_port;
  result.ipv6_only = options.ipv6_only && result.family == Family::ipv6;
  return result;
}

}  // namespace

State::State(asio::io_context& context, SocketOptions options)
    : context_(context),
      ticks_(TickQueue::of(context)),
      options_(std::move(options)),
      socket_(std::in_place, context, core_options(options_)) {}

void State::start() {
  // A listener that holds its own socket would keep it for ever when the context goes away first.
  ticks_.at_shutdown(this, [weak = weak_from_this()] {
    if (const std::shared_ptr<State> state = weak.lock()) state->forget_listeners();
  });
  if (!options_.signal.stop_possible()) return;
  if (options_.signal.stop_requested()) return close({});
  stop_.emplace(options_.signal, [weak = weak_from_this(), &context = context_] {
    // Held from here on: a socket that nobody else holds still has to say that it is closed.
    std::shared_ptr<State> state = weak.lock();
    if (!state) return;
    if (context.get_executor().running_in_this_thread()) {
      if (state->socket_) state->close({});
      return;
    }
    asio::post(context, [state = std::move(state)] {
      if (state->socket_) state->ticks_.turn([&] { state->close({}); });
    });
  });
}

dgram::Socket& State::running() {
  if (!socket_) throw not_running();
  return *socket_;
}

void State::tick(std::function<void()> f) {
  ticks_.push(std::move(f));
}

// A monitor of errors: whatever waited for `listening` waits in vain.
void State::emit_error(const Error& failure) {
  drop_queue();
  if (!error.emit(failure)) throw failure;
}

void State::close(Callback callback) {
  if (callback) closed.on(std::move(callback));
  if (queue_) {
    queue_->push_back({[this] { close({}); }, [] {}});  // dropped with the rest, as in Node
    return;
  }
  if (!socket_) throw not_running();
  flush_batch();
  socket_.reset();
  tick([self = shared_from_this()] {
    self->stop_.reset();  // not in close(), which it may be calling
    self->closed.emit();
    self->forget_listeners();
  });
}

void State::forget_listeners() noexcept {
  message.clear();
  listening.clear();
  connected.clear();
  closed.clear();
  error.clear();
  queue_.reset();
  ticks_.forget(this);
}

void State::set_referenced(bool referenced) {
  referenced_ = referenced;
  if (!socket_) return;
  if (referenced)
    socket_->ref();
  else
    socket_->unref();
}

// Literal addresses of either family answer in a tick, as they are; names take turns of the
// context.
void State::look_up(const Text& host, LookupCallback done) {
  if (options_.lookup) return options_.lookup(host, is_v6() ? 6 : 4, std::move(done));
  std::error_code unparsable;
  make_endpoint(host, 0, unparsable);
  if (!unparsable) return tick([host, done = std::move(done)] { done(nullptr, host); });
  auto resolver = std::make_shared<asio::ip::udp::resolver>(context_);
  resolver->async_resolve(
      is_v6() ? asio::ip::udp::v6() : asio::ip::udp::v4(),
      host,
      std::string_view(),
      [resolver, host, done = std::move(done), &ticks = ticks_](
          std::error_code ec, const asio::ip::udp::resolver::results_type& results) {
        ticks.turn([&] {
          if (!ec && results.empty()) ec = asio::error::host_not_found;
          if (!ec) return done(nullptr, results.begin()->endpoint().address().to_string());
          const Error failure = lookup_error(ec, host);
          done(&failure, {});
        });
      });
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
