// Waiting for a descriptor, with the last look at cancellation.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <dgram/config.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Waits until something can be done, and says whether it still shall be: `operation_aborted` also
/// where the wait was over before it was cancelled. `descriptor` must live until completion.
asio::awaitable<std::error_code> wait_for(asio::posix::stream_descriptor& descriptor,
                                          asio::posix::descriptor_base::wait_type what);

}  // namespace detail
DGRAM_END_NAMESPACE
