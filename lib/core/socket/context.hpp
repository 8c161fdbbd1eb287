// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What an execution context keeps for its sockets: the channel factory, the receive memory, the log
// handler.
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

// ---- how the channels of an execution context are made

/// Makes a channel by the context's factory, or by make_kernel_channel() if there is none.
std::unique_ptr<Channel> make_channel(asio::execution_context& context,
                                      const asio::any_io_executor& executor);

// ---- the receive memory that the sockets of one execution context share

/// The context's pool; made on first use.
BufferPool& pool_of(asio::execution_context& context);

// ---- the log handler of an execution context, and how often it is called

/// What log messages are about. There is at most one message a minute on each topic.
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

/// Calls the log handler of the executor's context, if there is one and the topic is due. `text` is
/// only called then.
void log(const asio::any_io_executor& executor,
         LogLevel level,
         LogTopic topic,
         const std::function<std::string()>& text);

}  // namespace detail
DGRAM_END_NAMESPACE
