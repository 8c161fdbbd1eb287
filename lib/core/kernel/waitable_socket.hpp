// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Asio's UDP socket, with waits for readiness that are made once and used again and again.
#pragma once

#include <algorithm>
#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/ip/udp.hpp>
#include <dgram/channel.hpp>
#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/reactor.hpp>
#include <asio/detail/reactor_op.hpp>
#include <atomic>

#else
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// How epoll reports a socket: when something arrives (by edges, as Asio asks for), or as long as
/// it is readable (by level). Decides; knows no descriptor. Whoever waits for the socket switches
/// epoll.
/**
 * An edge may be past when the next wait begins: two datagrams that arrive together make one edge.
 * So after a receive of one datagram, epoll has to look again (EPOLL_CTL_MOD), a system call for
 * each datagram. By level it need not. But what lies unread while nobody waits would turn the loop
 * for ever, and where several threads run the loop, the others would turn while one is at work on
 * what it has received. So a socket is reported by level only on a context that one thread runs,
 * while each wait begins in the handler of the one before, and while nobody waits to send or for
 * reports.
 */
class EpollTrigger {
 public:
  explicit EpollTrigger(bool runs_on_one_thread) noexcept : may_be_level_(runs_on_one_thread) {}

  /// False: never, on this context.
  bool may_be_level() const noexcept { return may_be_level_; }
  bool is_level() const noexcept { return is_level_; }
  void set_level(bool on) noexcept { is_level_ = on; }

  /// True: the wait that begins now is to be by level.
  bool wants_level() const noexcept { return may_be_level_ && waits_in_a_row_ >= enough; }

  /// The handler of a wait has returned, and the next wait has begun in it or not.
  void handled(bool waits_again) noexcept {
    if (!waits_again)
      waits_in_a_row_ = std::min(waits_in_a_row_, 0);
    else if (waits_in_a_row_ < enough)
      ++waits_in_a_row_;
  }

  /// A wait has ended, and nothing was there to be received: another process was quicker, or an
  /// error queue is unread, which epoll reports for ever. By level that would be reported again at
  /// once.
  void woke_for_nothing() noexcept { waits_in_a_row_ = -doubt; }

  /// The socket is another one.
  void reset() noexcept {
    is_level_ = false;
    waits_in_a_row_ = 0;
  }

 private:
  static constexpr int enough = 2;
  static constexpr int doubt = 1000;

  const bool may_be_level_;
  bool is_level_ = false;
  int waits_in_a_row_ = 0;
};

/// Does what async_wait() of the socket does, at a lower cost, for one wait per event at a time.
/**
 * async_wait() rearms epoll for each wait (EPOLL_CTL_MOD), allocates, carries work guards and a
 * cancellation slot. Where Asio's reactor is epoll, wait() starts an operation of that reactor
 * directly, as async_wait() does internally; the operation of each event is made once. Elsewhere,
 * and under handler tracking, it calls async_wait(). An error queue that nobody reads would end
 * each async_wait() at once: then the wait ends a millisecond later, so that no loop spins.
 */
class WaitableSocket : public asio::ip::udp::socket {
 public:
  explicit WaitableSocket(const asio::any_io_executor& executor);
#if defined(DGRAM_HAS_REACTOR_WAIT)
  ~WaitableSocket();
#endif

  /// @param event Any event but the deadline.
  /// @param is_emptied For Event::read: the last receive left nothing in the kernel, and no wait
  /// has started since. Whatever comes later causes an edge of its own (epoll(7)), so epoll need
  /// not be rearmed.
  void wait(Event event, WaitHandler handler, bool is_emptied);

  /// The wait ends soon, with operation_aborted.
  void cancel_wait(Event event) noexcept;

#if defined(DGRAM_HAS_REACTOR_WAIT)
  void assign(const protocol_type& protocol, native_handle_type handle, std::error_code& ec);

  /// A receive has returned, with something or with nothing.
  void note_receive(bool found) noexcept {
    if (just_woken_) {
      just_woken_ = false;
      if (!found) woke_for_nothing();
    }
  }
  /// True when a wait needs to know nothing: epoll reports the socket as long as it is readable.
  bool is_reported_by_level() const noexcept {
    return trigger_.is_level();
  }
#else
  void note_receive(bool) noexcept {}
  static constexpr bool is_reported_by_level() noexcept {
    return false;
  }
#endif

#if !defined(DGRAM_HAS_REACTOR_WAIT)
  void close(std::error_code& ec);
#endif

 private:
#if defined(DGRAM_HAS_REACTOR_WAIT)
  class Forks;
  class Ended;

  class Operation : public asio::detail::reactor_op {
   public:
    Operation(WaitableSocket& socket, Event event) noexcept;
    void begin(Waiter& waiter) noexcept;
    bool lasts() const noexcept { return waiter_ != nullptr; }
    /// The socket has no more use for it: frees it, now or when its wait has ended.
    void drop() noexcept;

   private:
    static status is_readable(reactor_op* base);
    static status is_writable(reactor_op* base);
    static status is_ready(reactor_op*);
    static void end(void* owner,
                    asio::detail::operation* base,
                    const asio::error_code&,
                    std::size_t);

    WaitableSocket* socket_;
    Waiter* waiter_ = nullptr;  // while the wait lasts
    const Event event_;
  };

  Operation& operation_of(Event event);
  bool lasts(Event event) const noexcept;
  bool is_reported_anyway(const Waiter& waiter, bool is_emptied);
  bool may_be_level(const Waiter& waiter) const noexcept;
  bool report_by_level(bool on) noexcept;
  void call_reader(Waiter& waiter, std::error_code ec);
  void woke_for_nothing() noexcept;

  asio::detail::reactor& reactor_;
  const Forks& forks_;
  const bool is_on_io_context_;
  std::atomic<bool> is_starting_ = false;
  bool just_woken_ = false;  // a wait for reading has ended, and no receive has followed
  unsigned forks_seen_ = 0;
  EpollTrigger trigger_;
  std::array<Operation*, 3> operations_{};  // made when first needed
#else
  // One signal per event, because cancel() would end the waits for all events.
  std::array<asio::cancellation_signal, 3> signals_;
  // Created when first needed.
  std::array<std::unique_ptr<asio::steady_timer>, 3> retries_;
#endif
};

}  // namespace detail
DGRAM_END_NAMESPACE
