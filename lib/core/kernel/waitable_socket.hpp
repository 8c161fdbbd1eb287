// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Asio's UDP socket, with waits for readiness that use the memory of their Waiter.
#pragma once

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/ip/udp.hpp>
#include <dgram/channel.hpp>
#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/reactor.hpp>
#include <atomic>
#else
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Does what async_wait() of the socket does, at a lower cost, for one wait per event at a time.
/**
 * async_wait() rearms epoll for each wait (EPOLL_CTL_MOD), carries work guards and a cancellation
 * slot, and needs three times the memory. Where Asio's reactor is epoll, wait() starts an operation
 * of that reactor directly, as async_wait() does internally. Elsewhere, and under handler tracking,
 * it calls async_wait(). An error queue that nobody reads would end each async_wait() at once: then
 * the wait ends a millisecond later, so that no loop spins.
 */
class WaitableSocket : public asio::ip::udp::socket {
 public:
  explicit WaitableSocket(const asio::any_io_executor& executor);

  /// @param event Any event but the deadline.
  /// @param is_emptied For Event::read: the last receive left nothing in the kernel, and no wait
  /// has started since. Whatever comes later causes an edge of its own (epoll(7)), so epoll need
  /// not be rearmed.
  void wait(Event event, WaitHandler handler, bool is_emptied);

  /// The wait ends soon, with operation_aborted.
  void cancel_wait(Event event) noexcept;

#if !defined(DGRAM_HAS_REACTOR_WAIT)
  void close(std::error_code& ec);
#endif

 private:
#if defined(DGRAM_HAS_REACTOR_WAIT)
  class Operation;

  asio::detail::reactor& reactor_;
  const bool is_on_io_context_;
  std::atomic<bool> is_starting_ = false;
#else
  // One signal per event, because cancel() would end the waits for all events.
  std::array<asio::cancellation_signal, 3> signals_;
  // Created when first needed.
  std::array<std::unique_ptr<asio::steady_timer>, 3> retries_;
#endif
};

}  // namespace detail
DGRAM_END_NAMESPACE
