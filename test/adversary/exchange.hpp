// Numbered datagrams from one socket to another one of the same program, until each that was
// accepted has been received or counted.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "adversary/books.hpp"

namespace ledger {

/// Makes a call until it succeeds: what has failed may be tried again on the same socket. Throws
/// what a call says that fails again and again.
template <class Call>
void insist(Books& books, std::string_view operation, Call call) {
  for (int attempt = 0;; ++attempt) {
    std::error_code ec;
    call(ec);
    if (!ec) return;
    books.tell(operation, ec);
    if (attempt == 3) throw dgram::Error(ec, operation);
  }
}

/// Runs the context until `done()`. When nothing happens at all, `nudge()` makes something happen.
/// False: that did not help either.
template <class Done, class Nudge>
bool run_until(asio::io_context& io, Books& books, Done done, Nudge nudge) {
  constexpr int rounds_before_nudge = 3;
  constexpr int most_nudges = 20;
  int idle = 0;
  int nudges = 0;
  while (!done()) {
    io.restart();
    if (io.run_one_for(std::chrono::milliseconds(20)) != 0) {
      idle = 0;
    } else if (++idle == rounds_before_nudge) {
      if (nudges++ == most_nudges) return false;
      books.count("nudges");
      nudge();
      idle = 0;
    }
  }
  return true;
}

/// Asio tells the kernel of its earliest timer only. If that fails, all timers stand still until
/// there is an earlier one.
inline void wake_timers(asio::steady_timer& earlier) {
  earlier.expires_at(std::chrono::steady_clock::time_point::min());
  earlier.async_wait([](const std::error_code&) {});
}

class Exchange {
 public:
  static constexpr int datagrams = 24;

  Exchange(asio::io_context& context,
           Books& of_all,
           std::string_view name,
           const dgram::SocketOptions& of_receiver,
           const dgram::SocketOptions& of_sender)
      : io(context),
        books(of_all),
        phase(name),
        receiver(context, of_receiver),
        sender(context, of_sender),
        timer_(context) {
    const dgram::Endpoint any(asio::ip::address_v4::loopback(), 0);
    for (dgram::Socket* const socket : {&receiver, &sender})
      insist(books, "bind", [&](std::error_code& ec) { socket->bind(any, ec); });
    std::error_code ec;
    to = receiver.local_endpoint(ec);
  }

  /// The n-th datagram, of `size` bytes.
  static std::string text(int n, std::size_t size = 8) {
    std::string number = std::to_string(n);
    return std::string(size - number.size(), '0') + number;
  }

  /// A datagram has come.
  void take(std::span<const std::byte> bytes) {
    const char* const begin = reinterpret_cast<const char*>(bytes.data());
    int number = -1;
    std::from_chars(begin, begin + bytes.size(), number);
    books.check(
        number > last_, phase, std::to_string(number) + " came after " + std::to_string(last_));
    last_ = number;
    ++received;
  }

  /// What a send has told. True: it was accepted.
  bool sent(std::string_view operation, const std::error_code& ec) {
    if (ec && ec != asio::error::would_block) ++refused;
    if (ec)
      books.tell(operation, ec);
    else
      ++accepted;
    return !ec;
  }

  /// What a receive has told. False: it is over.
  bool goes_on(std::string_view operation, const std::error_code& ec) {
    if (ec == asio::error::operation_aborted) return false;
    constexpr int most = 1000;
    if (ec) books.tell(operation, ec);
    if (ec && ++errors_ == most) {
      books.check(false, phase, "a receive tells errors without end");
      return false;
    }
    return true;
  }

  /// Whether all that was accepted has been received or counted.
  bool arrived() const {
    return received == accepted || received + receiver.stats().kernel_drops == accepted;
  }

  /// For forms that end by a handler: one begins, and has ended.
  void begin() noexcept { ++running_; }
  void end() noexcept { --running_; }

  void spawn(asio::awaitable<void> coroutine) {
    begin();
    asio::co_spawn(io, std::move(coroutine), [this](std::exception_ptr failure) {
      end();
      if (failure) std::rethrow_exception(failure);
    });
  }

  /// Runs `start_sends`, then waits for what was accepted, and closes the books.
  template <class StartReceives, class StartSends>
  void run(StartReceives start_receives, StartSends start_sends, bool reads_late = false) {
    const auto nudge = [this] { send_another(); };
    if (!reads_late) start_receives(*this);
    const int receives = running_;
    start_sends(*this);
    bool came = ledger::run_until(
        io, books, [&] { return running_ == receives; }, nudge);
    if (reads_late) start_receives(*this);
    came = came && ledger::run_until(
                       io, books, [this] { return arrived(); }, nudge);
    books.check(came, phase, "nothing happens any more");
    receiver.cancel();
    sender.cancel();
    ledger::run_until(
        io, books, [this] { return running_ == 0; }, [this] { wake_timers(); });
    close();
  }

  asio::io_context& io;
  Books& books;
  const std::string phase;
  dgram::Socket receiver, sender;
  dgram::Endpoint to;
  std::uint64_t accepted = 0, refused = 0, received = 0;
  int next = 0;  ///< The number of the next datagram.

 private:
  void send_another() {
    const std::string more = text(next++);
    std::error_code ec;
    sender.try_send(more, to, ec);
    sent("try_send", ec);
    wake_timers();
  }

  void wake_timers() { ledger::wake_timers(timer_); }

  void close() {
    const std::uint64_t drops = receiver.stats().kernel_drops;
    books.equal(
        accepted, received + drops, phase, "accepted, and received or dropped by the kernel");
    books.equal(sender.stats().datagrams_sent, accepted, phase, "sent as counted and as told");
    books.equal(sender.stats().send_errors, refused, phase, "refused as counted and as told");
    books.equal(
        receiver.stats().datagrams_received, received, phase, "received as counted and as told");
    books.equal(receiver.stats().held, 0, phase, "held at the end");
    books.count("accepted", accepted);
    books.count("refused", refused);
    books.count("received", received);
    books.count("kernel_drops", drops);
    books.count("gso_refused", sender.stats().gso_refused);
    receiver.close();
    books.equal(receiver.stats().kernel_drops, drops, phase, "drops before and after close()");
    sender.close();
  }

  asio::steady_timer timer_;
  int last_ = -1;
  int errors_ = 0;
  int running_ = 0;
};

}  // namespace ledger
