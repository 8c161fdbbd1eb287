// Numbered datagrams through every receive under random cancellation, on one thread and on a strand
// of a two-thread context. None is lost beyond what the kernel itself dropped, and none comes
// twice.
//
// DGRAM_TEST_DATAGRAMS sets how many (default 100,000); the figures are printed then.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dgram/dgram.hpp>
#include <random>
#include <thread>

#include "core/conformance/coroutines.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_stress_test {

namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

/// One run. The receiver's part is touched on its executor alone; `received` and `drops` also steer
/// the sender.
struct Stress {
  Stress(asio::io_context& io, std::uint64_t n)
      : receiver(io, test::roomy()), sender(io), total(n) {
    receiver.bind(test::any_port());
    sender.bind(test::any_port());
  }

  void take(const dgram::Datagram& d) { take(d.data()); }
  void take(std::span<const std::byte> bytes) {
    std::uint64_t n = 0;
    if (bytes.size() != sizeof n) {
      ++wrong;
      return;
    }
    std::memcpy(&n, bytes.data(), sizeof n);
    // One sender, one way: whatever comes twice or out of order breaks the ascent.
    if (n < next) ++wrong;
    next = n + 1;
    received.fetch_add(1, std::memory_order_relaxed);
  }

  dgram::Socket receiver;
  dgram::Socket sender;
  const std::uint64_t total;
  std::atomic<std::uint64_t> received = 0;
  std::atomic<std::uint64_t> drops = 0;
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;
  std::uint64_t cancelled = 0;
  bool finished = false;
};

/// Ends an operation a little later, or much later, or never in its time.
void cancel_soon(const asio::any_io_executor& executor,
                 std::shared_ptr<asio::cancellation_signal> signal,
                 asio::cancellation_type type,
                 int turns) {
  asio::post(executor, [executor, signal, type, turns] {
    if (turns == 0)
      signal->emit(type);
    else
      cancel_soon(executor, signal, type, turns - 1);
  });
}

/// A receive by slot; what the emit finds decides.
asio::awaitable<void> recv_by_slot(Stress& s, unsigned dice) {
  constexpr std::array types{asio::cancellation_type::terminal,
                             asio::cancellation_type::partial,
                             asio::cancellation_type::total};
  auto signal = std::make_shared<asio::cancellation_signal>();
  const auto executor = co_await asio::this_coro::executor;
  cancel_soon(executor, signal, types[dice % 3], static_cast<int>(dice / 3 % 4));
  std::error_code ec;
  const dgram::Datagram d = co_await s.receiver.async_recv(
      asio::bind_cancellation_slot(signal->slot(), asio::redirect_error(asio::use_awaitable, ec)));
  if (d)
    s.take(d);
  else
    ++s.cancelled;
  if (d && ec) ++s.wrong;
}

asio::awaitable<void> recv_against_timer(Stress& s,
                                         asio::steady_timer& timer,
                                         std::chrono::microseconds limit) {
  timer.expires_after(limit);
  const auto first = co_await (s.receiver.recv() || timer.async_wait(asio::use_awaitable));
  if (first.index() == 0)
    s.take(std::get<0>(first));
  else
    ++s.cancelled;
}

asio::awaitable<void> recv_against_ready(Stress& s, bool recv_comes_first) {
  if (recv_comes_first) {
    const auto first = co_await (s.receiver.recv() || test::ready());
    if (first.index() == 0)
      s.take(std::get<0>(first));
    else
      ++s.cancelled;
  } else {
    const auto first = co_await (test::ready() || s.receiver.recv());
    if (first.index() == 1)
      s.take(std::get<1>(first));
    else
      ++s.cancelled;
  }
}

asio::awaitable<void> recv_many_against_ready(Stress& s) {
  std::array<dgram::Datagram, 4> some;
  const auto first = co_await (s.receiver.recv_many(some) || test::ready());
  if (first.index() == 0) {
    for (std::size_t i = 0; i < std::get<0>(first); ++i) s.take(some[i]);
  } else {
    ++s.cancelled;
  }
}

asio::awaitable<void> recv_into_against_timer(Stress& s,
                                              asio::steady_timer& timer,
                                              std::chrono::microseconds limit) {
  std::array<std::byte, 16> bytes;
  timer.expires_after(limit);
  const auto first =
      co_await (timer.async_wait(asio::use_awaitable) || s.receiver.recv_into(bytes));
  if (first.index() == 1)
    s.take(std::span<const std::byte>(bytes).first(std::get<1>(first).size));
  else
    ++s.cancelled;
}

asio::awaitable<void> receive(Stress& s) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  std::minstd_rand random(1);  // the same run every time, as far as the kernel lets it
  int quiet = 0;
  // A deadline of its own: when something was lost, this ends by silence instead of hanging.
  while (s.received.load(std::memory_order_relaxed) + s.drops.load(std::memory_order_relaxed) <
             s.total &&
         quiet < 5) {
    const unsigned dice = static_cast<unsigned>(random());
    const std::chrono::microseconds limit(dice / 16 % 300);
    switch (dice % 8) {
      case 0:
        co_await recv_against_timer(s, timer, limit);
        break;
      case 1:
        co_await recv_against_ready(s, true);
        break;
      case 2:
        co_await recv_against_ready(s, false);
        break;
      case 3:
        co_await recv_by_slot(s, dice / 16);
        break;
      case 4:
        co_await recv_many_against_ready(s);
        break;
      case 5:
        co_await recv_into_against_timer(s, timer, limit);
        break;
      default: {
        const auto d = co_await s.receiver.recv_for(limit);
        if (d)
          s.take(*d);
        else
          ++s.cancelled;
      }
    }
    if (s.cancelled % 4096 == 4095) {
      // Now and then, so that a loss shows: a second without a datagram, five times.
      const auto d = co_await s.receiver.recv_for(1s);
      if (d) s.take(*d);
      s.drops = s.receiver.stats().kernel_drops;
      quiet = d ? 0 : quiet + 1;
      ++s.cancelled;
    }
  }
  s.finished = true;
}

/// Bursts of random length, never more than the receive buffer takes.
asio::awaitable<void> send(Stress& s, const std::atomic<bool>& stop) {
  constexpr std::uint64_t window = 256;
  const dgram::Endpoint to = s.receiver.local_endpoint();
  std::minstd_rand random(2);
  std::uint64_t sent = 0;
  while (sent < s.total && !stop) {
    const std::uint64_t done =
        s.received.load(std::memory_order_relaxed) + s.drops.load(std::memory_order_relaxed);
    const std::uint64_t burst =
        std::min<std::uint64_t>({random() % 64 + 1, s.total - sent, done + window - sent});
    for (std::uint64_t i = 0; i < burst; ++i, ++sent) {
      const std::span<const std::uint64_t> one(&sent, 1);
      co_await s.sender.send(std::as_bytes(one), to);
    }
    co_await asio::post(asio::use_awaitable);
  }
}

void stress(unsigned threads) {
  asio::io_context io(static_cast<int>(threads));
  Stress s(io, test::how_many(100'000));
  std::atomic<bool> stop = false;
  const auto begin = std::chrono::steady_clock::now();
  // Only for a test that hangs: a loss shows in seconds, and under ThreadSanitizer on a loaded
  // machine 100,000 datagrams have taken more than three minutes.
  const auto limit = 8 * test::deadline + std::chrono::milliseconds(1) * s.total;
  // On one thread the plain context is its own strand.
  const asio::any_io_executor home =
      threads > 1 ? asio::any_io_executor(asio::make_strand(io)) : io.get_executor();
  const asio::any_io_executor abroad =
      threads > 1 ? asio::any_io_executor(asio::make_strand(io)) : io.get_executor();
  std::exception_ptr failure;
  asio::co_spawn(home, receive(s), [&](std::exception_ptr e) {
    failure = e;
    stop = true;
  });
  asio::co_spawn(abroad, send(s, stop), asio::detached);
  std::thread second;
  if (threads > 1) second = std::thread([&] { io.run_for(limit); });
  io.run_for(limit);
  if (second.joinable()) second.join();
  if (failure) std::rethrow_exception(failure);

  const std::uint64_t drops = s.receiver.stats().kernel_drops;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (std::getenv("DGRAM_TEST_DATAGRAMS"))
    std::printf(
        "stress, %u thread(s): %llu sent, %llu received, %llu dropped by the kernel, %llu receives "
        "cancelled, %.1f s\n",
        threads,
        static_cast<unsigned long long>(s.total),
        static_cast<unsigned long long>(s.received.load()),
        static_cast<unsigned long long>(drops),
        static_cast<unsigned long long>(s.cancelled),
        seconds);
  CHECK(s.finished);
  CHECK(s.wrong == 0);
  CHECK(s.received + drops == s.total);
  CHECK(s.receiver.stats().held == 0);
  CHECK(s.cancelled > 0);
}

}  // namespace

TEST_CASE("no datagram is lost or doubled under random cancellation on one thread",
          "[conformance][stress]") {
  stress(1);
}

TEST_CASE("no datagram is lost or doubled under random cancellation on a strand of two threads",
          "[conformance][stress]") {
  stress(2);
}

}  // namespace conformance_stress_test
