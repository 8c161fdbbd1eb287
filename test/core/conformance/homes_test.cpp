// Sockets at home in several places of a context that two threads run: whatever is awaited or
// completed is so at home, each time.
//
// DGRAM_TEST_DATAGRAMS sets how many datagrams (default 30,000 for each place).
#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <chrono>
#include <dgram/dgram.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/marking_executor.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_homes_test {

namespace {

using namespace std::chrono_literals;
using Strand = asio::strand<asio::io_context::executor_type>;

/// One place, a socket that is used there alone, and what is seen of it.
struct Home {
  Home(asio::io_context& io, std::string n, bool by_context, bool by_user)
      : name(std::move(n)),
        strand(asio::make_strand(io)),
        executor(by_user ? asio::any_io_executor(test::MarkingExecutor<Strand>(strand))
                         : asio::any_io_executor(strand)),
        needs_mark(by_user),
        has_futures(!by_context),
        // Room for all that is under way at once: a writer whose datagrams are dropped ends.
        socket(by_context ? asio::any_io_executor(io.get_executor()) : executor, test::roomy()),
        timer(executor) {
    socket.bind(test::any_port());
    to = socket.local_endpoint();
  }

  /// To be called by whatever runs on behalf of the socket.
  void here() {
    const bool is_home = strand.running_in_this_thread() && (!needs_mark || test::marked > 0);
    ++(is_home ? on : off);
  }

  const std::string name;
  const Strand strand;
  const asio::any_io_executor executor;
  const bool needs_mark;
  const bool has_futures;
  dgram::Socket socket;
  asio::steady_timer timer;
  dgram::Endpoint to;
  std::uint64_t on = 0, off = 0;
  std::uint64_t received = 0, sent = 0, futures = 0;
  bool done = false;
};

asio::awaitable<void> read(Home& home, std::uint64_t total) {
  while (home.received < total) {
    const std::optional<dgram::Datagram> datagram = co_await home.socket.recv_for(50ms);
    home.here();
    if (datagram) ++home.received;
    // What the kernel itself dropped does not come.
    if (!datagram && home.received + home.socket.stats().kernel_drops >= total) break;
  }
  home.done = true;
  home.timer.cancel();
}

/// Sends to the socket itself: reader and writer share it.
asio::awaitable<void> write(Home& home, std::uint64_t total) {
  constexpr std::uint64_t window = 128;
  while (home.sent < total) {
    if (home.sent >= home.received + window) {
      co_await asio::post(home.executor, asio::use_awaitable);
      home.here();
      if (home.socket.stats().kernel_drops != 0) break;
      continue;
    }
    co_await home.socket.send("x", home.to);
    home.here();
    ++home.sent;
  }
}

asio::awaitable<void> tick(Home& home) {
  while (!home.done) {
    home.timer.expires_after(1ms);
    std::error_code ec;
    co_await home.timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    home.here();
  }
}

/// Completions of tokens: a callback, and a future that a foreign thread waits for.
void ask_for_futures(Home& home, int n) {
  for (int i = 0; i < n; ++i) {
    std::promise<std::future<std::size_t>> started;
    asio::post(home.executor, [&] {
      home.here();
      started.set_value(home.socket.async_send("", home.to, asio::use_future));
    });
    started.get_future().get().get();
    ++home.futures;
  }
}

}  // namespace

TEST_CASE("on two threads everything that a socket does is done where it is at home",
          "[conformance][executors][stress]") {
  const std::uint64_t total = test::how_many(90'000) / 3;
  constexpr int futures = 100;
  asio::io_context io(2);
  std::vector<std::unique_ptr<Home>> homes;
  homes.push_back(std::make_unique<Home>(io, "a strand", false, false));
  homes.push_back(std::make_unique<Home>(io, "a context, used on a strand", true, false));
  homes.push_back(std::make_unique<Home>(io, "a user's executor over a strand", false, true));
  std::atomic<int> failures = 0;
  const auto failed = [&failures](std::exception_ptr e) { failures += e != nullptr; };
  for (const std::unique_ptr<Home>& home : homes) {
    const std::uint64_t all = total + (home->has_futures ? futures : 0);
    asio::co_spawn(home->executor, read(*home, all), failed);
    asio::co_spawn(home->executor, write(*home, total), failed);
    asio::co_spawn(home->executor, tick(*home), failed);
  }
  const auto limit = test::deadline + std::chrono::milliseconds(1) * total;
  std::thread second([&] { io.run_for(limit); });
  std::thread asking([&] {
    for (const std::unique_ptr<Home>& home : homes)
      if (home->has_futures) ask_for_futures(*home, futures);
  });
  io.run_for(limit);
  second.join();
  asking.join();
  CHECK(failures == 0);
  for (const std::unique_ptr<Home>& home : homes) {
    INFO(home->name);
    CHECK(home->done);
    CHECK(home->off == 0);
    CHECK(home->on >= 2 * total);
    CHECK(home->sent == total);
    CHECK(home->futures == (home->has_futures ? futures : 0));
    CHECK(home->received + home->socket.stats().kernel_drops ==
          total + (home->has_futures ? futures : 0));
  }
}

}  // namespace conformance_homes_test
