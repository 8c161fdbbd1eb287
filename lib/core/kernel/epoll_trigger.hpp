// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How epoll reports a socket: when something arrives (by edges, as Asio asks for), or as long as it
// is readable (by level).
#pragma once

#include <algorithm>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Decides; knows no descriptor. Whoever waits for the socket switches epoll.
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

}  // namespace detail
DGRAM_END_NAMESPACE
