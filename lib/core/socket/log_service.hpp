// The log handler of an execution context, and how often it is called.
#pragma once

#include <asio/any_io_executor.hpp>
#include <dgram/log.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

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
