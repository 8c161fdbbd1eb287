// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Waits for a descriptor, with a check for cancellation afterwards.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <dgram/config.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Waits until the descriptor is ready. The result is `operation_aborted` even if the cancellation
/// came after the wait was over. `descriptor` must live until completion.
asio::awaitable<std::error_code> wait_for(asio::posix::stream_descriptor& descriptor,
                                          asio::posix::descriptor_base::wait_type what);

}  // namespace detail
DGRAM_END_NAMESPACE
