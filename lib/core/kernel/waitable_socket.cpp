// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "waitable_socket.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <asio/error.hpp>
#include <exception>
#include <memory>
#include <new>
#include <utility>
#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/scheduler.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include "../values/executor.hpp"
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

}  // namespace

/// How often the process of a context has forked into this one: Asio then registers its descriptors
/// anew, and by edges.
class WaitableSocket::Forks final : public asio::execution_context::service {
 public:
  using key_type = Forks;
  static inline asio::execution_context::id id;

  explicit Forks(asio::execution_context& context) : service(context) {}
  unsigned count() const noexcept { return count_; }

 private:
  void shutdown() override {}
  void notify_fork(asio::execution_context::fork_event event) override {
    if (event == asio::execution_context::fork_child) ++count_;
  }

  unsigned count_ = 0;
};

/// Calls a Waiter on the executor of its socket, where that is not the one that the reactor runs
/// on.
class WaitableSocket::Ended {
 public:
  using executor_type = asio::any_io_executor;
  using allocator_type = WaitHandler::allocator_type;

  /// False: the executor has not taken it, and nothing has happened. It had no memory, or has
  /// thrown something else, which is in `thrown`.
  static bool hand_over(Waiter& waiter, std::error_code ec, std::exception_ptr& thrown) {
    const Posting posting(&waiter);
    try {
      asio::dispatch(Ended(waiter, ec));
      // Dropped without a word: its context goes away.
      if (posting.has_failed()) WaitHandler::attach(waiter);
      return true;
    } catch (const std::bad_alloc&) {
      if (posting.has_failed()) return false;
      if (!posting.is_kept()) throw;  // what a user's handler threw
    } catch (...) {
      if (posting.has_failed()) {
        thrown = std::current_exception();
        return false;
      }
      if (!posting.is_kept()) throw;
    }
    return true;
  }

  Ended(Ended&& other) noexcept
      : waiter_(other.waiter_), ec_(other.ec_), is_owner_(std::exchange(other.is_owner_, false)) {}
  Ended& operator=(Ended&&) = delete;
  ~Ended() {
    if (is_owner_ && !Posting::destroyed(&waiter_)) WaitHandler::attach(waiter_);
  }
  void operator()() {
    is_owner_ = false;
    Posting::arrived(&waiter_);
    WaitHandler::attach(waiter_)(ec_);
  }
  const executor_type& get_executor() const noexcept { return *waiter_.executor; }
  allocator_type get_allocator() const noexcept { return {}; }

 private:
  Ended(Waiter& waiter, std::error_code ec) noexcept : waiter_(waiter), ec_(ec) {}

  Waiter& waiter_;  // also when moved from: Asio asks the shell of a handler for its executor
  std::error_code ec_;
  bool is_owner_ = true;
};

WaitableSocket::Operation::Operation(WaitableSocket& socket, Event event) noexcept
    : reactor_op(std::error_code(),
                 event == Event::read    ? &is_readable
                 : event == Event::write ? &is_writable
                                         : &is_ready,
                 &end),
      socket_(&socket),
      event_(event) {
  cancellation_key_ = &socket;
}

void WaitableSocket::Operation::begin(Waiter& waiter) noexcept {
  waiter_ = &waiter;
  ec_ = std::error_code();
}

void WaitableSocket::Operation::drop() noexcept {
  socket_ = nullptr;
  if (!waiter_) delete this;
}

asio::detail::reactor_op::status WaitableSocket::Operation::is_ready(reactor_op*) {
  return done;
}

// epoll reports a socket with an unread error queue as ready for every event, for ever, so a
// waiting send would spin. The queue may stay unread, when nothing in this process asked for
// reports. So POLLERR alone does not count as writable.
asio::detail::reactor_op::status WaitableSocket::Operation::is_writable(reactor_op* base) {
  WaitableSocket& socket = *static_cast<Operation*>(base)->socket_;
  pollfd asked = {socket.native_handle(), POLLOUT, 0};
  const bool blocked = ::poll(&asked, 1, 0) > 0 && (asked.revents & ~POLLERR) == 0;
  return blocked ? not_done : done;
}

// Asio calls this when epoll reports the socket. It also calls it when a wait starts, if there was
// a report while there was no wait; what was reported may have been received since, so poll()
// checks. `done_and_exhausted` keeps Asio from passing the same report to the next wait.
asio::detail::reactor_op::status WaitableSocket::Operation::is_readable(reactor_op* base) {
  WaitableSocket& socket = *static_cast<Operation*>(base)->socket_;
  if (socket.is_starting_.load(std::memory_order_relaxed)) {
    pollfd readable = {socket.native_handle(), POLLIN, 0};
    if (::poll(&readable, 1, 0) == 0) return not_done;
  }
  return done_and_exhausted;
}

// `owner` is the scheduler that runs the operation; nullptr when the scheduler is being destroyed.
// The Waiter may begin the next wait. When it is released, it may free the socket with this
// operation.
void WaitableSocket::Operation::end(void* owner,
                                    asio::detail::operation* base,
                                    const asio::error_code&,
                                    std::size_t) {
  Operation& self = *static_cast<Operation*>(base);
  Waiter& waiter = *std::exchange(self.waiter_, nullptr);
  const std::error_code ec = self.ec_;
  const Event event = self.event_;
  WaitableSocket* const socket = self.socket_;
  std::unique_ptr<Operation> last(socket ? nullptr : &self);
  if (!owner) {
    WaitHandler::attach(waiter);  // and destroyed uncalled
    return;
  }
  // The reactor runs the operation on the socket's io_context, so where that is the
  // executor of the socket, the Waiter can be called without dispatch.
  if (!socket || !socket->is_on_io_context_) {
    std::exception_ptr thrown;
    if (Ended::hand_over(waiter, ec, thrown)) return;
    // The wait ends once more, which needs no memory, until the executor takes it. What it has
    // thrown leaves run().
    last.release();
    self.waiter_ = &waiter;
    static_cast<asio::detail::scheduler*>(owner)->post_immediate_completion(&self, false);
    if (thrown) std::rethrow_exception(thrown);
    return;
  }
  // Where several threads run the context, the next wait may end on another one before this
  // returns: nothing of the socket may be touched behind the Waiter.
  WaitHandler handler = WaitHandler::attach(waiter);
  if (event != Event::read || !waiter.is_at_home || !socket->trigger_.may_be_level())
    return handler(ec);
  socket->call_reader(std::move(handler).detach(), ec);
}

void WaitableSocket::call_reader(Waiter& waiter, std::error_code ec) {
  struct Handled {
    WaitableSocket& socket;
    Waiter& waiter;
    ~Handled() {
      const bool waits_again = socket.lasts(Event::read);
      socket.trigger_.handled(waits_again);
      if (!waits_again && socket.trigger_.is_level()) socket.report_by_level(false);
      waiter.release();
    }
  } const at_exit{*this, waiter};  // ready() may throw what a user's handler threw
  just_woken_ = !ec;
  waiter.ready(ec);
}

WaitableSocket::WaitableSocket(const asio::any_io_executor& executor)
    : asio::ip::udp::socket(executor),
      reactor_(asio::use_service<reactor>(asio::query(executor, asio::execution::context))),
      forks_(asio::use_service<Forks>(asio::query(executor, asio::execution::context))),
      is_on_io_context_(io_context_executor(executor) != nullptr),
      trigger_(is_run_by_one_thread(executor)) {}

void WaitableSocket::assign(const protocol_type& protocol,
                            native_handle_type handle,
                            std::error_code& ec) {
  trigger_.reset();
  asio::ip::udp::socket::assign(protocol, handle, ec);
}

// The waits end when the socket is closed; their operations last longer.
WaitableSocket::~WaitableSocket() {
  std::error_code ignored;
  close(ignored);
  for (Operation* const each : operations_)
    if (each) each->drop();
}

bool WaitableSocket::lasts(Event event) const noexcept {
  const Operation* const operation = operations_[static_cast<std::size_t>(event)];
  return operation && operation->lasts();
}

WaitableSocket::Operation& WaitableSocket::operation_of(Event event) {
  Operation*& operation = operations_[static_cast<std::size_t>(event)];
  if (!operation) operation = new Operation(*this, event);
  return *operation;
}

// What is registered with epoll instead of what Asio registers: EPOLLOUT would be reported by level
// all the time. Asio's own registration comes back with `false`, and when Asio rearms epoll. It has
// EPOLLOUT from the first wait for writing on; before, each datagram that has left would be an
// edge.
bool WaitableSocket::report_by_level(bool on) noexcept {
  if (!is_open()) return false;
  auto& socket = impl_.get_implementation();
  epoll_event change = {};
  change.events = EPOLLIN | EPOLLERR | EPOLLHUP;
  if (!on) change.events |= EPOLLPRI | EPOLLET;
  if (!on && operations_[static_cast<std::size_t>(Event::write)]) change.events |= EPOLLOUT;
  change.data.ptr = socket.reactor_data_;
  if (::epoll_ctl(epoll_of(reactor_), EPOLL_CTL_MOD, socket.socket_, &change) != 0) return false;
  trigger_.set_level(on);
  forks_seen_ = forks_.count();
  return true;
}

void WaitableSocket::woke_for_nothing() noexcept {
  trigger_.woke_for_nothing();
  if (trigger_.is_level()) report_by_level(false);
}

// Not while a wait for writing lasts, which needs EPOLLOUT. Not while a wait for reports lasts:
// beside that one Asio rearms epoll for each wait for reading, by edges, also where start_op() is
// told that it may leave that out. Call it only for a socket that is at level, or may go there:
// whether another wait lasts is known to this thread only where one thread runs everything.
bool WaitableSocket::may_be_level(const Waiter& waiter) const noexcept {
  return waiter.is_at_home && !lasts(Event::write) && !lasts(Event::error);
}

// True: epoll need not look whether something is there already.
bool WaitableSocket::is_reported_anyway(const Waiter& waiter, bool is_emptied) {
  if (trigger_.is_level()) return may_be_level(waiter) && forks_seen_ == forks_.count();
  return is_emptied || (trigger_.wants_level() && may_be_level(waiter) && report_by_level(true));
}

void WaitableSocket::wait(Event event, WaitHandler handler, bool is_emptied) {
  Operation& operation = operation_of(event);
  Waiter& waiter = std::move(handler).detach();
  operation.begin(waiter);
  auto& socket = impl_.get_implementation();
  if (!is_open()) {  // a closed socket is not registered with the reactor
    operation.ec_ = asio::error::bad_descriptor;
    return reactor_.post_immediate_completion(&operation, false);
  }
  bool may_skip_epoll = false;
  if (event == Event::read) may_skip_epoll = is_reported_anyway(waiter, is_emptied);
  if (!may_skip_epoll) trigger_.set_level(false);  // Asio rearms epoll, by edges
  is_starting_.store(may_skip_epoll, std::memory_order_relaxed);
  reactor_.start_op(
      type_of(event), socket.socket_, socket.reactor_data_, &operation, false, may_skip_epoll);
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
