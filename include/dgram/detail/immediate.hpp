// The immediate executor of a handler: through which an operation that is ready at once may
// complete (Asio 1.27 on).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/system_executor.hpp>
#include <dgram/config.hpp>
#include <type_traits>
#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
#include <asio/associated_immediate_executor.hpp>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
/// The handler brings one of its own: it is then the same whichever executor is offered as the
/// fallback.
template <class Handler>
inline constexpr bool has_immediate_executor =
    std::is_same_v<asio::associated_immediate_executor_t<Handler, asio::system_executor>,
                   asio::associated_immediate_executor_t<Handler, asio::any_io_executor>>;

template <class Handler>
auto get_immediate_executor(const Handler& handler, const asio::any_io_executor& fallback) {
  return asio::get_associated_immediate_executor(handler, fallback);
}
#else
template <class Handler>
inline constexpr bool has_immediate_executor = false;
#endif

}  // namespace detail
DGRAM_END_NAMESPACE
