// Any channel: waits. A handler is called exactly once, never inside the call that starts or ends
// its wait.
#include <asio/error.hpp>
#include <asio/thread_pool.hpp>
#include <future>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <thread>

#include <unistd.h>

namespace contract_wait_test {

using dgram::Event;

namespace {

// Long past what a test takes: a wait with this deadline must be ended by something else.
dgram::TimePoint far_away(const dgram::Channel& channel) {
  return channel.now() + std::chrono::hours(24);
}

}  // namespace

TEST_CASE("a read wait ends when a datagram comes, once, and takes nothing", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.io.poll();
  CHECK(bench.probe(Event::read).calls == 0);
  bench.send("one");
  bench.send("two");
  bench.run_until([&] { return bench.probe(Event::read).calls > 0; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::read).calls == 1);
  CHECK(!bench.probe(Event::read).last);
  CHECK(bench.probe(Event::read).references == 0);
  test::Slots slots(2);
  test::receive_exactly(*bench.channel, slots, 2);
  CHECK(slots.text(0) == "one");
}

TEST_CASE("a wait for what is there already is called by the context, not by wait()",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.send("x");
  test::await_readable(*bench.channel);
  for (const Event event : {Event::read, Event::write}) {
    bench.wait(event);
    CHECK(bench.probe(event).calls == 0);
    bench.run_until([&] { return bench.probe(event).calls > 0; });
    CHECK(bench.probe(event).calls == 1);
    CHECK(!bench.probe(event).inside);
    CHECK(!bench.probe(event).last);
  }
}

TEST_CASE("a zero-length datagram and a pending error end a read wait too", "[contract][wait]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::BoundBench bench(world);
  bench.wait(Event::read);
  bench.send("");
  bench.run_until([&] { return bench.probe(Event::read).calls == 1; });

  test::Bench gone(world);
  const dgram::Endpoint nobody = test::open_bound(*gone.channel);
  gone.close();
  test::Bench refused(world);
  test::open_bound(*refused.channel);
  REQUIRE(!refused.channel->connect(nobody));
  refused.wait(Event::read);
  REQUIRE(!test::send(*refused.channel, "anybody?", nullptr));
  refused.run_until([&] { return refused.probe(Event::read).calls == 1; });
}

TEST_CASE("a cancelled wait still calls its handler, once, with operation_aborted, later",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  const Event event = GENERATE(Event::read, Event::deadline);
  bench.wait(event, event == Event::deadline ? far_away(*bench.channel) : dgram::TimePoint::max());
  bench.cancel_wait(event);
  CHECK(bench.probe(event).calls == 0);
  bench.run_until([&] { return bench.probe(event).calls > 0; });
  bench.io.poll();
  CHECK(bench.probe(event).calls == 1);
  CHECK(bench.probe(event).last == asio::error::operation_aborted);
  CHECK(!bench.probe(event).inside);
  CHECK(bench.probe(event).references == 0);
}

TEST_CASE("cancelling one event leaves the others waiting", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::deadline, far_away(*bench.channel));
  bench.cancel_wait(Event::deadline);
  bench.run_until([&] { return bench.probe(Event::deadline).calls == 1; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::read).calls == 0);
  bench.send("x");
  bench.run_until([&] { return bench.probe(Event::read).calls == 1; });
  CHECK(!bench.probe(Event::read).last);
}

TEST_CASE("a write wait that is cancelled does not end the read wait", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::write);
  bench.cancel_wait(Event::write);  // it may have been ready already: only the count is promised
  bench.run_until([&] { return bench.probe(Event::write).calls == 1; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::write).calls == 1);
  CHECK(bench.probe(Event::read).calls == 0);
}

TEST_CASE("an error wait is cancelled alone, and ends alone", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::error);
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 0);
  bench.cancel_wait(Event::error);
  CHECK(bench.probe(Event::error).calls == 0);
  bench.run_until([&] { return bench.probe(Event::error).calls > 0; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 1);
  CHECK(bench.probe(Event::error).last == asio::error::operation_aborted);
  CHECK(!bench.probe(Event::error).inside);
  CHECK(bench.probe(Event::error).references == 0);
  CHECK(bench.probe(Event::read).calls == 0);
  bench.wait(Event::write);
  bench.run_until([&] { return bench.probe(Event::write).calls == 1; });
  CHECK(!bench.probe(Event::write).last);
  bench.send("x");
  bench.run_until([&] { return bench.probe(Event::read).calls == 1; });
  CHECK(!bench.probe(Event::read).last);
}

TEST_CASE("cancelling the other waits leaves an error wait waiting; close ends it",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::error);
  bench.wait(Event::read);
  bench.wait(Event::deadline, far_away(*bench.channel));
  bench.cancel_wait(Event::read);
  bench.cancel_wait(Event::deadline);
  bench.run_until(
      [&] { return bench.probe(Event::read).calls + bench.probe(Event::deadline).calls == 2; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 0);
  bench.close();
  bench.run_until([&] { return bench.probe(Event::error).calls == 1; });
  CHECK(bench.probe(Event::error).last == asio::error::operation_aborted);
}

TEST_CASE("an event can be waited for again after its wait, however that ended",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  test::WaitProbe& probe = bench.probe(Event::read);
  test::Slots slots(1);
  for (int round = 1; round <= 20; ++round) {
    bench.wait(Event::read);
    if (round % 2)
      bench.cancel_wait(Event::read);
    else
      bench.send("x");
    bench.run_until([&] { return probe.calls == round; });
    CHECK(probe.last ==
          (round % 2 ? std::error_code(asio::error::operation_aborted) : std::error_code()));
    if (round % 2 == 0) test::receive_exactly(*bench.channel, slots, 1);
  }
  CHECK(probe.references == 0);
}

TEST_CASE("cancelling a wait that is over does nothing", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  for (const Event event : {Event::read, Event::write, Event::deadline}) {
    bench.send("x");
    bench.wait(event, bench.channel->now());
    bench.run_until([&] { return bench.probe(event).calls == 1; });
    bench.cancel_wait(event);
    bench.io.restart();
    bench.io.poll();
    CHECK(bench.probe(event).calls == 1);
  }
}

TEST_CASE("a deadline that has passed is reported, later and without an error",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::deadline, bench.channel->now() - std::chrono::seconds(1));
  CHECK(bench.probe(Event::deadline).calls == 0);
  bench.run_until([&] { return bench.probe(Event::deadline).calls == 1; });
  CHECK(!bench.probe(Event::deadline).last);
}

TEST_CASE("a deadline is not reported before its time", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  const dgram::TimePoint deadline = bench.channel->now() + std::chrono::milliseconds(20);
  bench.wait(Event::deadline, deadline);
  bench.run_until([&] { return bench.probe(Event::deadline).calls == 1; });
  CHECK(bench.channel->now() >= deadline);
  CHECK(!bench.probe(Event::deadline).last);
}

TEST_CASE("close ends all waits; their handlers come once each, not inside close",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::deadline, far_away(*bench.channel));
  bench.close();
  CHECK(bench.probe(Event::read).calls == 0);
  bench.run_until(
      [&] { return bench.probe(Event::read).calls + bench.probe(Event::deadline).calls == 2; });
  for (const Event event : {Event::read, Event::deadline}) {
    CHECK(bench.probe(event).calls == 1);
    CHECK(bench.probe(event).last == asio::error::operation_aborted);
    CHECK(!bench.probe(event).inside);
  }
}

TEST_CASE("release ends all waits as close does", "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::deadline, far_away(*bench.channel));
  std::error_code ec;
  const dgram::NativeHandle handle = bench.channel->release(ec);
  REQUIRE(!ec);
  bench.run_until(
      [&] { return bench.probe(Event::read).calls + bench.probe(Event::deadline).calls == 2; });
  CHECK(bench.probe(Event::read).last == asio::error::operation_aborted);
  CHECK(bench.probe(Event::deadline).last == asio::error::operation_aborted);
  ::close(handle);
}

TEST_CASE("destroying the channel ends its waits, and the handlers still come",
          "[contract][wait]") {
  test::BoundBench bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.wait(Event::deadline, far_away(*bench.channel));
  bench.channel.reset();
  bench.run_until(
      [&] { return bench.probe(Event::read).calls + bench.probe(Event::deadline).calls == 2; });
  CHECK(bench.probe(Event::read).references == 0);
}

TEST_CASE("a context that goes away drops its waits uncalled and says so", "[contract][wait]") {
  test::WaitProbe read, deadline, posted;
  {
    asio::io_context io;
    const asio::any_io_executor executor = io.get_executor();
    for (test::WaitProbe* probe : {&read, &deadline, &posted}) probe->executor = &executor;
    const std::unique_ptr<dgram::Channel> channel =
        GENERATE(from_range(test::worlds())).make(executor);
    test::open_bound(*channel);
    channel->wait(Event::read, dgram::TimePoint::max(), dgram::WaitHandler(read));
    channel->wait(Event::deadline, far_away(*channel), dgram::WaitHandler(deadline));
    channel->wait(Event::write, dgram::TimePoint::max(), dgram::WaitHandler(posted));
    io.poll_one();  // the write wait may be on its way already
  }
  for (const test::WaitProbe* probe : {&read, &deadline, &posted}) {
    CHECK(probe->calls + probe->dropped == 1);
    CHECK(probe->references == 0);
  }
  CHECK(read.dropped == 1);
  CHECK(deadline.dropped == 1);
}

}  // namespace contract_wait_test
