// What one message costs through the Node adapter, beside try_recv() alone and beside a loop by
// hand that waits and takes 32 at a time, as the adapter does.
//
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=15 and compare
// medians of one run with each other.
#include <benchmark/benchmark.h>
#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <dgram/node/socket.hpp>
#include <string>

#include "support/context.hpp"

namespace {

using Clock = std::chrono::steady_clock;

// Fits a receive buffer of 212,992 bytes, Linux's default, at 1200 bytes a datagram.
constexpr int datagrams = 64;
constexpr int per_turn = 32;

/// A socket that datagrams are sent from, inside the test's own turn.
class Sender {
 public:
  explicit Sender(asio::io_context& io) : socket_(io) {
    socket_.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  }
  void fill(const std::string& payload, const dgram::Endpoint& to) {
    std::error_code ec;
    for (int i = 0; i < datagrams; ++i)
      if (!socket_.try_send(payload, to, ec)) throw dgram::Error(ec, "fill");
  }

 private:
  dgram::Socket socket_;
};

/// Times how long `drain` takes for the datagrams that wait at `to`, once per iteration.
template <class Drain>
void measure(benchmark::State& state, Sender& sender, const dgram::Endpoint& to, Drain drain) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for ([[maybe_unused]] auto unused : state) {
    sender.fill(payload, to);
    const Clock::time_point began = Clock::now();
    drain();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - began).count());
  }
  using benchmark::Counter;
  state.counters["per_datagram"] =
      Counter(datagrams, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

void try_recv(benchmark::State& state) {
  bench::Context io;
  Sender sender(io);
  dgram::Socket receiver(io);
  receiver.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  measure(state, sender, receiver.local_endpoint(), [&] {
    std::error_code ec;
    for (int i = 0; i < datagrams; ++i)
      if (!receiver.try_recv(ec)) throw dgram::Error(ec, "try_recv");
  });
}

/// The loop that the adapter spares its user.
class ByHand {
 public:
  explicit ByHand(asio::io_context& io) : socket_(io) {
    socket_.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    arm();
  }
  dgram::Endpoint endpoint() const { return socket_.local_endpoint(); }
  int count = 0;

 private:
  void arm() {
    socket_.async_wait_readable([this](std::error_code) {
      std::error_code ec;
      for (int i = 0; i < per_turn && socket_.try_recv(ec); ++i) ++count;
      arm();
    });
  }
  dgram::Socket socket_;
};

void wait_and_try_recv(benchmark::State& state) {
  bench::Context io;
  Sender sender(io);
  ByHand receiver(io);
  measure(state, sender, receiver.endpoint(), [&] {
    for (receiver.count = 0; receiver.count < datagrams;) io.run_one();
  });
}

void node_message(benchmark::State& state) {
  bench::Context io;
  Sender sender(io);
  dgram::node::Socket receiver = dgram::node::create_socket(io, "udp4");
  int count = 0;
  receiver.on(dgram::node::event::message,
              [&](const dgram::Datagram&, const dgram::node::RemoteInfo&) { ++count; });
  const int port = receiver.bind_sync({0, "127.0.0.1"}).port;
  measure(state, sender, dgram::make_endpoint("127.0.0.1", port), [&] {
    for (count = 0; count < datagrams;) io.run_one();
  });
}

BENCHMARK(try_recv)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK(wait_and_try_recv)->Arg(64)->Arg(1200)->UseManualTime();
BENCHMARK(node_message)->Arg(64)->Arg(1200)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
