// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Serves the queues of a socket: what happens when a wait ends, which operations are completed, and
// what is waited for next.
#include <array>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/system_executor.hpp>
#include <dgram/detail/handler_op.hpp>
#include <dgram/detail/request.hpp>
#include <new>
#include <utility>

#include "../planning/send_planner.hpp"
#include "core.hpp"
#include "error_reports.hpp"
#include "guard.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// True when the deadline of a receive has passed. The receive still takes a datagram that is here
/// already, so the kernel has to be asked.
bool is_overdue(const Op& op, const Channel& channel) noexcept {
  return op.deadline != TimePoint::max() && op.deadline <= channel.now();
}

/// True when the operation runs on the executor `here`; nullptr is the executor of the socket.
bool is_on(const Op& op, const asio::any_io_executor* here) noexcept {
  if (!op.foreign_executor || !here) return op.foreign_executor == here;
  return *op.foreign_executor == *here;
}

}  // namespace

bool is_elsewhere(const asio::any_io_executor& executor, const asio::any_io_executor& home) {
  if (executor == home) return false;
  // Whoever asks for the system context starts its threads, two for each processor. So it is not
  // asked for where the answer is known: for a strand on the context of the socket, say.
  const asio::execution_context& context = asio::query(executor, asio::execution::context);
  if (&context == &asio::query(home, asio::execution::context)) return true;
  // The system executor, which use_future brings, runs a handler on any thread, beside other
  // handlers. So the socket is served on its own executor, which may be a strand.
  return &context != &asio::query(asio::system_executor(), asio::execution::context);
}

asio::any_io_executor tracked(const asio::any_io_executor& executor,
                              const asio::any_io_executor& home) {
  const asio::execution_context& context = asio::query(executor, asio::execution::context);
  if (&context == &asio::query(home, asio::execution::context)) return asio::any_io_executor();
  return asio::prefer(executor, asio::execution::outstanding_work.tracked);
}

void Core::Wait::ready(std::error_code ec) {
  Guard guard(core_);
  armed = false;
  core_.ref(*this);
  if (event_ == Event::deadline)
    core_.on_deadline();
  else
    core_.on_ready(core_.direction(event_), ec, guard);
}

void Core::Wait::abandoned() noexcept {
  const Guard guard(core_);
  if (arming) return;
  armed = false;
  if (event_ != Event::deadline) core_.destroy_waiting(core_.direction(event_));
}

inline bool Core::can_progress(const Direction& d) const noexcept {
  if (&d == &write_) return !write_blocked_;
  if (&d != &read_) return reports_->woken || !reports_->queue.empty();
  return !ring_.empty() || woken_ || look_once_ || stopped_ || draining_ || deferred_ ||
         batch_size_.more();
}

/// Marks a direction as being served. Its destructor leaves the direction in order, whatever a
/// handler did or threw.
class Core::Serving {
 public:
  Serving(Core& core, Direction& d) noexcept : core_(core), direction_(d) { d.serving = true; }
  Serving(const Serving&) = delete;
  ~Serving() {
    direction_.serving = false;
    if (&direction_ == &core_.read_)
      core_.woken_ = core_.look_once_ = false;
    else if (&direction_ != &core_.write_)
      core_.reports_->woken = false;
    if (has_to_wait_ && core_.waits_again(direction_)) return;
    core_.rearm(direction_);
  }

  /// The operation at the head of the queue would block.
  void has_to_wait() noexcept { has_to_wait_ = true; }

 private:
  Core& core_;
  Direction& direction_;
  bool has_to_wait_ = false;
};

void Core::serve(Direction& d, const asio::any_io_executor* here, Guard& guard) {
  if (d.serving) return;  // a handler runs the context: the outer serve() goes on
  Serving serving(*this, d);
  while (Op* op = d.queue.front()) {
    if (op->posted) return;
    if (is_turn_over() || !is_on(*op, here)) return;  // rearm() posts it
    if (&d == &read_ && is_overdue(*op, *channel_)) look_once_ = true;
    if (!can_progress(d)) return serving.has_to_wait();
    if (&d == &write_ && op->next && send_waiting(here, guard)) continue;
    if (!op->attempt()) {
      if (op->deadline == TimePoint::max() || op->deadline > channel_->now()) return;
      op->expire();
    }
    --turn_left_;
    d.queue.erase(*op);
    op->settled = true;
    const Guard::Pause pause(guard);
    op->complete();  // user code: may start, cancel, close, destroy, throw
  }
}

/// Settled operations that were taken out of their queue. When a handler throws, the handlers of
/// the others are called all the same.
class Core::Settled {
 public:
  explicit Settled(Core& core) noexcept : core_(core) {}
  Settled(const Settled&) = delete;
  ~Settled() {
    while (Op* op = take()) core_.finish_quietly(*op);
  }
  void add(Op& op, const std::error_code& ec) noexcept {
    core_.settle(op, ec);
    queue_.push(op);
  }
  void add_expired(Op& op) noexcept {
    op.expire();
    op.settled = true;
    queue_.push_by_deadline(op);
  }
  void complete_all(Guard& guard) {
    while (Op* op = take()) {
      const Guard::Pause pause(guard);
      op->complete();
    }
  }
  void finish_all_later() {
    while (Op* op = take()) core_.finish_later(*op);
  }

 private:
  Op* take() noexcept {
    Op* const op = queue_.front();
    if (op) queue_.erase(*op);
    return op;
  }

  Core& core_;
  OpQueue queue_;
};

// Sends the single sends that wait at the front of the queue in one batch, as send_many() does, so
// that they share system calls and runs. False: at most one of them can be sent that way.
bool Core::send_waiting(const asio::any_io_executor* here, Guard& guard) {
  std::array<Outgoing, SendPlanner::max_items> batch;
  std::size_t n = 0;
  for (Op* op = write_.queue.front(); op && n < batch.size() && n < turn_left_; op = op->next) {
    SendRequest* const send = op->as_send();
    if (!send || op->posted || !is_on(*op, here) || send->payload.buffers().size() != 1) break;
    // In a batch, port 0 means the connected peer. A send for which it means something else is left
    // to its own operation.
    if (send->to_peer ? !connected_ : send->to.port() == 0) break;
    batch[n++] = Outgoing(send->payload.buffers().front(), send->to, send->options);
  }
  if (n < 2) return false;
  SendManyRequest request(std::span<Outgoing>(batch.data(), n));
  std::error_code ec;
  request.attempt(*this, ec);
  Settled done(*this);
  for (std::size_t i = 0; i < request.progress.next; ++i) {
    Op& op = *write_.queue.front();
    write_.queue.erase(op);
    SendRequest& send = *op.as_send();
    if (!batch[i].result) send.result = send.payload.size();
    done.add(op, batch[i].result);
    --turn_left_;
  }
  done.complete_all(guard);  // user code: may start, cancel, close, destroy, throw
  return true;
}

// What rearm() does for a queue whose head has to wait, where nothing else is to be done: no
// deadline, no exception that has not been told.
bool Core::waits_again(Direction& d) noexcept {
  if (untold_ || d.queue.deadlines() != 0 || (&d == &read_ && waits_for_deadline())) return false;
  try {
    if (!d.waits()) arm(d);
  } catch (const std::bad_alloc&) {
    return false;
  }
  keep_home_busy(d);
  return true;
}

// Puts a queue in order after something happened to it: posts its head, or arms a wait.
void Core::rearm(Direction& d) noexcept {
  if (untold_) tell_later(nullptr);
  if (d.serving) return;
  struct Work {
    Core& core;
    Direction& d;
    ~Work() { core.keep_home_busy(d); }
  } const at_exit{*this, d};
  const bool reading = &d == &read_;
  while (Op* op = d.queue.front()) {
    if (op->posted) break;
    if (can_progress(d) || (reading && !d.waits() && is_overdue(*op, *channel_))) {
      try {
        if (post(*op)) break;
      } catch (...) {  // the executor ran the handler at once, and the handler threw
        tell_later(std::current_exception());
        continue;
      }
    } else {
      try {
        if (!d.waits()) arm(d);
        if (reading && d.queue.deadlines() != 0)
          for (Op* each = op; each; each = each->next) arm_deadline(*each);
        break;
      } catch (const std::bad_alloc&) {
      }
    }
    // There is no memory for the wait or the runner. The operation ends with no_memory, for which
    // it has memory of its own; the next operation gets its chance.
    d.queue.erase(*op);
    settle(*op, asio::error::no_memory);
    try {
      op->complete();
    } catch (...) {
      tell_later(std::current_exception());
    }
  }
  if (d.queue.empty()) {
    if (reading) ring_.park();
    if (d.waits()) channel_->cancel_wait(d.event);
  }
  // A deadline without a receive must not keep run() from returning. While receives with deadlines
  // follow each other, the timer stays armed.
  if (reading && waits_for_deadline() && d.queue.deadlines() == 0)
    channel_->cancel_wait(Event::deadline);
}

void Core::arm(Direction& d) {
  if (&d == &read_) ring_.park();
  if (!d.wait) d.wait = std::make_unique<Wait>(*this, d.event);
  d.wait->is_at_home = !d.queue.front()->foreign_executor;
  wait_for(*d.wait, &d == &write_ ? paused_until_ : TimePoint::max());
}

void Core::wait_for(Wait& wait, TimePoint deadline) {
  wait.until = deadline;
  wait.armed = wait.arming = true;
  try {
    channel_->wait(wait.event(), deadline, WaitHandler(wait));
  } catch (...) {
    wait.armed = wait.arming = false;
    throw;
  }
  wait.arming = false;
  unref(wait);
}

// The socket has one timer for all deadlines. An earlier deadline moves it; a later one waits until
// it fires.
void Core::arm_deadline(const Op& op) {
  if (op.deadline == TimePoint::max() || op.posted) return;
  if (waits_for_deadline()) {
    if (op.deadline < deadline_->until) {
      deadline_->until = op.deadline;
      channel_->cancel_wait(Event::deadline);  // its handler arms the nearest deadline
    }
    return;
  }
  if (!deadline_) deadline_ = std::make_unique<Wait>(*this, Event::deadline);
  wait_for(*deadline_, op.deadline);
}

void Core::on_ready(Direction& d, std::error_code ec, Guard& guard) {
  turn_left_ = most_in_a_turn;
  if (d.queue.empty()) return;
  if (ec && ec != asio::error::operation_aborted) {
    // The wait itself has failed, so arming it again would spin.
    Op& op = *d.queue.front();
    if (op.posted) return;
    d.queue.erase(op);
    settle(op, ec);
    finish_later(op);
    return rearm(d);
  }
  // A cancelled wait says nothing about the kernel: the queue decides what comes next.
  if (!ec) {
    if (&d == &read_)
      woken_ = true;
    else if (&d == &write_)
      end_pause();
    else
      reports_->woken = true;
  }
  Op& first = *d.queue.front();
  // A wait that began for an operation of the socket's executor has not ended before this returns
  // (WaitableSocket): then rearm() posts the other one.
  if (!first.foreign_executor || first.posted || d.serving || d.wait->is_at_home)
    return serve(d, nullptr, guard);
  // From here to there at once: rearm() would post it to the socket's executor first.
  first.posted = true;
  const Guard::Pause pause(guard);
  hop(first);
}

const asio::execution_context* Core::context_of(const Op& op) const noexcept {
  return &asio::query(op.foreign_executor ? *op.foreign_executor : executor_,
                      asio::execution::context);
}

bool Core::is_at_home(const Op& op) const noexcept {
  return !op.foreign_executor ||
         context_of(op) == &asio::query(executor_, asio::execution::context);
}

// While an operation is on its way to another context, or is served there, nothing waits. Those
// that do not belong to it need the socket's context later, wherever they belong, and keep run()
// from returning, as any operation does.
void Core::keep_home_busy(Direction& d) noexcept {
  if (!mutex_) return;  // nothing has ever belonged elsewhere
  const Op* const head = d.queue.front();
  const bool has_to_be =
      (referenced_ || &d == &write_) && head && !d.waits() && (!head->posted || head->next);
  if (has_to_be == static_cast<bool>(d.home_work)) return;
  try {
    d.home_work = has_to_be ? asio::any_io_executor(asio::prefer(
                                  executor_, asio::execution::outstanding_work.tracked))
                            : asio::any_io_executor();
  } catch (const std::bad_alloc&) {
  }
}

void Core::on_deadline() {
  if (read_.queue.deadlines() == 0) return;
  const TimePoint now = channel_->now();
  Settled expired(*this);
  for (Op *op = read_.queue.front(), *next = nullptr; op; op = next) {
    next = op->next;
    if (op->posted || op->deadline > now) continue;
    read_.queue.erase(*op);
    expired.add_expired(*op);
  }
  expired.finish_all_later();
  rearm(read_);  // arms the timer for the nearest of the deadlines left
}

}  // namespace detail
DGRAM_END_NAMESPACE
