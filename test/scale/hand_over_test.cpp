// A Datagram may go to another thread, and die there.
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <dgram/dgram.hpp>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace scale_hand_over_test {

namespace {

constexpr std::uint64_t total = 4000;

/// A ring that one thread fills and another one empties. No lock.
class Ring {
 public:
  bool put(dgram::Datagram& d) {
    if (filled_ - emptied_.load(std::memory_order_acquire) == cells_.size()) return false;
    cells_[filled_ % cells_.size()] = std::move(d);
    filled_.store(filled_ + 1, std::memory_order_release);
    return true;
  }
  bool take(dgram::Datagram& d) {
    if (emptied_ == filled_.load(std::memory_order_acquire)) return false;
    d = std::move(cells_[emptied_ % cells_.size()]);
    emptied_.store(emptied_ + 1, std::memory_order_release);
    return true;
  }

 private:
  std::array<dgram::Datagram, 16> cells_;
  std::atomic<std::size_t> filled_ = 0;
  std::atomic<std::size_t> emptied_ = 0;
};

std::uint64_t number_of(const dgram::Datagram& d) {
  std::uint64_t number = ~std::uint64_t{0};
  if (d.size() == sizeof number) std::memcpy(&number, d.data().data(), sizeof number);
  return number;
}

/// Sends in bursts that the receive buffer holds, and waits until each has been taken.
asio::awaitable<void> send_numbers(dgram::Socket& from,
                                   dgram::Endpoint to,
                                   const std::atomic<std::uint64_t>& taken) {
  for (std::uint64_t sent = 0; sent < total;) {
    for (int i = 0; i < 40; ++i, ++sent) {
      const std::span<const std::uint64_t> one(&sent, 1);
      co_await from.send(std::as_bytes(one), to);
    }
    while (taken < sent) {
      std::this_thread::yield();
      co_await asio::post(asio::use_awaitable);
    }
  }
}

}  // namespace

TEST_CASE("a datagram is handed to another thread without a lock, read and released there",
          "[scale][threads]") {
  asio::io_context io(1);
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  Ring ring;
  std::atomic<std::uint64_t> taken = 0;
  std::uint64_t wrong = 0;
  std::thread consumer([&] {
    std::vector<dgram::Datagram>
        kept;  // so that slabs are let go of in another order than they were filled
    while (taken < total) {
      dgram::Datagram d;
      if (!ring.take(d)) {
        std::this_thread::yield();
        continue;
      }
      wrong += number_of(d) != taken;
      if (taken % 3 == 0) kept.push_back(std::move(d));
      if (kept.size() == 50) kept.clear();
      ++taken;
    }
  });
  const auto receive = [](dgram::Socket& from, Ring& to) -> asio::awaitable<void> {
    for (std::uint64_t i = 0; i < total; ++i) {
      dgram::Datagram d = co_await from.recv();
      while (!to.put(d)) std::this_thread::yield();
    }
  };
  std::exception_ptr failure;
  asio::co_spawn(io, receive(receiver, ring), [&](std::exception_ptr e) {
    failure = e;
    if (e) taken = total;
  });
  test::run(io, send_numbers(sender, receiver.local_endpoint(), taken));
  consumer.join();
  if (failure) std::rethrow_exception(failure);
  CHECK(wrong == 0);
}

TEST_CASE("datagrams die on several threads while their socket receives", "[scale][threads]") {
  asio::io_context io(1);
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::array<asio::io_context, 3> others;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  for (asio::io_context& other : others) {
    work.emplace_back(other.get_executor());
    threads.emplace_back([&other] { other.run(); });
  }
  std::atomic<std::uint64_t> taken = 0;
  std::atomic<std::uint64_t> sum = 0;
  const auto receive = [&](dgram::Socket& from) -> asio::awaitable<void> {
    for (std::uint64_t i = 0; i < total; ++i) {
      dgram::Datagram d = co_await from.recv();
      asio::post(others[i % others.size()], [&taken, &sum, d = std::move(d)] {
        sum += number_of(d);
        ++taken;
      });
    }
  };
  asio::co_spawn(io, receive(receiver), asio::detached);
  test::run(io, send_numbers(sender, receiver.local_endpoint(), taken));
  work.clear();
  for (std::thread& thread : threads) thread.join();
  CHECK(sum == total * (total - 1) / 2);
  CHECK(receiver.stats().datagrams_received == total);
}

TEST_CASE("a datagram outlives its socket and its context on another thread", "[scale][threads]") {
  std::vector<dgram::Datagram> kept;
  {
    asio::io_context io(1);
    dgram::Socket receiver = test::bound(io);
    dgram::Socket sender = test::bound(io);
    for (std::uint64_t i = 0; i < 40; ++i) {
      const std::span<const std::uint64_t> one(&i, 1);
      test::put(sender, receiver, std::as_bytes(one));
      std::error_code ec;
      std::optional<dgram::Datagram> d = receiver.try_recv(ec);
      REQUIRE(d.has_value());
      kept.push_back(std::move(*d));
    }
  }
  std::uint64_t sum = 0;
  std::thread([&sum, kept = std::move(kept)] {
    for (const dgram::Datagram& d : kept) sum += number_of(d);
  }).join();
  CHECK(sum == 40 * 39 / 2);
}

TEST_CASE("what one thread received another one can send", "[scale][threads]") {
  asio::io_context receiving(1);
  asio::io_context sending(1);
  dgram::Socket receiver = test::bound(receiving);
  dgram::Socket client = test::bound(receiving);
  dgram::Socket answerer = test::bound(sending);
  auto work = asio::make_work_guard(sending);
  std::thread thread([&sending] { sending.run(); });
  // The socket that sends is touched on its own thread only: the datagram goes there, not the
  // socket.
  const auto answer = [](dgram::Socket& from, dgram::Datagram d) -> asio::awaitable<void> {
    co_await from.send(d, d.remote());
  };
  const auto exchange = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 200; ++i) {
      co_await client.send("to and fro", receiver.local_endpoint());
      dgram::Datagram d = co_await receiver.recv();
      asio::co_spawn(sending, answer(answerer, std::move(d)), asio::detached);
      const dgram::Datagram back = co_await client.recv();
      if (back.text() != "to and fro") throw std::runtime_error("another answer");
    }
  };
  test::run(receiving, exchange());
  work.reset();
  thread.join();
  CHECK(answerer.stats().datagrams_sent == 200);
}

}  // namespace scale_hand_over_test
