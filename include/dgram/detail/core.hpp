// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What templates may see of a socket's state: a counted reference to it. The state itself is
// compiled (lib/core/socket/core.hpp).
#pragma once

#include <asio/any_io_executor.hpp>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/options.hpp>
#include <string>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace detail {

class Core;
class Op;
struct LookupRequest;

class DGRAM_API CoreRef {
 public:
  CoreRef() noexcept = default;
  explicit CoreRef(Core& core) noexcept;

  /// The state of a new socket, on the channel that the executor's context makes.
  CoreRef(const asio::any_io_executor& executor, const SocketOptions& options);

  /// The state of a socket that is closed already: what a moved-from one answers with.
  static CoreRef closed(const asio::any_io_executor& executor);

  CoreRef(const CoreRef& other) noexcept;
  CoreRef(CoreRef&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  CoreRef& operator=(CoreRef other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~CoreRef() {
    if (core_) release();
  }

  explicit operator bool() const noexcept { return core_ != nullptr; }
  Core& operator*() const noexcept { return *core_; }
  Core* operator->() const noexcept { return core_; }

  /// The socket's own executor.
  const asio::any_io_executor& executor() const noexcept;

  /// Queues an operation; called by its initiating function. Never completes it before returning,
  /// except through an immediate executor.
  void start(Op& op) const;

  /// Asks for an address; the operation completes with it.
  void start_lookup(Op& op, LookupRequest& request) const;

  /// A posted operation has arrived on the socket's executor and goes on to its own.
  void hop(Op& op) const;

  /// A posted operation has arrived on its executor.
  void run(Op& op) const;

  /// Ends an operation with operation_aborted, soon. From its cancellation slot.
  void cancel(Op& op) const;

  /// A posted operation was dropped because the context goes away: frees it, and those that wait
  /// behind it.
  void abandon(Op& op) const noexcept;

 private:
  void release() noexcept;

  Core* core_ = nullptr;
};

/// `now` for a timeout that is over; TimePoint::max(), never, for one beyond the clock's range.
inline TimePoint deadline_after(TimePoint now, TimePoint::duration timeout) noexcept {
  if (timeout <= TimePoint::duration::zero()) return now;
  return timeout < TimePoint::max() - now ? now + timeout : TimePoint::max();
}

/// Now plus `timeout` on the channel's clock, within the clock's range.
DGRAM_API TimePoint deadline_in(const Core& core, TimePoint::duration timeout);

/// The option because of which opening failed with `ec`, with its value; else empty.
DGRAM_API std::string refused_option(const Core& core, const std::error_code& ec);

/// True when an operation may be tried at once by a coroutine that cannot be raced: nobody waits,
/// and the yield budget is not spent.
DGRAM_API bool may_serve_inline(Core& core, Event event) noexcept;

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
  void close_core() noexcept;

  asio::any_io_executor executor_;
  mutable CoreRef core_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
