// What an execution context keeps for its sockets: how their channels are made, their receive
// memory, where its log goes.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/log.hpp>
#include <memory>
#include <string>

#include "../memory/buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- which world the sockets of an execution context live in

/// A channel from the context's factory, else the kernel's.
std::unique_ptr<Channel> make_channel(asio::execution_context& context,
                                      const asio::any_io_executor& executor);

// ---- the receive memory that the sockets of one execution context share

/// The context's pool; made on first use.
BufferPool& pool_of(asio::execution_context& context);

// ---- the log handler of an execution context, and how often it is called

/// What is said; each at most once a minute.
enum class LogTopic : unsigned char {
  recv_buffer,
  send_buffer,
  multicast_all,
  reports,
  gro,
  segmentation,
  disabled,
  handover,
  pinning
};
inline constexpr int log_topic_count = 9;

/// Calls the handler of the executor's context, when there is one. `text` is only called then.
void log(const asio::any_io_executor& executor,
         LogLevel level,
         LogTopic topic,
         const std::function<std::string()>& text);

}  // namespace detail
DGRAM_END_NAMESPACE
