// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "wait_for.hpp"

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

asio::awaitable<std::error_code> wait_for(asio::posix::stream_descriptor& descriptor,
                                          asio::posix::descriptor_base::wait_type what) {
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  co_await descriptor.async_wait(what, token);
  auto state = co_await asio::this_coro::cancellation_state;
  if (!ec && state.cancelled() != asio::cancellation_type::none)
    ec = asio::error::operation_aborted;
  co_return ec;
}

}  // namespace detail
DGRAM_END_NAMESPACE
