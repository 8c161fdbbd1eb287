// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "waitable_socket.hpp"

#include <poll.h>

#include <asio/error.hpp>
#include <new>
#include <utility>
#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/reactor_op.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/context.hpp>
#include <asio/query.hpp>

#include "../values/io_context_executor.hpp"
#include "asio_internals.hpp"
#else
#include <asio/bind_cancellation_slot.hpp>
#include <chrono>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(DGRAM_HAS_REACTOR_WAIT)

namespace {

using asio::detail::reactor;

int type_of(Event event) noexcept {
  return event == Event::read    ? reactor::read_op
         : event == Event::write ? reactor::write_op
                                 : reactor::except_op;
}

/// Runs the handler of a wait that has ended on the handler's executor.
struct Ended {
  using executor_type = WaitHandler::executor_type;
  using allocator_type = WaitHandler::allocator_type;
  Ended(WaitHandler&& h, std::error_code e) noexcept : handler(std::move(h)), ec(e) {}
  void operator()() { handler(ec); }
  const executor_type& get_executor() const noexcept { return handler.get_executor(); }
  allocator_type get_allocator() const noexcept { return handler.get_allocator(); }
  WaitHandler handler;
  std::error_code ec;
};

}  // namespace

class WaitableSocket::Operation : public asio::detail::reactor_op {
  using Allocator = WaiterAllocator<Operation>;

 public:
  static Operation* make(Event event,
                         WaitHandler&& handler,
                         WaitableSocket& socket,
                         bool may_run_here) {
    Allocator allocator(handler.get_allocator());
    return new (allocator.allocate(1)) Operation(event, std::move(handler), socket, may_run_here);
  }

 private:
  Operation(Event event, WaitHandler&& handler, WaitableSocket& socket, bool may_run_here) noexcept
      : reactor_op(std::error_code(), look_of(event), &end),
        handler_(std::move(handler)),
        descriptor_(socket.native_handle()),
        may_run_here_(may_run_here) {
    cancellation_key_ = &socket;
  }
  ~Operation() = default;

  static perform_func_type look_of(Event event) noexcept {
    return event == Event::read ? &is_readable : event == Event::write ? &is_writable : &is_ready;
  }

  static status is_ready(reactor_op*) { return done; }

  // epoll reports a socket with an unread error queue as ready for every event, for ever, so a
  // waiting send would spin. The queue may stay unread, when nothing in this process asked for
  // reports. So POLLERR alone does not count as writable.
  static status is_writable(reactor_op* base) {
    const Operation* const self = static_cast<Operation*>(base);
    pollfd asked = {self->descriptor_, POLLOUT, 0};
    const bool blocked = ::poll(&asked, 1, 0) > 0 && (asked.revents & ~POLLERR) == 0;
    return blocked ? not_done : done;
  }

  // Asio calls this when an edge comes. It also calls it when a wait starts, if an edge came while
  // there was no wait; the data of that edge may have been received since, so poll() checks.
  // `done_and_exhausted` keeps Asio from reporting the same edge to the next wait.
  static status is_readable(reactor_op* base) {
    const Operation* const self = static_cast<Operation*>(base);
    const auto* const socket = static_cast<const WaitableSocket*>(self->cancellation_key_);
    if (socket->is_starting_.load(std::memory_order_relaxed)) {
      pollfd readable = {self->descriptor_, POLLIN, 0};
      if (::poll(&readable, 1, 0) == 0) return not_done;
    }
    return done_and_exhausted;
  }

  // `owner` is the scheduler that runs the operation; nullptr when the scheduler is being
  // destroyed.
  static void end(void* owner,
                  asio::detail::operation* base,
                  const asio::error_code&,
                  std::size_t) {
    Operation* const self = static_cast<Operation*>(base);
    WaitHandler handler(std::move(self->handler_));
    const std::error_code ec = self->ec_;
    const bool may_run_here = self->may_run_here_;
    Allocator allocator(handler.get_allocator());
    self->~Operation();
    allocator.deallocate(self, 1);
    if (!owner) return;
    if (may_run_here) return handler(ec);
    asio::dispatch(Ended(std::move(handler), ec));
  }

  WaitHandler handler_;
  const int descriptor_;
  const bool may_run_here_;
};

WaitableSocket::WaitableSocket(const asio::any_io_executor& executor)
    : asio::ip::udp::socket(executor),
      reactor_(asio::use_service<reactor>(asio::query(executor, asio::execution::context))),
      is_on_io_context_(io_context_executor(executor) != nullptr) {}

void WaitableSocket::wait(Event event, WaitHandler handler, bool is_emptied) {
  auto& socket = impl_.get_implementation();
  // The reactor runs the operation on the socket's io_context, so a handler with that executor can
  // be called without dispatch.
  const bool may_run_here = is_on_io_context_ && handler.get_executor() == impl_.get_executor();
  Operation* const operation = Operation::make(event, std::move(handler), *this, may_run_here);
  if (!is_open()) {  // a closed socket is not registered with the reactor
    operation->ec_ = asio::error::bad_descriptor;
    return reactor_.post_immediate_completion(operation, false);
  }
  const bool may_skip_epoll = event == Event::read && is_emptied;
  is_starting_.store(may_skip_epoll, std::memory_order_relaxed);
  reactor_.start_op(
      type_of(event), socket.socket_, socket.reactor_data_, operation, false, may_skip_epoll);
  is_starting_.store(false, std::memory_order_relaxed);
}

void WaitableSocket::cancel_wait(Event event) noexcept {
  if (!is_open()) return;
  auto& socket = impl_.get_implementation();
  reactor_.cancel_ops_by_key(socket.socket_, socket.reactor_data_, type_of(event), this);
}

#else

namespace {

constexpr std::size_t index_of(Event event) noexcept {
  return event == Event::read ? 0 : event == Event::write ? 1 : 2;
}

/// Not ready for the event, and a wait would end at once all the same: poll(2) and epoll report
/// POLLERR whether it was asked for or not.
bool has_only_an_error(int descriptor, Event event) noexcept {
  pollfd asked = {descriptor, short(event == Event::read ? POLLIN : POLLOUT), 0};
  return ::poll(&asked, 1, 0) > 0 && asked.revents == POLLERR;
}

}  // namespace

WaitableSocket::WaitableSocket(const asio::any_io_executor& executor)
    : asio::ip::udp::socket(executor) {}

void WaitableSocket::wait(Event event, WaitHandler handler, bool is_emptied) {
  using asio::socket_base;
  auto stoppable =
      asio::bind_cancellation_slot(signals_[index_of(event)].slot(), std::move(handler));
  // An error queue that nothing in this process asked for may stay unread. Whoever reads it has
  // been here before when the socket is found emptied.
  if ((event == Event::write || is_emptied) && has_only_an_error(native_handle(), event)) {
    std::unique_ptr<asio::steady_timer>& retry = retries_[index_of(event)];
    if (!retry) retry = std::make_unique<asio::steady_timer>(get_executor());
    retry->expires_after(std::chrono::milliseconds(1));
    return retry->async_wait(std::move(stoppable));
  }
  const socket_base::wait_type type = event == Event::read    ? socket_base::wait_read
                                      : event == Event::write ? socket_base::wait_write
                                                              : socket_base::wait_error;
  async_wait(type, std::move(stoppable));
}

void WaitableSocket::cancel_wait(Event event) noexcept {
  signals_[index_of(event)].emit(asio::cancellation_type::terminal);
}

void WaitableSocket::close(std::error_code& ec) {
  for (const std::unique_ptr<asio::steady_timer>& retry : retries_)
    if (retry) retry->cancel();
  asio::ip::udp::socket::close(ec);
}

#endif

}  // namespace detail
DGRAM_END_NAMESPACE
