// Which world the sockets of an execution context live in.
#pragma once

#include <asio/execution_context.hpp>
#include <dgram/channel.hpp>
#include <memory>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// A channel from the context's factory, else the kernel's.
std::unique_ptr<Channel> make_channel(asio::execution_context& context,
                                      const asio::any_io_executor& executor);

}  // namespace detail
DGRAM_END_NAMESPACE
