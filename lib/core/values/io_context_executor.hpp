// Whether an executor is an io_context's own.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The executor of an io_context that `executor` holds; nullptr where it holds another one: a
/// strand, a thread pool's, a user's own.
/**
 * any_io_executor::target() does not look at the type in Asio 1.22: it casts whatever is there. So
 * the type is compared here.
 */
inline const asio::io_context::executor_type* io_context_executor(
    const asio::any_io_executor& executor) {
  using Executor = asio::io_context::executor_type;
#if defined(ASIO_NO_TYPEID)
  // Without RTTI a type is known by an address that only an executor of that type tells.
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
