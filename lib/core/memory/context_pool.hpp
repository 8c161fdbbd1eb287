// The receive memory that the sockets of one execution context share.
#pragma once

#include <asio/execution_context.hpp>

#include "buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The context's pool; made on first use.
BufferPool& pool_of(asio::execution_context& context);

}  // namespace detail
DGRAM_END_NAMESPACE
