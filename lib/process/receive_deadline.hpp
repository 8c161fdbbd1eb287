// A deadline for what another process has to say.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <dgram/process/descriptor_link.hpp>
#include <memory>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Ends the receiving of a link at a point in time, for both sides at once: what was sent before is
/// still received, what is sent later is refused to its sender. So both know what counted.
class ReceiveDeadline {
 public:
  ReceiveDeadline(const asio::any_io_executor& executor,
                  const DescriptorLink& link,
                  std::chrono::steady_clock::time_point at);
  ReceiveDeadline(const ReceiveDeadline&) = delete;
  ~ReceiveDeadline();

  /// Ends it now.
  void expire() noexcept;
  bool expired() const noexcept;

 private:
  struct Armed;
  struct OnTimer;
  asio::steady_timer timer_;
  std::shared_ptr<Armed> armed_;  // outlives this object with a handler that is on its way
};

}  // namespace detail
DGRAM_END_NAMESPACE
