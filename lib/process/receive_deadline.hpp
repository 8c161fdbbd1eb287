// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A deadline for messages of another process.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <dgram/process/descriptor_link.hpp>
#include <memory>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Ends receiving on a link at a point in time, for both sides at once: a message that was sent
/// before is still received, and a later one fails for its sender. So both sides know which
/// messages count.
class ReceiveDeadline {
 public:
  ReceiveDeadline(const asio::any_io_executor& executor,
                  const DescriptorLink& link,
                  std::chrono::steady_clock::time_point at);
  ReceiveDeadline(const ReceiveDeadline&) = delete;
  ~ReceiveDeadline();

  /// Ends receiving now.
  void expire() noexcept;
  bool expired() const noexcept;

 private:
  struct Armed;
  struct OnTimer;
  asio::steady_timer timer_;
  std::shared_ptr<Armed> armed_;  // a handler that is posted already may outlive this object
};

}  // namespace detail
DGRAM_END_NAMESPACE
