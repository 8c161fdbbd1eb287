// What the tests of ShardGroup have in common: a service that notes what came where, and a client.
#pragma once

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/scale/shard_group.hpp>
#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "support/loopback.hpp"
#include "support/run.hpp"

namespace test {

/// Which shards got which number: shared by all shards, guarded.
class Notes {
 public:
  void add(std::size_t shard, std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    seen_[number].push_back(shard);
    ++total_;
    changed_.notify_all();
  }

  /// Waits until so many have come. False: they have not.
  bool wait_for(std::size_t total) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return total_ >= total; });
  }

  std::size_t total() {
    const std::lock_guard lock(mutex_);
    return total_;
  }

  /// For each number the shards that got it, in order.
  std::map<std::uint32_t, std::vector<std::size_t>> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    seen_.clear();
    total_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, std::vector<std::size_t>> seen_;
  std::size_t total_ = 0;
};

/// A service that notes the number of each datagram until it is asked to end.
class Noting {
 public:
  explicit Noting(Notes& notes) : notes_(&notes) {}
  asio::awaitable<void> operator()(dgram::Shard& shard) const { return serve(*notes_, shard); }

 private:
  static asio::awaitable<void> serve(Notes& notes, dgram::Shard& shard) {
    for (;;) {
      const dgram::Datagram d = co_await shard.socket().recv();
      notes.add(shard.index(), number_of(d));
    }
  }
  static std::uint32_t number_of(const dgram::Datagram& d) {
    std::uint32_t number = 0;
    for (const std::byte byte : d.data().first(std::min<std::size_t>(d.size(), 4)))
      number = number << 8 | std::to_integer<std::uint32_t>(byte);
    return number;
  }
  Notes* notes_;
};

/// Sends numbers, four bytes each, from one port or from many.
class Client {
 public:
  explicit Client(std::size_t ports = 1) {
    for (std::size_t i = 0; i < ports; ++i) sockets_.push_back(bound(io_));
  }

  /// One datagram each, by itself: a run would go to one shard as a whole.
  void send(const dgram::Endpoint& to, std::uint32_t number) {
    const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(number >> 24),
                                               static_cast<std::uint8_t>(number >> 16),
                                               static_cast<std::uint8_t>(number >> 8),
                                               static_cast<std::uint8_t>(number)};
    dgram::Socket& from = sockets_[number % sockets_.size()];
    std::error_code ec;
    if (!from.try_send(std::as_bytes(std::span(bytes)), to, ec)) throw dgram::Error(ec, "try_send");
  }
  void send(const dgram::Endpoint& to, std::uint32_t from, std::uint32_t count) {
    for (std::uint32_t number = from; number < from + count; ++number) send(to, number);
  }

 private:
  asio::io_context io_;
  std::vector<dgram::Socket> sockets_;
};

/// The four bytes of Client.
inline dgram::Steering by_number() {
  return dgram::Steering::by_key(dgram::PayloadKey());
}

inline dgram::ShardGroupOptions shards(std::size_t count, const dgram::Steering& steering = {}) {
  dgram::ShardGroupOptions options;
  options.shards = count;
  options.steering = steering;
  options.socket.recv_buffer_size = 1 << 20;
  return options;
}

/// The code that a call throws; none when it does not.
template <class F>
std::error_code error_of(F f) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace test
