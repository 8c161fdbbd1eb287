// Restarts of a service under a steady stream of numbered datagrams: each number is answered once.
#include <sys/socket.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "child.hpp"
#include "folder.hpp"
#include "numbered_stream.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace process_restart_test {

namespace {

using test::Child;
using test::NumberedStream;
using namespace asio::experimental::awaitable_operators;

constexpr std::size_t between_restarts = PER_SECOND / 10;  // answers, so that each has its turn

/// A service, its path, and a stream that it answers.
struct Stage {
  explicit Stage(std::size_t most) : stream(io, PER_SECOND, most) {}

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

/// What a process writes that is a copy of this one.
void say(std::string line) {
  line += '\n';
  if (::write(1, line.data(), line.size()) < 0) throw std::runtime_error("write");
}

[[noreturn]] void hang() {
  for (;;) ::pause();
}

/// A successor that never becomes ready.
void take_over_and_hang(const std::string& path) {
  asio::io_context io;
  dgram::Handover handover(io.get_executor(), path);
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::NamedDescriptors taken = co_await handover.take_over();
    say("taken");
    hang();
  };
  test::run(io, body());
}

/// Takes over at one path, serves at another one.
void serve_and_hang(const std::string& from, const std::string& at) {
  asio::io_context io;
  dgram::Handover first(io.get_executor(), from), second(io.get_executor(), at);
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    const dgram::NamedDescriptors none = co_await first.take_over(std::chrono::seconds(5), ec);
    say(std::string(dgram::code_name(ec)));
    co_await second.ready();
    say("serving");
    co_await second.handed_over();
  };
  test::run(io, body());
}

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

TEST_CASE("a successor that is killed before it is ready costs nothing", "[restart]") {
  Stage stage(1'000'000);
  const auto body = [&]() -> asio::awaitable<void> {
    auto serving = std::make_unique<Child>(stage.start());
    co_await stage.until_serving(*serving);
    stage.begin_stream();
    for (int i = 0; i < 5; ++i) {
      co_await stage.until_answered(between_restarts / 2);
      Child successor(stage.io, [&] { take_over_and_hang(stage.path); });
      co_await successor.line_with("taken");
      co_await stage.until_answered(between_restarts / 2);
      successor.kill(SIGKILL);
      const int code = co_await successor.end();
      CHECK(code == -SIGKILL);
    }
    // The predecessor still hands over to one that lives.
    auto next = std::make_unique<Child>(stage.start());
    co_await stage.until_serving(*next);
    const int code = co_await serving->end();
    CHECK(code == 0);
    co_await stage.until_answered(between_restarts);
    co_await stage.settle(*next);
  };
  test::run(stage.io, body(), std::chrono::minutes(5));
  stage.report("5 successors killed");
  CHECK(stage.stream.missing() == stage.drops);
  CHECK(stage.stream.doubled() == 0);
  CHECK(stage.stream.foreign() == 0);
}

TEST_CASE("a predecessor that is killed in the middle costs what it had in its hands",
          "[restart]") {
  constexpr std::size_t in_its_hands = 16;  // SocketOptions::batch
  Stage stage(1'000'000);
  const auto body = [&]() -> asio::awaitable<void> {
    Child predecessor = stage.start();
    co_await stage.until_serving(predecessor);
    stage.begin_stream();
    co_await stage.until_answered(between_restarts);

    dgram::Handover handover(stage.io.get_executor(), stage.path);
    dgram::NamedDescriptors taken = co_await handover.take_over();
    predecessor.kill(SIGKILL);
    const int code = co_await predecessor.end();
    CHECK(code == -SIGKILL);
    co_await handover.ready();
    co_await handover.predecessor_gone();

    dgram::Socket socket(stage.io);
    socket.adopt(taken.take("echo"));
    handover.offer("echo", socket.native_handle());
    // And the next process takes over from this one.
    Child next = stage.start();
    co_await (stage.until_serving(next) && handover.handed_over());
    handover.close();
    co_await stage.until_answered(between_restarts);
    co_await stage.settle(next);
  };
  test::run(stage.io, body(), std::chrono::minutes(5));
  stage.report("a predecessor killed");
  CHECK(stage.stream.missing() <= stage.drops + in_its_hands);
  CHECK(stage.stream.doubled() == 0);
  CHECK(stage.stream.foreign() == 0);
}

TEST_CASE("a socket that stays open outside loses nothing while its service restarts",
          "[restart]") {
  const bool killed = GENERATE(false, true);
  constexpr int restarts = 20;
  Stage stage(1'000'000);
  // The service manager's socket, which nobody but the services receives from.
  dgram::Socket managed = test::bound(stage.io);
  const int room = 1 << 23;  // no reason to fail where this process may not
  ::setsockopt(managed.native_handle(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  stage.stream.set_target(managed.local_endpoint());
  const auto start = [&] {
    return std::make_unique<Child>(stage.io,
                                   std::vector<std::string>{SYSTEMD_SERVICE},
                                   std::vector<int>{managed.native_handle()});
  };
  const auto body = [&]() -> asio::awaitable<void> {
    auto serving = start();
    co_await serving->line_with("listening");
    stage.begin_stream();
    for (int i = 0; i < restarts; ++i) {
      co_await stage.until_answered(between_restarts / 4);
      serving->kill(killed ? SIGKILL : SIGTERM);
      const int code = co_await serving->end();
      CHECK(code == (killed ? -SIGKILL : 0));
      serving = start();
      co_await serving->line_with("listening");  // before that, SIGTERM ends it at once
    }
    co_await stage.until_answered(between_restarts);
    stage.stream.stop();
    serving->kill(SIGTERM);
    co_await serving->end();
    co_await stage.settle(managed);
  };
  test::run(stage.io, body(), std::chrono::minutes(5));
  stage.report(killed ? "20 kills with a passed socket" : "20 restarts with a passed socket");
  // With batch = 1 a process that is killed takes at most the datagram in its hands.
  if (killed)
    CHECK(stage.stream.missing() <= stage.drops + restarts);
  else
    CHECK(stage.stream.missing() == stage.drops);
  CHECK(stage.stream.doubled() == 0);
  CHECK(stage.stream.foreign() == 0);
}

TEST_CASE("sockets go to and come from processes of the same user or of root only", "[restart]") {
  if (::geteuid() != 0) return;  // there is no other user to be
  constexpr uid_t nobody = 65534;
  asio::io_context io;
  const test::Folder folder;
  std::filesystem::permissions(folder / ".", std::filesystem::perms::all);
  const std::string of_nobody = folder / "nobody", of_root = folder / "root";
  dgram::Handover root(io.get_executor(), of_root);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await root.ready();
    Child other(io, [&] {
      if (::setresuid(nobody, nobody, nobody) != 0) throw std::runtime_error("setresuid");
      serve_and_hang(of_root, of_nobody);
    });
    const std::string refused = co_await other.line();
    CHECK(refused == "EACCES");
    co_await other.line_with("serving");
    dgram::Handover handover(io.get_executor(), of_nobody);
    std::error_code ec;
    const dgram::NamedDescriptors taken = co_await handover.take_over(std::chrono::seconds(5), ec);
    CHECK(ec == asio::error::access_denied);
  };
  test::run(io, body());
}

}  // namespace process_restart_test
