// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "receive_deadline.hpp"

#include <sys/socket.h>

#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct ReceiveDeadline::Armed {
  explicit Armed(NativeHandle h) noexcept : handle(h) {}

  void expire() noexcept {
    if (handle == invalid_handle) return;
    // From now on, sends of the other end fail with EPIPE (unix(7)). The queue stays readable.
    ::shutdown(handle, SHUT_RD);
    expired = true;
  }

  NativeHandle handle;
  bool expired = false;
};

struct ReceiveDeadline::OnTimer {
  void operator()(const std::error_code& ec) const {
    if (!ec) armed->expire();
  }
  std::shared_ptr<Armed> armed;
};

ReceiveDeadline::ReceiveDeadline(const asio::any_io_executor& executor,
                                 const DescriptorLink& link,
                                 std::chrono::steady_clock::time_point at)
    : timer_(executor, at), armed_(std::make_shared<Armed>(link.native_handle())) {
  timer_.async_wait(OnTimer{armed_});
}

ReceiveDeadline::~ReceiveDeadline() {
  armed_->handle = invalid_handle;
}

void ReceiveDeadline::expire() noexcept {
  armed_->expire();
}

bool ReceiveDeadline::expired() const noexcept {
  return armed_->expired;
}

}  // namespace detail
DGRAM_END_NAMESPACE
