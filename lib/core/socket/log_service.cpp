#include "log_service.hpp"

#include <array>
#include <asio/execution/context.hpp>
#include <asio/query.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

  /// The handler, when it may hear of this topic again; else nullptr.
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
