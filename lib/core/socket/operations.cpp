// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Operations of a socket: how they start, travel through executors, look names up, and are
// cancelled.
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <asio/recycling_allocator.hpp>
#include <dgram/detail/awaited_recv.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/error.hpp>
#include <exception>
#include <new>
#include <utility>

#include "../values/address.hpp"
#include "../values/executor.hpp"
#include "core.hpp"
#include "error_reports.hpp"
#include "guard.hpp"
#include "lookup.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code Core::admit(const Op& op, bool looks_up) noexcept {
  if (op.ec) return op.ec;  // the request has refused its own arguments
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::fresh && op.event != Event::write && !looks_up)
    return asio::error::bad_descriptor;
  if (!has_direction(op)) return Errc::errors_not_received;
  if (op.event == Event::write && send_queue_count() != 0 &&
      (send_queue_count() >= options_.send_queue_count ||
       send_queue_size() + op.bytes() > options_.send_queue_bytes)) {
    ++counters_.send_queue_full;
    return Errc::queue_full;
  }
  return {};
}

void Core::start(Op& op) {
  if (const std::error_code refused = admit(op)) {
    settle(op, refused);
    return finish_later(op, true);
  }
  Direction& d = direction(op.event);
  d.queue.push(op);
  if (d.serving || d.queue.front() != &op) keep_home_busy(d);
  if (d.serving) return;  // the running serve() takes care of it
  // A pause is of the send that was held up. Where none waits any more, it is nobody's.
  if (&d == &write_ && paused_until_ != TimePoint::max() && d.queue.front() == &op) end_pause();
  bool done = true;
  if (d.queue.front() == &op) {
    // A receive whose deadline has passed still takes a datagram that is here already.
    if (op.deadline != TimePoint::max() && op.deadline <= channel_->now()) look_once_ = true;
    if (can_progress(d)) {
      const bool immediate = !is_turn_over();
      if (immediate) --turn_left_;
      if (post(op, immediate)) return;
      done = false;
    }
  }
  try {
    if (done && !d.waits() && d.queue.front() == &op) arm(d);
    if (done) arm_deadline(op);
  } catch (const std::bad_alloc&) {
    done = false;
  }
  if (done) return;
  const CoreRef keep(*this);  // the operation's own reference ends with the operation
  d.queue.erase(op);
  settle(op, asio::error::no_memory);
  finish_later(op, true);
  rearm(d);
}

void Core::start_lookup(Op& op, LookupRequest& request) {
  std::error_code refused =
      state_ == State::closed ? std::error_code(asio::error::bad_descriptor) : admit(op, true);
  std::error_code unparsable;
  Endpoint literal = make_endpoint(request.host, 0, unparsable);
  if (unparsable && is_localhost(request.host) && !(lookups_ && lookups_->lookup)) {
    literal.address(loopback_of(request.family));
    unparsable.clear();
  }
  if (!refused && unparsable && !is_host_name(request.host)) refused = Errc::bad_host_name;
  if (refused) {
    settle(op, refused);
    return finish_later(op, true);
  }
  op.looks_up = true;
  try {
    lookups();
  } catch (const std::bad_alloc&) {
    settle(op, asio::error::no_memory);
    return finish_later(op, true);
  }
  queue_of(op).push(op);
  if (unparsable) return resolve(op, request);
  // The answer for a literal address or "localhost" is known already. It only passes through the
  // executor, where the operation can still be cancelled.
  request.result = reachable(literal.address());
  if (post(op, true)) return;
  queue_of(op).erase(op);
  settle(op, asio::error::no_memory);
  finish_later(op, true);
}

bool Core::can_reach(const asio::ip::address& address) const {
  if (!is_over_ipv4(address) || wanted_family() != Family::ipv6) return true;
  int only = options_.ipv6_only;
  if (is_open()) channel_->get(Setting::ipv6_only, only);
  return only == 0;
}

asio::ip::address Core::reachable(const asio::ip::address& address) const {
  if (!address.is_v4() || wanted_family() != Family::ipv6 || !can_reach(address)) return address;
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
}

void Core::resolve(Op& op, LookupRequest& request) {
  const asio::any_io_executor executor = executor_;
  std::string host;
  Lookup lookup;  // a copy: the function may call set_lookup() or destroy the socket
  try {
    host = request.host;
    lookup = lookups_->lookup;
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    op.lookup = LookupTarget::make(context, op, request);
  } catch (const std::bad_alloc&) {
    queue_of(op).erase(op);
    settle(op, asio::error::no_memory);
    return finish_later(op, true);
  }
  const Family family = request.family;
  LookupHandler done(op.lookup);
  try {
    if (lookup)
      lookup(std::move(host), family, std::move(done));
    else
      channel_->resolve(std::move(host), family, std::move(done));
  } catch (...) {
    // The LookupHandler was destroyed by the exception, and has answered "aborted". The exception
    // leaves run(), like that of any handler, because the initiating function of a coroutine cannot
    // let it through.
    asio::post(executor, [failure = std::current_exception()] { std::rethrow_exception(failure); });
  }
}

// False: there was no memory to post the operation, and nothing has happened. After `true` it may
// have ended already.
bool Core::post(Op& op, bool immediate) {
  op.posted = true;
  op.gives_way = !immediate && is_turn_over() && is_on_io_context_ && !op.foreign_executor;
  const Posting posting(&op);
  try {
    op.post(immediate);
    if (posting.has_failed()) {
      const CoreRef keep(*this);
      abandon(op);
    }
    return true;
  } catch (...) {
    if (posting.is_kept()) return true;
    if (!posting.has_failed()) throw;
  }
  op.posted = false;
  return false;
}

void Core::hop(Op& op) {
  Posting::arrived(&op);  // where the executor has run it at once, post() waits for it
  const Posting posting(&op);
  const CoreRef keep(*this);
  const Event event = op.event;  // it may end meanwhile
  bool is_dropped = false;
  std::exception_ptr refusal;
  try {
    op.hop();
    if (!posting.has_failed()) {
      const Guard guard(*this);
      if (event != Event::error || reports_) keep_home_busy(direction(event));
      return;
    }
    is_dropped = true;
  } catch (const std::bad_alloc&) {
    if (posting.is_kept()) return;
    if (!posting.has_failed()) throw;
  } catch (...) {
    if (posting.is_kept()) return;
    if (!posting.has_failed()) throw;
    refusal = std::current_exception();
  }
  const Guard guard(*this);
  if (is_dropped) return abandon(op);
  op.posted = false;
  if (op.settled) {
    finish_later(op);
  } else if (op.looks_up) {
    queue_of(op).erase(op);
    settle(op, asio::error::no_memory);
    finish_later(op);
  } else {
    rearm(direction(op.event));  // it tries again in the next turn
  }
  if (refusal) std::rethrow_exception(refusal);  // and leaves run()
}

// Posts the completion of a settled operation. Without memory for the runner, the operation is
// completed in place, which needs only its own memory. That is better than a handler that is never
// called.
void Core::finish_later(Op& op, bool immediate) {
  if (!post(op, immediate)) op.complete();
}

void Core::finish_quietly(Op& op) noexcept {
  try {
    finish_later(op);
  } catch (...) {
    tell_later(std::current_exception());
  }
}

// Passes on the exception of a handler that was called in place, inside a call that must not throw.
// The exception leaves run(), like that of any handler, as soon as there is memory to post it.
void Core::tell_later(std::exception_ptr failure) noexcept {
  if (!untold_) untold_ = std::move(failure);
  try {
    asio::post(executor_, [told = untold_] { std::rethrow_exception(told); });
    untold_ = nullptr;
  } catch (...) {
  }
}

OpQueue& Core::queue_of(const Op& op) noexcept {
  Direction& d = direction(op.event);
  if (!op.looks_up) return d.queue;
  return op.event == Event::write ? lookups_->writes : lookups_->reads;
}

void Core::settle(Op& op, std::error_code ec) noexcept {
  op.ec = ec;
  op.settled = true;
}

void Core::run(Op& op, Guard& guard) {
  op.posted = false;
  turn_left_ = most_in_a_turn;
  // Asio has looked for timers and for other sockets since the last turn ended, but has queued them
  // behind this operation.
  if (std::exchange(op.gives_way, false) && !op.settled && post(op)) return;
  if (!has_direction(op)) {
    const Guard::Pause pause(guard);
    return op.complete();
  }
  Direction& d = direction(op.event);
  if (!op.settled && !op.looks_up) {
    if (!op.foreign_executor) return serve(d, nullptr, guard);
    const asio::any_io_executor here = *op.foreign_executor;  // a copy: serve() ends the operation
    return serve(d, &here, guard);
  }
  if (!d.serving && &d == &read_)
    look_once_ = false;  // it was set for an operation that has ended by now
  struct Rearm {
    Core& core;
    Direction& d;
    ~Rearm() { core.rearm(d); }
  } const at_exit{*this, d};
  if (op.queued) queue_of(op).erase(op);
  const Guard::Pause pause(guard);
  op.complete();
}

void Core::cancel(Op& op) {
  if (op.settled) return;
  settle(op, asio::error::operation_aborted);
  if (op.posted) return;  // its runner finds it settled
  Direction& d = direction(op.event);
  // A pause is that of the head: what is behind it has its own time.
  const bool ends_pause =
      &d == &write_ && paused_until_ != TimePoint::max() && d.queue.front() == &op;
  if (op.queued) queue_of(op).erase(op);
  const std::shared_ptr<LookupTarget> lookup = op.lookup;
  if (lookup && !lookup->detach()) return;  // its answer finds it settled
  const CoreRef keep(*this);
  finish_later(op);
  if (lookup) return lookup->forget();
  if (ends_pause) end_pause();
  if ((d.queue.empty() || ends_pause) && d.waits()) channel_->cancel_wait(d.event);
  keep_home_busy(d);
  if (waits_for_deadline() && read_.queue.deadlines() == 0) channel_->cancel_wait(Event::deadline);
}

// Its context goes away, and with it what else waits there.
void Core::abandon(Op& op) noexcept {
  if (!has_direction(op)) return op.destroy();
  const CoreRef keep(*this);
  Direction& d = direction(op.event);
  const bool at_home = is_at_home(op);
  const asio::execution_context* const gone = context_of(op);
  if (op.queued) queue_of(op).erase(op);
  op.destroy();
  if (at_home) {
    destroy_waiting(d);
    return keep_home_busy(d);
  }
  // A handler that is destroyed may start, cancel, or close: the front is looked at anew.
  for (Op* each = d.queue.front(); each; each = each ? each->next : d.queue.front()) {
    if (each->posted || context_of(*each) != gone) continue;
    d.queue.erase(*each);
    each->destroy();
    each = nullptr;
  }
  rearm(d);
}

// A handler may own the socket, whose destructor empties the queue. So the front is looked at anew
// each time.
void Core::destroy_waiting(Direction& d) noexcept {
  const CoreRef keep(*this);
  while (Op* op = d.queue.front()) {
    d.queue.erase(*op);
    if (op->posted)
      settle(*op, asio::error::operation_aborted);  // its runner finds it settled
    else
      op->destroy();
  }
}

Core::Lookups& Core::lookups() {
  if (!lookups_) lookups_ = std::make_unique<Lookups>();
  return *lookups_;
}

Core::Direction& Core::direction(Event event) noexcept {
  return event == Event::write ? write_ : event == Event::read ? read_ : reports_->direction;
}

bool Core::may_serve_inline(Event event) noexcept {
  if (event == Event::error && !reports_) return false;
  const Direction& d = direction(event);
  if (state_ == State::closed || !d.queue.empty() || is_turn_over()) return false;
  if (event != Event::write && (state_ == State::fresh || !can_progress(d))) return false;
  --turn_left_;
  return true;
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)

namespace {

/// Owns a RecvOp while it is posted.
class RecvRunner {
 public:
  using allocator_type = asio::recycling_allocator<void>;
  RecvRunner(RecvOp& op, bool has_to_hop) noexcept : op_(&op), has_to_hop_(has_to_hop) {}
  RecvRunner(RecvRunner&& other) noexcept
      : op_(std::exchange(other.op_, nullptr)), has_to_hop_(other.has_to_hop_) {}
  RecvRunner& operator=(RecvRunner&&) = delete;
  ~RecvRunner() {
    if (!op_) return;
    const CoreRef core(op_->core);  // the operation's own reference dies with it
    core.abandon(*op_);
  }
  void operator()() {
    RecvOp& op = *std::exchange(op_, nullptr);
    const CoreRef core(op.core);
    if (has_to_hop_)
      core.hop(op);
    else
      core.run(op);
  }
  allocator_type get_allocator() const noexcept { return {}; }

 private:
  RecvOp* op_;
  bool has_to_hop_;
};

}  // namespace

void RecvOp::run_on(const asio::any_io_executor& executor) {
  if (!is_elsewhere(executor, core.executor())) return;
  Elsewhere elsewhere{executor, tracked(executor, core.executor())};
  elsewhere_ =
      new (asio::recycling_allocator<Elsewhere>().allocate(1)) Elsewhere(std::move(elsewhere));
  foreign_executor = &elsewhere_->executor;
}

void RecvOp::free(Elsewhere* elsewhere) noexcept {
  elsewhere->~Elsewhere();
  asio::recycling_allocator<Elsewhere>().deallocate(elsewhere, 1);
}

RecvOp::~RecvOp() {
  if (elsewhere_) free(elsewhere_);
}

void RecvOp::post(bool) {
  asio::post(core.executor(), RecvRunner(*this, foreign_executor != nullptr));
}

void RecvOp::hop() {
  asio::dispatch(*foreign_executor, RecvRunner(*this, false));
}

#endif

void CoreRef::start(Op& op) const {
  if (op.foreign_executor && !core_->guard_from_now_on()) op.ec = asio::error::no_memory;
  const Guard guard(*core_);
  core_->start(op);
}

void CoreRef::start_lookup(Op& op, LookupRequest& request) const {
  if (op.foreign_executor && !core_->guard_from_now_on()) op.ec = asio::error::no_memory;
  const CoreRef keep(*this);  // *this may be a member of the operation
  const Guard guard(*core_);
  core_->start_lookup(op, request);
}

void CoreRef::hop(Op& op) const {
  core_->hop(op);
}

void CoreRef::run(Op& op) const {
  Posting::arrived(&op);
  Guard guard(*core_);
  core_->run(op, guard);
}

void CoreRef::cancel(Op& op) const {
  const CoreRef keep(*this);  // *this may be a member of the operation
  const Guard guard(*core_);
  core_->cancel(op);
}

void CoreRef::abandon(Op& op) const noexcept {
  if (Posting::destroyed(&op)) return;
  const Guard guard(*core_);
  core_->abandon(op);
}

bool Core::guard_from_now_on() noexcept {
  if (!mutex_) mutex_.reset(new (std::nothrow) std::recursive_mutex);
  return static_cast<bool>(mutex_);
}

bool may_serve_inline(Core& core, Event event) noexcept {
  const Guard guard(core);
  return core.may_serve_inline(event);
}

}  // namespace detail
DGRAM_END_NAMESPACE
