// What the steps inside the library cost: no system call is in the time, unless a step has one.
//
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=15 and compare
// medians of one run with each other; tools/bench --filter micro does so.
#include <benchmark/benchmark.h>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <atomic>
#include <chrono>
#include <dgram/dgram.hpp>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/context.hpp"
#include "support/core.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int batch = 16;  // what one system call brings by default

struct Pair {
  Pair() : receiver(io), sender(io) {
    const dgram::Endpoint loopback(asio::ip::address_v4::loopback(), 0);
    receiver.bind(loopback);
    sender.bind(loopback);
    to = receiver.local_endpoint();
  }
  void send(int count) {
    std::error_code ec;
    for (int i = 0; i < count; ++i)
      if (!sender.try_send("x", to, ec)) throw dgram::Error(ec, "try_send");
  }
  dgram::Datagram take() {
    std::error_code ec;
    std::optional<dgram::Datagram> datagram = receiver.try_recv(ec);
    if (!datagram) throw dgram::Error(ec, "try_recv");
    return std::move(*datagram);
  }
  bench::Context io;
  dgram::Socket receiver;
  dgram::Socket sender;
  dgram::Endpoint to;
};

void set_time(benchmark::State& state, Clock::duration spent, int steps) {
  state.SetIterationTime(std::chrono::duration<double>(spent).count() / steps);
}

// ---- taking a datagram that was received with another one

asio::awaitable<void> take_ready(benchmark::State& state, Pair& pair) {
  for ([[maybe_unused]] auto unused : state) {
    pair.send(batch);
    pair.take();  // brings all of them
    const Clock::time_point began = Clock::now();
    for (int i = 1; i < batch; ++i) {
      const dgram::Datagram datagram = co_await pair.receiver.recv();
      benchmark::DoNotOptimize(datagram.size());
    }
    set_time(state, Clock::now() - began, batch - 1);
  }
}

void ready_recv(benchmark::State& state) {
  Pair pair;
  asio::co_spawn(pair.io, take_ready(state, pair), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  pair.io.run();
}

void ready_try_recv(benchmark::State& state) {
  Pair pair;
  for ([[maybe_unused]] auto unused : state) {
    pair.send(batch);
    pair.take();
    const Clock::time_point began = Clock::now();
    for (int i = 1; i < batch; ++i) {
      const dgram::Datagram datagram = pair.take();
      benchmark::DoNotOptimize(datagram.size());
    }
    set_time(state, Clock::now() - began, batch - 1);
  }
}

// ---- waiting

/// A receive that waits for its datagram; `start` starts it. The sending is not timed.
template <class Start>
void measure_wait(benchmark::State& state, Start start) {
  Pair pair;
  for ([[maybe_unused]] auto unused : state) {
    const Clock::time_point began = Clock::now();
    bool done = false;
    start(pair.receiver, done);
    pair.io.restart();
    pair.io.poll();  // now it waits
    const Clock::duration starting = Clock::now() - began;
    pair.send(1);
    const Clock::time_point arrived = Clock::now();
    while (!done) pair.io.run_one();
    set_time(state, starting + (Clock::now() - arrived), 1);
  }
}

void wait_recv(benchmark::State& state) {
  measure_wait(state, [](dgram::Socket& socket, bool& done) {
    socket.async_recv([&done](std::error_code, const dgram::Datagram&) { done = true; });
  });
}

/// The same with a deadline that is armed for each receive, and does not come.
void wait_recv_for(benchmark::State& state) {
  measure_wait(state, [](dgram::Socket& socket, bool& done) {
    socket.async_recv_for(
        std::chrono::hours(1),
        [&done](std::error_code, const std::optional<dgram::Datagram>&) { done = true; });
  });
}

void cancelled_recv(benchmark::State& state) {
  Pair pair;
  asio::cancellation_signal signal;
  for ([[maybe_unused]] auto unused : state) {
    bool done = false;
    pair.receiver.async_recv(asio::bind_cancellation_slot(
        signal.slot(), [&done](std::error_code, const dgram::Datagram&) { done = true; }));
    signal.emit(asio::cancellation_type::total);
    pair.io.restart();
    pair.io.poll();
    if (!done) state.SkipWithError("the receive was not cancelled");
  }
}

// ---- a datagram's life

void datagram_move(benchmark::State& state) {
  Pair pair;
  pair.send(1);
  dgram::Datagram datagram = pair.take();
  for ([[maybe_unused]] auto unused : state) {
    dgram::Datagram other(std::move(datagram));
    benchmark::DoNotOptimize(other);
    datagram = std::move(other);
    benchmark::DoNotOptimize(datagram);
  }
}

Clock::duration release(std::vector<dgram::Datagram>& datagrams) {
  const Clock::time_point began = Clock::now();
  datagrams.clear();
  return Clock::now() - began;
}

void receive_batch(Pair& pair, std::vector<dgram::Datagram>& datagrams) {
  pair.send(batch);
  for (int i = 0; i < batch; ++i) datagrams.push_back(pair.take());
}

void release_here(benchmark::State& state) {
  Pair pair;
  std::vector<dgram::Datagram> datagrams;
  for ([[maybe_unused]] auto unused : state) {
    receive_batch(pair, datagrams);
    set_time(state, release(datagrams), batch);
  }
}

/// Another thread gives the datagrams back, with the counters of their memory in the receiver's
/// cache.
void release_on_another_thread(benchmark::State& state) {
  enum Turn { receiver, releaser, end };
  std::atomic<Turn> turn = receiver;
  std::vector<dgram::Datagram> datagrams;
  Clock::duration spent{};
  bench::pin(bench::Core::parent);
  std::thread thread([&] {
    bench::pin(bench::Core::child);
    for (turn.wait(receiver); turn != end; turn.wait(receiver)) {
      spent = release(datagrams);
      turn = receiver;
      turn.notify_one();
    }
  });
  Pair pair;
  for ([[maybe_unused]] auto unused : state) {
    receive_batch(pair, datagrams);
    turn = releaser;
    turn.notify_one();
    turn.wait(releaser);
    set_time(state, spent, batch);
  }
  turn = end;
  turn.notify_one();
  thread.join();
}

// The numbers are fixed: what is timed is short beside what is not, and would be repeated for
// minutes.
BENCHMARK(ready_recv)->UseManualTime()->Iterations(500);
BENCHMARK(ready_try_recv)->UseManualTime()->Iterations(500);
BENCHMARK(wait_recv)->UseManualTime()->Iterations(2000);
BENCHMARK(wait_recv_for)->UseManualTime()->Iterations(2000);
BENCHMARK(cancelled_recv)->Iterations(2000);
BENCHMARK(datagram_move)->Iterations(100'000);
BENCHMARK(release_here)->UseManualTime()->Iterations(500);
BENCHMARK(release_on_another_thread)->UseManualTime()->Iterations(500);

}  // namespace

BENCHMARK_MAIN();
