// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// ref() and unref(): whether a wait counts as work of its io_context.

#include "../values/executor.hpp"
#include "core.hpp"
#include "error_reports.hpp"
#include "guard.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(ASIO_NO_TS_EXECUTORS)

// Without TS executors, an io_context has no functions to count work.
void Core::set_referenced(bool referenced) {
  referenced_ = referenced;
  keep_home_busy(read_);
  if (reports_) keep_home_busy(reports_->direction);
}
void Core::unref(Wait&) noexcept {}
void Core::ref(Wait&) noexcept {}

#else

// A pending wait counts as one piece of outstanding work. It is subtracted from the count while it
// waits. When it ends, it is added again first, because the context then subtracts it itself.
void Core::unref(Wait& wait) noexcept {
  if (referenced_ || wait.unreferenced || wait.is_being_unreferenced || !wait.armed) return;
  if (wait.event() != Event::read && wait.event() != Event::error) return;
  const auto* const context = io_context_executor(executor_);
  if (!context) return;
  // Posted, for two reasons. A handler is a piece of work of its own: outside of run(), subtracting
  // the last piece would stop the context, and the next run() would return at once. And where one
  // thread runs the context, a wait that has ended at once is counted only when the handler that
  // began it returns.
  wait.is_being_unreferenced = true;
  HandlerMemory& memory = wait.event() == Event::read ? unref_memory_->read : unref_memory_->error;
  post_in(memory, context->context(), [keep = CoreRef(*this), &wait] {
    const Guard guard(keep);
    wait.is_being_unreferenced = false;
    if (keep->referenced_ || wait.unreferenced || !wait.armed) return;
    wait.unreferenced = true;
    io_context_executor(keep->executor_)->on_work_finished();
  });
}

void Core::ref(Wait& wait) noexcept {
  if (!wait.unreferenced) return;
  wait.unreferenced = false;
  io_context_executor(executor_)->on_work_started();
}

void Core::set_referenced(bool referenced) {
  if (!referenced && !unref_memory_) unref_memory_ = std::make_unique<UnrefMemory>();
  referenced_ = referenced;
  for (Wait* const wait : {read_.wait.get(), reports_ ? reports_->direction.wait.get() : nullptr}) {
    if (!wait) continue;
    if (referenced)
      ref(*wait);
    else
      unref(*wait);
  }
  keep_home_busy(read_);
  if (reports_) keep_home_busy(reports_->direction);
}

#endif

}  // namespace detail
DGRAM_END_NAMESPACE
