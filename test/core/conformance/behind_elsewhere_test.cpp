// Operations of a socket that wait behind one whose handler belongs to another context: what has
// become of that context, when the other operation has ended, is nothing to them; and while the
// other one is on its way there, they keep run() from returning.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <dgram/dgram.hpp>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_behind_elsewhere_test {

namespace {

using namespace std::chrono_literals;

struct World : test::SocketPair {
  explicit World(const dgram::SocketOptions& options = {}) : SocketPair(options) {}

  /// Runs until `done`.
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + test::deadline;
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      io.restart();
      io.run_one_for(10ms);
    }
  }

  std::optional<asio::thread_pool> pool{std::in_place, 1};
  asio::cancellation_signal stop;
};

enum class First { cancelled_recv, expired_recv_for, cancelled_report };

}  // namespace

TEST_CASE("a receive outlives the context of one before it that has ended",
          "[conformance][executors]") {
  const First which =
      GENERATE(First::cancelled_recv, First::expired_recv_for, First::cancelled_report);
  const bool joins = GENERATE(true, false);
  CAPTURE(static_cast<int>(which), joins);
  if (which == First::cancelled_report && !test::is_linux_channel()) return;
  dgram::SocketOptions options;
  options.receive_errors = which == First::cancelled_report;
  World world(options);
  const auto work = asio::make_work_guard(world.io);
  std::atomic<bool> has_ended = false;
  auto first = asio::bind_executor(
      world.pool->get_executor(),
      asio::bind_cancellation_slot(world.stop.slot(), [&](auto&&...) { has_ended = true; }));
  test::Outcome<dgram::Datagram> second;
  test::Outcome<dgram::ErrorReport> report;
  if (which == First::expired_recv_for)
    world.receiver.async_recv_for(1ms, std::move(first));
  else if (which == First::cancelled_recv)
    world.receiver.async_recv(std::move(first));
  else
    world.receiver.async_recv_error(std::move(first));
  if (which == First::cancelled_report)
    world.receiver.async_recv_error(report.handler());
  else
    world.receiver.async_recv(second.handler());
  world.io.restart();
  world.io.poll();  // they wait
  if (which != First::expired_recv_for) world.stop.emit(asio::cancellation_type::total);
  world.run_until([&] { return has_ended.load(); });
  if (joins)
    world.pool->join();
  else
    world.pool->stop();
  world.pool.reset();
  if (which == First::cancelled_report) {
    test::put_report(world.receiver);
    world.run_until([&] { return report.calls != 0; });
    CHECK(report.value.error == asio::error::connection_refused);
  } else {
    test::put(world.sender, world.receiver, "x");
    world.run_until([&] { return second.calls != 0; });
    CHECK(second.value.text() == "x");
  }
}

TEST_CASE("a pool ends while sends of others wait behind one of its own that was cancelled",
          "[conformance][executors]") {
  World world;
  dgram::SocketOptions paced;
  paced.pacing_rate = 1000;
  dgram::Socket sender = test::bound(world.io, paced);
  const dgram::Endpoint to = world.receiver.local_endpoint();
  const std::string large(1400, 'x');
  std::atomic<bool> has_ended = false;
  test::Outcome<std::size_t> second;
  dgram::SendOptions in_an_hour;
  in_an_hour.departure = std::chrono::steady_clock::now() + 1h;
  sender.async_send(
      std::string_view(large),
      to,
      in_an_hour,
      asio::bind_executor(
          world.pool->get_executor(),
          asio::bind_cancellation_slot(world.stop.slot(), [&](auto&&...) { has_ended = true; })));
  sender.async_send("second", to, second.handler());
  world.io.poll();
  world.stop.emit(asio::cancellation_type::total);
  const auto work = asio::make_work_guard(world.io);
  world.run_until([&] { return has_ended.load(); });
  world.pool->join();
  world.pool.reset();
  world.run_until([&] { return second.calls != 0; });
  CHECK(second.value == 6);
}

TEST_CASE("a pool that is busy holds up none but its own", "[conformance][executors]") {
  World world;
  std::promise<void> busy;
  asio::post(*world.pool, [wait = busy.get_future().share()] { wait.wait(); });
  std::atomic<bool> has_ended = false;
  test::Outcome<dgram::Datagram> second;
  world.receiver.async_recv(asio::bind_executor(
      world.pool->get_executor(),
      asio::bind_cancellation_slot(world.stop.slot(), [&](auto&&...) { has_ended = true; })));
  world.receiver.async_recv(second.handler());
  world.io.poll();
  world.stop.emit(asio::cancellation_type::total);
  test::put(world.sender, world.receiver, "x");
  world.run_until([&] { return second.calls != 0; });
  CHECK(second.value.text() == "x");
  CHECK_FALSE(has_ended);
  busy.set_value();
  world.pool->join();
}

TEST_CASE("a context has work while its receives wait behind one on its way to another",
          "[conformance][executors]") {
  const bool is_later = GENERATE(false, true);
  const bool is_abroad = GENERATE(false, true);  // it needs the context for its wait all the same
  CAPTURE(is_later, is_abroad);
  World world;
  std::promise<void> busy;
  asio::post(*world.pool, [wait = busy.get_future().share()] { wait.wait(); });
  test::Outcome<dgram::Datagram> second;
  std::atomic<int> first = 0;
  world.receiver.async_recv(
      asio::bind_executor(world.pool->get_executor(), [&](auto&&...) { ++first; }));
  const auto receive = [&] {
    if (is_abroad)
      world.receiver.async_recv(asio::bind_executor(world.pool->get_executor(), second.handler()));
    else
      world.receiver.async_recv(second.handler());
  };
  if (!is_later) receive();
  for (const char* text : {"one", "two"}) test::put(world.sender, world.receiver, text);
  auto work = asio::make_work_guard(world.io);
  world.io.poll();  // the first is on its way
  if (is_later) receive();
  work.reset();
  world.io.poll();
  CHECK_FALSE(world.io.stopped());
  busy.set_value();
  test::run(world.io);
  world.pool->join();
  CHECK(second.calls == 1);
  CHECK(second.value.text() == "two");
  CHECK(first == 1);
}

TEST_CASE(
    "a context has work while a handler elsewhere runs, and its own receives wait behind that",
    "[conformance][executors]") {
  World world;
  std::promise<void> begun, busy;
  test::Outcome<dgram::Datagram> second, third;
  world.receiver.async_recv(asio::bind_executor(world.pool->get_executor(), [&](auto&&...) {
    begun.set_value();
    busy.get_future().wait();
  }));
  world.receiver.async_recv(second.handler());
  world.receiver.async_recv(asio::bind_cancellation_slot(world.stop.slot(), third.handler()));
  test::put(world.sender, world.receiver, "one");
  auto work = asio::make_work_guard(world.io);
  world.io.poll();
  begun.get_future().wait();
  world.stop.emit(asio::cancellation_type::total);
  world.io.poll();
  CHECK(third.ec == asio::error::operation_aborted);
  work.reset();
  world.io.poll();
  CHECK_FALSE(world.io.stopped());
  busy.set_value();
  test::put(world.sender, world.receiver, "two");
  test::run(world.io);
  CHECK(second.value.text() == "two");
  world.pool->join();
}

TEST_CASE("an unref'ed socket does not keep run() for what waits behind another context's",
          "[conformance][executors]") {
  World world;
  std::promise<void> busy;
  asio::post(*world.pool, [wait = busy.get_future().share()] { wait.wait(); });
  world.receiver.unref();
  test::Outcome<dgram::Datagram> second;
  world.receiver.async_recv(asio::bind_executor(world.pool->get_executor(), [](auto&&...) {}));
  world.receiver.async_recv(second.handler());
  test::put(world.sender, world.receiver, "one");
  auto work = asio::make_work_guard(world.io);
  world.io.poll();  // the first is on its way
  work.reset();
  test::run(world.io);  // returns, though the second receive waits
  CHECK(second.calls == 0);
  busy.set_value();
  world.pool->join();
  world.receiver.close();
  test::run(world.io);
  CHECK(second.ec == asio::error::operation_aborted);
}

TEST_CASE("a context that ends drops its own operations, and no others",
          "[conformance][executors]") {
  World world;
  std::promise<void> busy;
  asio::post(*world.pool, [wait = busy.get_future().share()] { wait.wait(); });
  test::Outcome<dgram::Datagram> second, third;
  std::atomic<int> first = 0;
  const auto receive_abroad = [&] {
    world.receiver.async_recv(
        asio::bind_executor(world.pool->get_executor(), [&](auto&&...) { ++first; }));
  };
  receive_abroad();
  world.receiver.async_recv(second.handler());
  receive_abroad();
  world.receiver.async_recv(third.handler());
  test::put(world.sender, world.receiver, "one");
  world.io.poll();  // the first is on its way
  world.pool->stop();
  busy.set_value();
  world.pool.reset();
  CHECK(first == 0);
  test::put(world.sender, world.receiver, "two");
  world.run_until([&] { return third.calls != 0; });
  CHECK(second.value.text() == "one");
  CHECK(third.value.text() == "two");
  CHECK(first == 0);
}

}  // namespace conformance_behind_elsewhere_test
