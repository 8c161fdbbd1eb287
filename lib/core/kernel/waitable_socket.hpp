// Asio's UDP socket, with waits for readiness that live in the memory of their Waiter.
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
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// As async_wait() of the socket, for one wait per event at a time, and for less.
/**
 * async_wait() tells epoll anew for each wait (EPOLL_CTL_MOD), carries work guards and a
 * cancellation slot, and needs three times the memory. Where Asio's reactor is epoll, a wait is an
 * operation of that reactor instead: what async_wait() makes of it, too. Elsewhere, and under
 * handler tracking, it is async_wait().
 */
class WaitableSocket : public asio::ip::udp::socket {
 public:
  explicit WaitableSocket(const asio::any_io_executor& executor);

  /// @param event Not the deadline.
  /// @param is_emptied For Event::read: nothing was left when the kernel was asked last, and no
  /// wait has been since. What comes after that has an edge of its own (epoll(7)), so there is
  /// nothing to tell epoll.
  void wait(Event event, WaitHandler handler, bool is_emptied);

  /// The wait ends with operation_aborted, soon.
  void cancel_wait(Event event) noexcept;

 private:
#if defined(DGRAM_HAS_REACTOR_WAIT)
  class Operation;

  asio::detail::reactor& reactor_;
  const bool is_on_io_context_;
  std::atomic<bool> is_starting_ = false;
#else
  // One per event: cancel() would hit all of them.
  std::array<asio::cancellation_signal, 3> signals_;
#endif
};

}  // namespace detail
DGRAM_END_NAMESPACE
