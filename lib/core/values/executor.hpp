// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What an executor is: that of an io_context or another, run by one thread or by several; and what
// became of something that was handed to an executor which throws.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <dgram/config.hpp>
#include <utility>
#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/concurrency_hint.hpp>
#if __has_include(<asio/config.hpp>)
#include <asio/config.hpp>
#else
#include <asio/detail/scheduler.hpp>
#endif
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The executor of an io_context that `executor` holds; nullptr where it holds another type of
/// executor: a strand, a thread pool's, a user's own.
/**
 * In Asio 1.22, any_io_executor::target() casts without looking at the type, so the type is
 * compared here.
 */
inline const asio::io_context::executor_type* io_context_executor(
    const asio::any_io_executor& executor) {
  using Executor = asio::io_context::executor_type;
#if defined(ASIO_NO_TYPEID)
  // Without RTTI, target_type() returns an address that is unique for the type.
  static const void* const type =
      asio::any_io_executor(asio::io_context().get_executor()).target_type();
  const bool is_same = executor.target_type() == type;
#else
  const bool is_same = executor.target_type() == typeid(Executor);
#endif
  return is_same ? executor.target<Executor>() : nullptr;
}

#if defined(DGRAM_HAS_REACTOR_WAIT)
/// True when the context was told that one thread runs it: `asio::io_context io(1)`.
inline bool runs_on_one_thread(asio::execution_context& context) {
#if __has_include(<asio/config.hpp>)
  const int hint = asio::config(context).get("scheduler", "concurrency_hint", 0);
#else
  const int hint = asio::use_service<asio::detail::scheduler>(context).concurrency_hint();
#endif
  // Without one of these locks, Asio takes it for granted as well.
  return hint == 1 || !ASIO_CONCURRENCY_HINT_IS_LOCKING(SCHEDULER, hint) ||
         !ASIO_CONCURRENCY_HINT_IS_LOCKING(REACTOR_IO, hint);
}
#endif

/// True when one thread alone runs what is given to `executor`: that of an io_context that was told
/// so. False also where nothing tells.
inline bool is_run_by_one_thread([[maybe_unused]] const asio::any_io_executor& executor) {
#if defined(DGRAM_HAS_REACTOR_WAIT)
  const auto* const of_context = io_context_executor(executor);
  return of_context && runs_on_one_thread(of_context->context());
#else
  return false;
#endif
}

/// Something that this thread is handing to an executor.
/**
 * An exception of the executor may mean three things. It had no memory, and has destroyed the
 * handler: nothing has happened. It has run the handler at once, and the exception is the
 * handler's. Or it has kept the handler all the same: Asio's strand queues it first, and then finds
 * no memory to schedule itself. (Such a strand runs nothing any more.)
 */
class Posting {
 public:
  explicit Posting(const void* what) noexcept
      : what_(what), outer_(std::exchange(innermost, this)) {}
  Posting(const Posting&) = delete;
  ~Posting() { innermost = outer_; }

  /// For the handler, when it is called.
  static void arrived(const void* what) noexcept {
    if (is_innermost(what)) innermost->what_ = nullptr;
  }
  /// For the handler, when it is destroyed without a call. True: whoever posts it sees to the rest.
  static bool destroyed(const void* what) noexcept {
    if (!is_innermost(what)) return false;
    innermost->is_destroyed_ = true;
    return true;
  }

  /// Destroyed without a call: after an exception, nothing has happened; without one, the executor
  /// has dropped it, since its context goes away.
  bool has_failed() const noexcept { return what_ && is_destroyed_; }
  /// After an exception: kept all the same.
  bool is_kept() const noexcept { return what_ && !is_destroyed_; }

 private:
  static bool is_innermost(const void* what) noexcept {
    return innermost && innermost->what_ == what;
  }

  static inline thread_local Posting* innermost = nullptr;
  const void* what_;
  bool is_destroyed_ = false;
  Posting* const outer_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
