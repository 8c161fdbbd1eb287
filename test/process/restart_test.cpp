// Restarts of a service under a steady stream of numbered datagrams: each number is answered once.
#include <dgram/dgram.hpp>
#include <dgram/handover.hpp>
#include <iostream>
#include <list>
#include <memory>

#include "child.hpp"
#include "folder.hpp"
#include "numbered_stream.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace {

using test::Child;
using test::NumberedStream;

constexpr int per_second = 20000;
constexpr std::size_t between_restarts = 2000;  // answers, so that each process has its turn

/// A service, its path, and a stream that it answers.
struct Stage {
  explicit Stage(std::size_t most) : stream(io, per_second, most) {}

  Child start() {
    Child child(io, {RESTARTABLE_ECHO, path, "127.0.0.1", std::to_string(port)});
    return child;
  }

  /// Waits for a process to serve, and remembers its port.
  asio::awaitable<void> until_serving(Child& child) {
    const std::string address = co_await child.line_with("listening on 127.0.0.1:");
    port = std::stoi(address);
    stream.set_target(dgram::make_endpoint("127.0.0.1", port));
  }

  void begin_stream() {
    asio::co_spawn(io, stream.send(), asio::detached);
    asio::co_spawn(io, stream.receive(), asio::detached);
  }

  /// Waits until the service has answered that many more.
  asio::awaitable<void> until_answered(std::size_t more) {
    const std::size_t goal = stream.answered() + more;
    asio::steady_timer timer(io);
    while (stream.answered() < goal) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  /// Ends the stream, takes over from the last process, and gives account of every number.
  asio::awaitable<void> settle(Child& last) {
    stream.stop();
    dgram::Handover handover(io.get_executor(), path);
    dgram::NamedDescriptors taken = co_await handover.take_over();
    dgram::Descriptor echo = taken.take("echo");
    REQUIRE(echo);
    dgram::Socket socket(io);
    socket.adopt(std::move(echo));
    co_await handover.ready();
    co_await handover.predecessor_gone();
    const int code = co_await last.end();
    CHECK(code == 0);
    co_await settle(socket);
  }

  /// Looks at what is left until nothing is missing, or the patience is over.
  asio::awaitable<void> settle(dgram::Socket& socket) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    asio::steady_timer timer(io);
    do {
      std::error_code ec;
      while (const auto left = socket.try_recv(ec)) stream.tick_off(*left);
      drops = socket.stats().kernel_drops + stream.drops();
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
    } while (stream.missing() > drops && std::chrono::steady_clock::now() < end);
    stream.close();
  }

  void report(std::string_view what) const {
    using milliseconds = std::chrono::duration<double, std::milli>;
    const double seconds = std::chrono::duration<double>(stream.elapsed()).count();
    std::cout << what << ": sent " << stream.sent() << " in " << seconds << " s ("
              << static_cast<long>(static_cast<double>(stream.sent()) / seconds)
              << "/s), answered once " << stream.answered() - stream.doubled() << ", missing "
              << stream.missing() << ", dropped by the kernel " << drops << ", doubled "
              << stream.doubled() << ", longest silence "
              << milliseconds(stream.longest_silence()).count() << " ms" << std::endl;
  }

  asio::io_context io;
  test::Folder folder;
  std::string path = folder / "handover";
  int port = 0;
  NumberedStream stream;
  std::size_t drops = 0;
};

}  // namespace

TEST_CASE("restarts under a steady stream lose and double nothing", "[restart]") {
  Stage stage(2'000'000);
  int restarts = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    auto serving = std::make_unique<Child>(stage.start());
    co_await stage.until_serving(*serving);
    stage.begin_stream();
    for (; restarts < RESTARTS; ++restarts) {
      co_await stage.until_answered(between_restarts);
      auto next = std::make_unique<Child>(stage.start());
      co_await stage.until_serving(*next);
      const int code = co_await serving->end();
      REQUIRE(code == 0);
      serving = std::move(next);
    }
    co_await stage.until_answered(between_restarts);
    co_await stage.settle(*serving);
  };
  test::run(stage.io, body(), std::chrono::minutes(5));
  stage.report(std::to_string(restarts) + " restarts");
  CHECK(stage.stream.sent() >= between_restarts * RESTARTS);
  CHECK(stage.stream.missing() == stage.drops);
  CHECK(stage.stream.doubled() == 0);
  CHECK(stage.stream.foreign() == 0);
}
