// What one datagram costs through each call, beside the raw system call: a filled socket is
// drained, or a batch sent, and timed.
//
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=15 and compare
// medians of one run with each other.
#include <sys/socket.h>

#include <benchmark/benchmark.h>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// Fits a receive buffer of 212,992 bytes, Linux's default, at 1200 bytes a datagram.
constexpr int datagrams = 64;

struct Pair {
  Pair() : receiver(io), sender(io) {
    const dgram::Endpoint loopback(asio::ip::address_v4::loopback(), 0);
    receiver.bind(loopback);
    sender.bind(loopback);
    to = receiver.local_endpoint();
  }
  void fill(const std::string& payload) {
    std::error_code ec;
    for (int i = 0; i < datagrams; ++i)
      if (!sender.try_send(payload, to, ec)) throw dgram::Error(ec, "fill");
  }
  asio::io_context io{1};
  dgram::Socket receiver;
  dgram::Socket sender;
  dgram::Endpoint to;
};

void report(benchmark::State& state, Clock::duration spent) {
  state.SetIterationTime(std::chrono::duration<double>(spent).count());
}

/// The column to read: seconds per datagram.
void count(benchmark::State& state) {
  using benchmark::Counter;
  state.counters["per_datagram"] =
      Counter(datagrams, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

/// Times `drain`, a coroutine that takes all datagrams, once per iteration.
template <class Drain>
void measure(benchmark::State& state, Drain drain) {
  Pair pair;
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  const auto body = [&]() -> asio::awaitable<void> {
    for ([[maybe_unused]] auto unused : state) {
      pair.fill(payload);
      const Clock::time_point began = Clock::now();
      co_await drain(pair);
      report(state, Clock::now() - began);
    }
  };
  asio::co_spawn(pair.io, body(), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  pair.io.run();
  count(state);
}

asio::awaitable<void> drain_recv(Pair& pair) {
  for (int i = 0; i < datagrams; ++i) {
    const dgram::Datagram datagram = co_await pair.receiver.recv();
    benchmark::DoNotOptimize(datagram.size());
  }
}

asio::awaitable<void> drain_recv_many(Pair& pair) {
  std::vector<dgram::Datagram> batch(16);
  for (std::size_t got = 0; got < datagrams;) got += co_await pair.receiver.recv_many(batch);
}

asio::awaitable<void> drain_recv_into(Pair& pair) {
  std::array<std::byte, 2048> buffer;
  const std::span<std::byte> room(buffer);
  for (int i = 0; i < datagrams; ++i)
    benchmark::DoNotOptimize(co_await pair.receiver.recv_into(room));
}

asio::awaitable<void> drain_try_recv(Pair& pair) {
  std::error_code ec;
  for (int i = 0; i < datagrams; ++i)
    if (!pair.receiver.try_recv(ec)) throw dgram::Error(ec, "try_recv");
  co_return;
}

asio::awaitable<void> drain_raw(Pair& pair) {
  static std::array<std::array<char, 2048>, 16> slots;
  std::array<dgram::Endpoint, 16> from;
  std::array<mmsghdr, 16> messages;
  std::array<iovec, 16> pieces;
  for (int got = 0; got < datagrams;) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      pieces[i] = {slots[i].data(), slots[i].size()};
      messages[i] = mmsghdr();
      messages[i].msg_hdr.msg_name = from[i].data();
      messages[i].msg_hdr.msg_namelen = static_cast<socklen_t>(from[i].capacity());
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int received =
        ::recvmmsg(pair.receiver.native_handle(), messages.data(), 16, MSG_DONTWAIT, nullptr);
    if (received <= 0) throw std::runtime_error("recvmmsg found too little");
    got += received;
  }
  co_return;
}

/// Times `send`, a coroutine that sends all datagrams, once per iteration.
template <class Send>
void measure_send(benchmark::State& state, Send send) {
  Pair pair;
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  const auto body = [&]() -> asio::awaitable<void> {
    for ([[maybe_unused]] auto unused : state) {
      const Clock::time_point began = Clock::now();
      co_await send(pair, payload);
      report(state, Clock::now() - began);
      co_await drain_raw(pair);
    }
  };
  asio::co_spawn(pair.io, body(), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  pair.io.run();
  count(state);
}

asio::awaitable<void> send_each(Pair& pair, const std::string& payload) {
  for (int i = 0; i < datagrams; ++i) co_await pair.sender.send(payload, pair.to);
}

asio::awaitable<void> send_batch(Pair& pair, const std::string& payload) {
  std::vector<dgram::Outgoing> batch(datagrams, dgram::Outgoing(asio::buffer(payload), pair.to));
  co_await pair.sender.send_many(batch);
}

asio::awaitable<void> send_raw(Pair& pair, const std::string& payload) {
  for (int i = 0; i < datagrams; ++i)
    ::sendto(pair.sender.native_handle(),
             payload.data(),
             payload.size(),
             MSG_DONTWAIT,
             pair.to.data(),
             static_cast<socklen_t>(pair.to.size()));
  co_return;
}

BENCHMARK_CAPTURE(measure, raw_recvmmsg_16, drain_raw)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure, recv, drain_recv)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure, recv_many, drain_recv_many)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure, recv_into, drain_recv_into)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure, try_recv, drain_try_recv)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure_send, raw_sendto, send_raw)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure_send, send, send_each)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK_CAPTURE(measure_send, send_many, send_batch)->Arg(64)->Arg(1200)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
