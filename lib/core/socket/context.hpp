// What an execution context keeps for its sockets: how their channels are made, their receive
// memory, where its log goes; and whether an executor is an io_context's own.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/log.hpp>
#include <memory>
#include <string>

#include "../memory/buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- whether an executor is an io_context's own

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
