// What every part of a socket stands on: its executor and its pinned state.
#pragma once

#include <asio/any_io_executor.hpp>
#include <dgram/config.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/options.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

class DGRAM_API SocketState {
 public:
  SocketState(const SocketState&) = delete;
  SocketState& operator=(const SocketState&) = delete;

  /// For parts of the library that are no members, and outlive the socket.
  friend const CoreRef& core_of(const SocketState& socket) { return socket.core(); }

 protected:
  SocketState(const asio::any_io_executor& executor, const SocketOptions& options);
  SocketState(SocketState&& other) noexcept;
  SocketState& operator=(SocketState&& other) noexcept;
  ~SocketState();

  const asio::any_io_executor& executor() const noexcept { return executor_; }

  /// The state; a closed one when this socket was moved from.
  const CoreRef& core() const { return core_ ? core_ : closed_core(); }

  /// The same, or nullptr: for what needs no answer from a moved-from socket.
  const CoreRef& core_if_any() const noexcept { return core_; }

  bool has_descriptor() const noexcept;

 private:
  const CoreRef& closed_core() const;

  asio::any_io_executor executor_;
  mutable CoreRef core_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
