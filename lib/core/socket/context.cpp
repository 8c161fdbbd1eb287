// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <array>
#include <asio/execution/context.hpp>
#include <asio/query.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "context.hpp"

DGRAM_BEGIN_NAMESPACE

Channel::~Channel() = default;

std::error_code Channel::set_pacing_rate(std::uint64_t) {
  return asio::error::operation_not_supported;
}

std::error_code Channel::refuse_more() noexcept {
  return asio::error::operation_not_supported;
}

std::error_code Channel::hold_departures() {
  return asio::error::operation_not_supported;
}

namespace detail {

namespace {

class ChannelService final : public asio::execution_context::service {
 public:
  using key_type = ChannelService;
  static asio::execution_context::id id;

  explicit ChannelService(asio::execution_context& context) : service(context) {}
  void shutdown() override {}

  ChannelFactory factory;
};
asio::execution_context::id ChannelService::id;

}  // namespace

std::unique_ptr<Channel> make_channel(asio::execution_context& context,
                                      const asio::any_io_executor& executor) {
  if (asio::has_service<ChannelService>(context)) {
    const ChannelFactory& factory = asio::use_service<ChannelService>(context).factory;
    if (factory) return factory(executor);
  }
  return make_kernel_channel(executor);
}

}  // namespace detail

void set_channel_factory(asio::execution_context& context, ChannelFactory factory) {
  asio::use_service<detail::ChannelService>(context).factory = std::move(factory);
}

namespace detail {

namespace {

class PoolService final : public asio::execution_context::service {
 public:
  using key_type = PoolService;
  static asio::execution_context::id id;

  explicit PoolService(asio::execution_context& context)
      : service(context), pool(BufferPool::make()) {}
  // Datagrams that outlive the context hold references of their own.
  ~PoolService() override { pool->release(); }
  void shutdown() override {}

  BufferPool* const pool;
};
asio::execution_context::id PoolService::id;

}  // namespace

BufferPool& pool_of(asio::execution_context& context) {
  return *asio::use_service<PoolService>(context).pool;
}

namespace {

class LogService final : public asio::execution_context::service {
 public:
  using key_type = LogService;
  static asio::execution_context::id id;
  using Clock = std::chrono::steady_clock;

  explicit LogService(asio::execution_context& context) : service(context) {}
  void shutdown() override {}

  void set(LogHandler handler) {
    auto next = std::make_shared<const LogHandler>(std::move(handler));
    const std::lock_guard lock(mutex_);
    handler_ = std::move(next);
    last_.fill(std::nullopt);
  }

  /// Returns the handler when a message on this topic is due again, else nullptr.
  std::shared_ptr<const LogHandler> admit(LogTopic topic) {
    constexpr auto interval = std::chrono::minutes(1);
    const std::lock_guard lock(mutex_);
    if (!handler_ || !*handler_) return nullptr;
    std::optional<Clock::time_point>& last = last_[static_cast<std::size_t>(topic)];
    const Clock::time_point now = Clock::now();
    if (last && now - *last < interval) return nullptr;
    last = now;
    return handler_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const LogHandler> handler_;
  std::array<std::optional<Clock::time_point>, log_topic_count> last_;
};
asio::execution_context::id LogService::id;

}  // namespace

void log(const asio::any_io_executor& executor,
         LogLevel level,
         LogTopic topic,
         const std::function<std::string()>& text) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  if (!asio::has_service<LogService>(context)) return;
  const std::shared_ptr<const LogHandler> handler =
      asio::use_service<LogService>(context).admit(topic);
  if (handler) (*handler)(level, text());
}

}  // namespace detail

void set_log_handler(asio::execution_context& context, LogHandler handler) {
  asio::use_service<detail::LogService>(context).set(std::move(handler));
}

DGRAM_END_NAMESPACE
