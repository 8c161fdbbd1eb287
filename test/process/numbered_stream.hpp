// A steady stream of numbered datagrams, and an account of each number.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

namespace test {

/// Sends numbers to a service at a steady rate, and ticks off those that come back.
class NumberedStream {
 public:
  /// Never more than `most` numbers, whatever happens.
  NumberedStream(asio::io_context& io, int per_second, std::size_t most);

  /// Sends until stop(). `to` may be set later.
  asio::awaitable<void> send();
  void set_target(const dgram::Endpoint& to) { to_ = to; }
  void stop() noexcept { stopped_ = true; }

  /// Ticks off what comes back, until the socket is closed.
  asio::awaitable<void> receive();
  void close() { socket_.close(); }

  /// A number that somebody received, and need not answer.
  void tick_off(const dgram::Datagram& datagram);

  std::size_t sent() const noexcept { return sent_; }
  std::size_t answered() const noexcept { return answered_; }  ///< Different numbers.
  std::size_t doubled() const noexcept { return doubled_; }
  std::size_t foreign() const noexcept { return foreign_; }  ///< Not one that was sent.
  std::size_t missing() const noexcept { return sent_ - answered_; }

  /// Answers that the kernel dropped at this end.
  std::size_t drops() const { return socket_.stats().kernel_drops; }

  /// The longest time without an answer, so far.
  std::chrono::steady_clock::duration longest_silence() const noexcept { return silence_; }
  std::chrono::steady_clock::duration elapsed() const noexcept { return elapsed_; }

 private:
  dgram::Socket socket_;
  dgram::Endpoint to_;
  int per_second_;
  std::vector<std::uint8_t> seen_;
  std::size_t sent_ = 0, answered_ = 0, doubled_ = 0, foreign_ = 0;
  bool stopped_ = false;
  std::chrono::steady_clock::time_point last_answer_{};
  std::chrono::steady_clock::duration silence_{}, elapsed_{};
};

}  // namespace test
