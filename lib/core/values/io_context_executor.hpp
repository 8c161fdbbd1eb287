// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Finds out whether an executor is that of an io_context, and whether one thread runs that.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <dgram/config.hpp>
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

}  // namespace detail
DGRAM_END_NAMESPACE
