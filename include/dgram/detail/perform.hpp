// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The coroutine forms: one frame around a request.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/detail/handler_op.hpp>
#include <dgram/error.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The executor of a socket in the type that it was made with.
template <class Executor>
Executor executor_as(const asio::any_io_executor& executor) noexcept {
  if constexpr (std::is_base_of_v<asio::any_io_executor, Executor>)
    return Executor(
        executor);  // as_default_on_t derives one from it, which is sliced on its way in
  else
    return *executor.template target<Executor>();
}

/// An error goes where the caller wants it.
template <class Request>
void report(const Core& core,
            const Request& request,
            const std::error_code& ec,
            std::error_code* error) {
  if (error) {
    *error = ec;
  } else if (ec) {
    const std::string option = refused_option(core, ec);
    throw Error(ec, Request::operation, option.empty() ? request.subject() : option);
  }
}

/// What a coroutine that does a request returns.
template <class Request>
struct AwaitedOf {
  using type = typename Request::Result;
};
template <>
struct AwaitedOf<SendRequest> {
  using type = Sent;
};
template <class Request>
using Awaited = typename AwaitedOf<Request>::type;

/// Whether a request has been tried where it was awaited.
enum class Inline : unsigned char { may_be_tried, was_tried };

/// Does a request; throws Error, or stores the code in `*error` when that is given.
/**
 * A coroutine which ends without ever having suspended has its result *posted* by co_spawn, and a
 * race (`||`) may drop a posted result. So a request is served at once only where nothing can race
 * it: where the coroutine has no connected cancellation slot. Otherwise it becomes an ordinary
 * operation, which takes its datagram in the very handler that delivers it, after the last look at
 * cancellation.
 */
template <class Executor, class Request>
asio::awaitable<Awaited<Request>, Executor> perform(Core& core,
                                                    Request request,
                                                    std::error_code* error,
                                                    Inline at_once = Inline::may_be_tried) {
  constexpr bool has_result = !std::is_void_v<typename Request::Result>;
  std::error_code ec;
  auto state = co_await asio::this_coro::cancellation_state;
  if (at_once == Inline::may_be_tried && !state.slot().is_connected() &&
      may_serve_inline(core, Request::event) && request.attempt(core, ec)) {
    report(core, request, ec, error);
    if constexpr (has_result)
      co_return request.take();
    else
      co_return;
  }
  const CoreRef reference(core);
  Start<Request> initiate(reference);
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>(), ec);
  // Moved from, the request still knows what it was asked with: all of that is trivially copyable.
  if constexpr (has_result) {
    typename Request::Result result =
        co_await asio::async_initiate<decltype(token), Signature<Request>>(
            std::move(initiate), token, std::move(request));
    report(*reference, request, ec, error);
    co_return result;
  } else {
    co_await asio::async_initiate<decltype(token), Signature<Request>>(
        std::move(initiate), token, std::move(request));
    report(*reference, request, ec, error);
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
