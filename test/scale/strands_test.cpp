// Sockets on strands of one context that several threads run.
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <dgram/dgram.hpp>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace scale_strands_test {

namespace {

constexpr int rounds = 300;
constexpr int pairs = 4;

asio::awaitable<void> echo(dgram::Socket& socket) {
  for (int i = 0; i < rounds; ++i) {
    const dgram::Datagram d = co_await socket.recv();
    co_await socket.send(d, d.remote());
  }
}

asio::awaitable<void> ask(dgram::Socket& socket, dgram::Endpoint to, std::atomic<int>& answers) {
  for (int i = 0; i < rounds; ++i) {
    const std::string text = std::to_string(i);
    co_await socket.send(text, to);
    const dgram::Datagram d = co_await socket.recv();
    if (d.text() == text) ++answers;
  }
}

/// Runs the context on so many threads until it has no work left.
void run_on(asio::io_context& io, int threads) {
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&io] { io.run_for(test::deadline); });
  io.run_for(test::deadline);
  for (std::thread& other : others) other.join();
}

}  // namespace

TEST_CASE("sockets on strands of a context that four threads run", "[scale][threads]") {
  const bool is_made_with_strand = GENERATE(true, false);
  asio::io_context io(4);
  std::vector<asio::any_io_executor> strands;
  std::vector<dgram::Socket> sockets;
  for (int i = 0; i < 2 * pairs; ++i) {
    strands.emplace_back(asio::make_strand(io));
    // Made with the plain context it is no less safe: what counts is where its operations are
    // awaited.
    sockets.emplace_back(is_made_with_strand ? strands.back()
                                             : asio::any_io_executor(io.get_executor()));
    sockets.back().bind(test::any_port());
  }
  std::atomic<int> answers = 0;
  std::atomic<int> failures = 0;
  const auto done = [&failures](std::exception_ptr e) { failures += e != nullptr; };
  for (std::size_t i = 0; i < sockets.size(); i += 2) {
    asio::co_spawn(strands[i], echo(sockets[i]), done);
    asio::co_spawn(strands[i + 1], ask(sockets[i + 1], sockets[i].local_endpoint(), answers), done);
  }
  run_on(io, 4);
  CHECK(failures == 0);
  CHECK(answers == pairs * rounds);
}

TEST_CASE("two coroutines share a socket on its strand", "[scale][threads]") {
  asio::io_context io(2);
  const auto strand = asio::make_strand(io);
  dgram::Socket shared(strand);
  shared.bind(test::any_port());
  const auto other = asio::make_strand(io);
  dgram::Socket client(other);
  client.bind(test::any_port());
  std::atomic<int> failures = 0;
  std::atomic<int> answers = 0;
  const auto done = [&failures](std::exception_ptr e) { failures += e != nullptr; };
  const auto half = [](dgram::Socket& socket) -> asio::awaitable<void> {
    for (int i = 0; i < rounds / 2; ++i) {
      const dgram::Datagram d = co_await socket.recv();
      co_await socket.send(d, d.remote());
    }
  };
  asio::co_spawn(strand, half(shared), done);
  asio::co_spawn(strand, half(shared), done);
  asio::co_spawn(other, ask(client, shared.local_endpoint(), answers), done);
  run_on(io, 2);
  CHECK(failures == 0);
  CHECK(answers == rounds);
}

TEST_CASE("a socket is closed on its strand while other threads are at work", "[scale][threads]") {
  asio::io_context io(3);
  std::atomic<int> aborted = 0;
  std::vector<dgram::Socket> sockets;
  std::vector<asio::any_io_executor> strands;
  const auto wait = [&aborted](dgram::Socket& socket) -> asio::awaitable<void> {
    std::error_code ec;
    co_await socket.recv(ec);
    aborted += ec == asio::error::operation_aborted;
  };
  for (int i = 0; i < 30; ++i) {
    strands.emplace_back(asio::make_strand(io));
    sockets.emplace_back(strands.back());
    sockets.back().bind(test::any_port());
  }
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    asio::co_spawn(strands[i], wait(sockets[i]), asio::detached);
    asio::post(strands[i], [&socket = sockets[i]] { socket.close(); });
  }
  run_on(io, 3);
  CHECK(aborted == 30);
}

}  // namespace scale_strands_test
