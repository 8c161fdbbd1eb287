// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Finds out whether an executor is that of an io_context.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <dgram/config.hpp>

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

}  // namespace detail
DGRAM_END_NAMESPACE
