// A turn of a place: what it is given, and how long it goes on.
#pragma once

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/batch.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/socket.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "account.hpp"
#include "tally.hpp"

namespace soak {

using Clock = std::chrono::steady_clock;

/// How long what is on its way may take until it has arrived, or is counted somewhere.
inline constexpr auto patience = std::chrono::seconds(60);

/// Set by Ctrl-C.
inline std::atomic<bool> is_told_to_end = false;

struct Turn {
  /// Its time begins: all is there that it needs, however long that took.
  void start() {
    begin = Clock::now();
    end = begin + length;
  }
  bool is_over() const { return is_told_to_end || Clock::now() >= end; }
  /// Whether that part of it, of 1, has passed.
  bool has_passed(double part) const {
    return is_told_to_end || Clock::now() >= begin + (end - begin) * part;
  }
  bool has_numbers(std::size_t wanted) const { return Tally::most - next_number >= wanted; }
  void fault(const std::string& what) { faults.push_back(what); }

  /// Whether all is accounted for but what may be lost where it cannot be counted.
  bool is_settled() {
    account.received = tally.received();
    return account.missing() <= 0;
  }

  Tally& tally;
  const std::string& folder;  ///< For files of a turn.
  unsigned count;             ///< Of the turns of this place before this one.
  Clock::duration length;
  Clock::time_point begin = {}, end = {};
  std::uint32_t next_number = 0;
  Account account = {};
  std::vector<std::string> faults = {};
};

/// Runs the context until something has become so; false when that takes too long.
template <class Condition>
bool run_until(asio::io_context& io, Condition condition, Clock::duration limit = patience) {
  const auto work = asio::make_work_guard(io);
  const auto end = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > end) return false;
    io.restart();
    if (io.poll() == 0) io.run_one_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Runs the context until it has no work any more. What is closed is not to keep it.
inline void run_out(asio::io_context& io, Turn& turn) {
  io.restart();
  io.run_for(patience);
  if (!io.stopped()) turn.fault("the context has work left when all is closed");
}

/// Numbered datagrams, with the memory that a send needs while it goes on.
class Batch {
 public:
  static constexpr std::size_t most = 64;

  /// Makes `count` new ones. Of one size, or of 20 sizes from small to just below 1200 bytes.
  void make(Turn& turn, std::size_t count, std::size_t size_of_all = 0) {
    bytes_.resize(most * 1200);
    std::size_t at = 0;
    sizes_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t number = turn.next_number++;
      const std::size_t size = size_of_all != 0 ? size_of_all : least_size + number % 20 * 62;
      turn.tally.write(number, std::span(bytes_).subspan(at, size));
      sizes_.push_back(size);
      at += size;
    }
    whole_ = at;
  }

  std::size_t size() const noexcept { return sizes_.size(); }
  /// All of them behind one another.
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(whole_); }
  /// Calls `f` with the bytes of each.
  template <class F>
  void for_each(F f) const {
    std::size_t at = 0;
    for (const std::size_t size : sizes_)
      f(std::span<const std::byte>(bytes_).subspan(std::exchange(at, at + size), size));
  }
  /// All of them to one end.
  std::span<dgram::Outgoing> outgoing(const dgram::Endpoint& to) {
    outgoing_.clear();
    for_each([&](std::span<const std::byte> each) {
      outgoing_.emplace_back(asio::const_buffer(each.data(), each.size()), to);
    });
    return outgoing_;
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> sizes_;
  std::vector<dgram::Outgoing> outgoing_;
  std::size_t whole_ = 0;
};

/// Books what has become of a batch.
inline void book(Account& account, std::span<const dgram::Outgoing> batch) {
  for (const dgram::Outgoing& each : batch) {
    if (each.result)
      account.refuse(each.result);
    else
      ++account.accepted;
  }
}

}  // namespace soak
