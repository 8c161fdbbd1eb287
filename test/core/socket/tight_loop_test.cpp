// A coroutine that does nothing but receive: on a context that one thread runs, epoll reports its
// socket as long as it is readable. Whatever happens then, nothing is missed.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/socket/tight_loop.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run_until.hpp"
#include "support/sanitizers.hpp"

namespace socket_tight_loop_test {

namespace {

using Loop = test::TightLoop;
using test::for_ever;
using test::goes_by_level;
using test::is_reported_by_level;

#if defined(TEST_UNDER_THREAD_SANITIZER)
constexpr bool may_fork = false;
#else
constexpr bool may_fork = true;
#endif

/// Receives one datagram in each wake-up, and waits again.
class Reader final : public dgram::Waiter {
 public:
  Reader(dgram::Channel& channel, const asio::any_io_executor& home) : channel_(channel) {
    executor = &home;
    is_at_home = true;
  }
  void wait() {
    channel_.wait(dgram::Event::read, dgram::TimePoint::max(), dgram::WaitHandler(*this));
  }
  void ready(std::error_code ec) override {
    if (ec) return;
    dgram::ReceiveSlot slot;
    slot.data = reinterpret_cast<std::byte*>(bytes_.data());
    slot.capacity = static_cast<std::uint32_t>(bytes_.size());
    std::size_t count = 0;
    channel_.receive_batch(std::span(&slot, 1), count);
    got += count;
    wait();
  }
  void abandoned() noexcept override {}
  void add_reference() noexcept override {}
  void release() noexcept override {}
  std::size_t got = 0;

 private:
  dgram::Channel& channel_;
  std::array<char, 2048> bytes_{};
};

/// A channel with a reader, and who sends to it.
struct Channel {
  /// So many datagrams, all there before the loop runs.
  void feed(int together) {
    std::error_code ec;
    const dgram::Endpoint to = channel->local_endpoint(ec);
    for (int i = 0; i < together; ++i) REQUIRE(sender.try_send("x", to, ec));
    sent += static_cast<std::size_t>(together);
    test::run_until(io, [&] { return reader.got == sent; });
  }
  void open() {
    REQUIRE(!channel->open(dgram::Family::ipv4));
    REQUIRE(!channel->bind(test::any_port()));
    reader.wait();
  }
  bool is_level() { return is_reported_by_level(channel->native_handle()); }

  asio::io_context io{1};
  const asio::any_io_executor executor = io.get_executor();
  const std::unique_ptr<dgram::Channel> channel = dgram::make_kernel_channel(executor);
  Reader reader{*channel, executor};
  dgram::Socket sender = test::bound(io);
  std::size_t sent = 0;
};

/// A wait for something else beside it.
class Other final : public dgram::Waiter {
 public:
  explicit Other(const asio::any_io_executor& home) {
    executor = &home;
    is_at_home = true;
  }
  void ready(std::error_code) override { ++calls; }
  void abandoned() noexcept override {}
  void add_reference() noexcept override {}
  void release() noexcept override {}
  int calls = 0;
};

}  // namespace

TEST_CASE("one thread that receives and receives has its socket reported by level",
          "[socket][epoll]") {
  Loop loop(1);
  loop.start(for_ever);
  loop.feed(1);
  CHECK(!loop.is_level());
  loop.feed(5);
  CHECK(loop.is_level() == goes_by_level);
  loop.feed(50);
  loop.check_all();
  loop.check_rest();
}

TEST_CASE("where several threads may run the context a socket is reported by edges",
          "[socket][epoll]") {
  Loop loop(ASIO_CONCURRENCY_HINT_DEFAULT);
  loop.start(for_ever);
  loop.feed(50);
  CHECK(!loop.is_level());
  loop.check_all();
}

TEST_CASE("on a strand a socket is reported by edges", "[socket][epoll]") {
  Loop loop(1);
  asio::co_spawn(asio::make_strand(loop.io), loop.receive(for_ever), asio::detached);
  loop.feed(50);
  CHECK(!loop.is_level());
  loop.check_all();
}

TEST_CASE("what comes together with another one, or while the loop is busy, is not missed",
          "[socket][epoll]") {
  Loop loop(1);
  loop.start(for_ever);
  loop.feed(10);
  for (int round = 0; round < 40; ++round) {
    loop.put(1 + round % 5);
    test::run_until(loop.io,
                    [&] { return loop.got.size() == static_cast<std::size_t>(loop.sent); });
  }
  loop.check_all();
  loop.check_rest();
}

TEST_CASE("a wake-up for what another one has taken misses nothing that follows",
          "[socket][epoll]") {
  Loop loop(1);
  loop.start(for_ever);
  loop.feed(20);
  CHECK(loop.is_level() == goes_by_level);
  const dgram::Descriptor other(::dup(loop.receiver.native_handle()));
  for (int i = 0; i < 10; ++i) {
    test::put(loop.sender, loop.receiver, "other's");
    char bytes[16];
    if (::recv(other.get(), bytes, sizeof bytes, MSG_DONTWAIT) < 0) FAIL("it was taken");
    loop.check_rest();
    loop.feed(3);
  }
  loop.check_all();
}

TEST_CASE("a wait for reports beside it misses no datagram", "[socket][epoll]") {
  asio::io_context io(1);
  dgram::SocketOptions options;
  options.receive_errors = true;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  std::size_t got = 0;
  int reports = 0;
  const auto receive = [&]() -> asio::awaitable<void> {
    for (;;) {
      const dgram::Datagram datagram = co_await receiver.recv();
      ++got;
    }
  };
  const auto collect = [&]() -> asio::awaitable<void> {
    for (;;) {
      static_cast<void>(co_await receiver.recv_error());
      ++reports;
    }
  };
  asio::co_spawn(io, receive(), asio::detached);
  const dgram::Endpoint nobody = test::dead_port(io);
  std::size_t sent = 0;
  const auto feed = [&] {
    for (int i = 0; i < 10; ++i) {
      test::put(sender, receiver, "x");
      test::run_until(io, [&] { return got == sent + 1; });
      for (int both = 0; both < 2; ++both) test::put(sender, receiver, "x");
      sent += 3;
      test::run_until(io, [&] { return got == sent; });
    }
  };
  feed();
  asio::co_spawn(io, collect(), asio::detached);
  for (int round = 1; round <= 5; ++round) {
    std::error_code ec;
    CHECK(receiver.try_send("to nobody", nobody, ec));
    test::run_until(io, [&] { return reports == round; });
    feed();
  }
  receiver.close();
}

TEST_CASE("a channel that is opened again begins anew", "[socket][epoll]") {
  Channel c;
  for (int life = 0; life < 3; ++life) {
    c.open();
    CHECK(!c.is_level());
    c.feed(2);
    for (int i = 0; i < 10; ++i) c.feed(1);
    CHECK(c.is_level() == goes_by_level);
    c.feed(3);
    c.channel->close();
    c.io.restart();
    c.io.poll();
  }
}

TEST_CASE("a wait for reports that ends beside it misses no datagram that follows",
          "[socket][epoll]") {
  Channel c;
  Other other(c.executor);
  c.open();
  const bool is_level_before = GENERATE(false, true);
  for (int i = 0; i < (is_level_before ? 10 : 1); ++i) c.feed(1);
  c.channel->wait(dgram::Event::error, dgram::TimePoint::max(), dgram::WaitHandler(other));
  for (int i = 0; i < 10; ++i) c.feed(1 + i % 2);
  c.channel->cancel_wait(dgram::Event::error);
  test::run_until(c.io, [&] { return other.calls == 1; });
  for (int i = 0; i < 10; ++i) c.feed(2);
  CHECK(c.is_level() == goes_by_level);
  c.channel->close();
  c.io.restart();
  c.io.poll();
}

TEST_CASE("a wait to send ends while somebody receives and receives", "[socket][epoll]") {
  Channel c;
  Other other(c.executor);
  c.open();
  const bool is_level_before = GENERATE(false, true);
  for (int i = 0; i < (is_level_before ? 10 : 1); ++i) c.feed(1);
  // What is corked stays in the send buffer, and fills it.
  const int handle = c.channel->native_handle();
  const int on = 1, off = 0, least = 1;
  REQUIRE(::setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
  REQUIRE(::setsockopt(handle, IPPROTO_UDP, UDP_CORK, &on, sizeof on) == 0);
  const dgram::Endpoint to = c.sender.local_endpoint();
  const std::string bytes(4000, 'x');
  REQUIRE(::sendto(handle,
                   bytes.data(),
                   bytes.size(),
                   MSG_DONTWAIT,
                   to.data(),
                   static_cast<socklen_t>(to.size())) == 4000);
  pollfd writable = {handle, POLLOUT, 0};
  REQUIRE(::poll(&writable, 1, 0) == 0);
  c.channel->wait(dgram::Event::write, dgram::TimePoint::max(), dgram::WaitHandler(other));
  for (int i = 0; i < 10; ++i) c.feed(1 + i % 2);
  CHECK(other.calls == 0);
  CHECK(!c.is_level());
  REQUIRE(::setsockopt(handle, IPPROTO_UDP, UDP_CORK, &off, sizeof off) == 0);
  test::run_until(c.io, [&] { return other.calls == 1; });
  for (int i = 0; i < 10; ++i) c.feed(2);
  c.channel->close();
  c.io.restart();
  c.io.poll();
}

TEST_CASE("in the child of a fork a socket misses nothing", "[socket][epoll]") {
  if (!may_fork) return;
  Loop loop(1);
  loop.start(for_ever);
  loop.feed(20);
  loop.io.notify_fork(asio::execution_context::fork_prepare);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    loop.io.notify_fork(asio::execution_context::fork_child);
    int failed = 0;
    try {
      for (int i = 0; i < 5; ++i) {
        loop.put(2);
        test::run_until(loop.io,
                        [&] { return loop.got.size() == static_cast<std::size_t>(loop.sent); });
      }
    } catch (...) {
      failed = 1;
    }
    ::_exit(failed);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  loop.io.notify_fork(asio::execution_context::fork_parent);
  loop.feed(10);
  loop.check_all();
}

}  // namespace socket_tight_loop_test
