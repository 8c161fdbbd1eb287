// A handover that is cancelled or closed in the middle: who has the sockets then.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>

#include "handover_stage.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace process_handover_ends_test {

namespace {

using dgram::Handover;
using dgram::HandoverErrc;
using dgram::NamedDescriptors;
using namespace std::chrono_literals;
using test::exists;
using Stage = test::HandoverStage;

}  // namespace

TEST_CASE("a handed_over that is cancelled leaves the sockets here, and the successor knows",
          "[handover][cancel]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  asio::cancellation_signal stop;
  bool ended = false;
  const auto waits = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    co_await first.handed_over(1min, ec);
    CHECK(ec == asio::error::operation_aborted);
  };
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    asio::co_spawn(
        stage.io, waits(), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) {
          ended = true;
        }));
    NamedDescriptors taken = co_await second.take_over();
    stop.emit(asio::cancellation_type::terminal);
    while (!ended) co_await asio::post(stage.io, asio::use_awaitable);
    std::error_code ec;
    co_await second.ready(10s, ec);
    CHECK(ec == HandoverErrc::withdrawn);
    // It may wait again, and hand over then.
    Stage::Waiting again;
    stage.await(first, again);
    NamedDescriptors once_more = co_await second.take_over();
    CHECK(once_more.size() == 1);
    co_await second.ready();
    CHECK(again.done);
  };
  test::run(stage.io, body());
}

TEST_CASE("a predecessor that ends in the middle leaves its sockets to a successor that asks again",
          "[handover]") {
  Stage stage;
  std::optional<Handover> first(stage.make());
  Handover second = stage.make();
  std::optional<dgram::Socket> old(test::bound(stage.io));
  dgram::Socket socket(stage.io), client = test::bound(stage.io);
  const dgram::Endpoint local = old->local_endpoint();
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(*first, *old);
    stage.await(*first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    socket.adopt(taken.take("echo"));
    second.offer("echo", socket.native_handle());
    first.reset();  // told to end, it answers what it holds, and goes
    old.reset();
    std::error_code ec;
    client.try_send("for whoever serves", local, ec);
    co_await second.ready(10s, ec);
    CHECK(ec == HandoverErrc::withdrawn);
    CHECK_FALSE(exists(stage.path));
    const NamedDescriptors again = co_await second.take_over();
    CHECK(again.empty());
    co_await second.ready();
    CHECK(exists(stage.path));
    const dgram::Datagram datagram = co_await socket.recv();
    CHECK(datagram.text() == "for whoever serves");
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
}

TEST_CASE("whatever is cancelled, exactly one of the two has the sockets", "[handover][cancel]") {
  // ready() and handed_over() are both cancelled, after more and more handlers.
  int decided = 0, withdrawn = 0;
  for (int handlers = 0; handlers < 40; ++handlers) {
    const bool cancels_ready = handlers % 2 == 0;
    Stage stage;
    Handover first = stage.make(), second = stage.make();
    dgram::Socket socket = test::bound(stage.io);
    asio::cancellation_signal stop;
    std::optional<bool> gave, got;
    const auto give = [&]() -> asio::awaitable<void> { co_await first.handed_over(); };
    const auto get = [&]() -> asio::awaitable<void> { co_await second.ready(); };
    const auto prepare = [&]() -> asio::awaitable<void> { co_await stage.serve(first, socket); };
    const auto take = [&]() -> asio::awaitable<void> {
      const NamedDescriptors taken = co_await second.take_over();
      CHECK(taken.size() == 1);
    };
    test::run(stage.io, prepare());
    asio::cancellation_signal none;
    asio::co_spawn(stage.io,
                   give(),
                   asio::bind_cancellation_slot((cancels_ready ? none : stop).slot(),
                                                [&](std::exception_ptr e) { gave = !e; }));
    stage.io.restart();
    bool took = false;
    asio::co_spawn(stage.io, take(), [&](std::exception_ptr e) { took = !e; });
    test::run_until(stage.io, [&] { return took; });
    asio::co_spawn(stage.io,
                   get(),
                   asio::bind_cancellation_slot((cancels_ready ? stop : none).slot(),
                                                [&](std::exception_ptr e) { got = !e; }));
    for (int i = 0; i < handlers / 2; ++i) stage.io.poll_one();
    stop.emit(asio::cancellation_type::terminal);
    test::run_until(stage.io, [&] { return got.has_value(); });
    if (*got) test::run_until(stage.io, [&] { return gave.has_value(); });
    stage.io.restart();
    stage.io.poll();
    INFO("after " << handlers / 2 << " handlers " << (cancels_ready ? "ready" : "handed_over")
                  << " was cancelled");
    CHECK(gave.value_or(false) == *got);
    ++(*got ? decided : withdrawn);
  }
  CHECK(decided > 0);
  CHECK(withdrawn > 0);
}

TEST_CASE("closing ends what is pending, and tells the other side", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    stage.await(first, waiting);
    const NamedDescriptors taken = co_await second.take_over();
    SECTION("closed") {
      first.close();
    }
    SECTION("another one in its place") {
      first = stage.make();
    }
    std::error_code ec;
    co_await second.ready(10s, ec);
    CHECK(ec == HandoverErrc::withdrawn);
    CHECK_FALSE(exists(stage.path));
    const NamedDescriptors nobody = co_await second.take_over();
    CHECK(nobody.empty());
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
  CHECK(waiting.ec == asio::error::operation_aborted);
}

}  // namespace process_handover_ends_test
