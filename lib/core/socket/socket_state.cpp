#include <dgram/detail/socket_state.hpp>

#include "core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

SocketState::SocketState(const asio::any_io_executor& executor, const SocketOptions& options)
    : executor_(executor), core_(executor, options) {}

// The executor is copied: a moved-from socket still has one, to answer on.
SocketState::SocketState(SocketState&& other) noexcept
    : executor_(other.executor_), core_(std::move(other.core_)) {}

SocketState& SocketState::operator=(SocketState&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->close();
  executor_ = other.executor_;
  core_ = std::move(other.core_);
  return *this;
}

SocketState::~SocketState() {
  if (core_) core_->close();
}

const CoreRef& SocketState::closed_core() const {
  core_ = CoreRef::closed(executor_);
  return core_;
}

bool SocketState::has_descriptor() const noexcept {
  return core_ && core_->is_open();
}

}  // namespace detail
DGRAM_END_NAMESPACE
