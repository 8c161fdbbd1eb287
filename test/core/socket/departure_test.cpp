// Sends that have a departure: they leave then, whatever is behind them waits, and the system may
// be asked to do it.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <deque>
#include <dgram/dgram.hpp>
#include <optional>
#include <vector>

#include "paced_world.hpp"
#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/offload.hpp"

namespace socket_departure_test {

namespace {

using namespace std::chrono_literals;
using dgram::TimePoint;
using test::overhead;
using test::paced;
using test::Paced;

}  // namespace

TEST_CASE("what has a departure leaves then, in every form, and what is behind it not before",
          "[socket][departure]") {
  const int form = GENERATE(0, 1, 2, 3);
  CAPTURE(form);
  Paced world{{}};
  const TimePoint start = world.world.now;
  const std::vector<std::string> texts = test::all_sized(8, 100);
  std::vector<TimePoint> times;
  std::vector<dgram::Outgoing> batch;
  for (const auto delay : {0us, 500us, 500us, 2000us, 1000us, 0us, 9000us, 9000us}) {
    times.push_back(start + delay);
    dgram::SendOptions options;
    if (delay != 0us) options.departure = times.back();
    batch.emplace_back(asio::buffer(texts[batch.size()]), world.to, options);
  }
  std::deque<test::Outcome<std::size_t>> outcomes(8);
  const auto each = [&]() -> asio::awaitable<void> {
    for (const dgram::Outgoing& one : batch)
      co_await world.sender->send(one.bytes, one.to, one.options);
  };
  if (form == 0) test::run(world.io, each());
  if (form == 1)
    for (std::size_t i = 0; i < 8; ++i)
      world.sender->async_send(batch[i].bytes, world.to, batch[i].options, outcomes[i].handler());
  if (form == 2) CHECK(test::send_all(world.io, *world.sender, batch) == 8);
  if (form == 3) {
    world.sender->connect(world.to);
    for (dgram::Outgoing& one : batch) one.to = dgram::Endpoint();
    CHECK(test::send_all(world.io, *world.sender, batch) == 8);
  }
  test::run(world.io);
  CHECK((world.received() == texts));
  std::vector<TimePoint> left;
  for (const auto& [at, bytes] : world.world.departures)
    for (std::size_t i = 0; i < bytes / (100 + overhead); ++i) left.push_back(at);
  REQUIRE(left.size() == 8);
  TimePoint latest = start;
  for (std::size_t i = 0; i < 8; ++i) {
    latest = std::max(latest, times[i]);
    CHECK(left[i] == latest);
  }
  for (const dgram::SendOptions& options : world.world.options) CHECK(options.empty());
}

TEST_CASE("segments that have a departure leave then", "[socket][departure]") {
  Paced world{{}};
  const TimePoint then = world.world.now + 5ms;
  dgram::SendOptions options;
  options.departure = then;
  const std::string whole(1000, 'x');
  test::Outcome<std::size_t> outcome;
  world.sender->async_send_segments(whole, 100, world.to, options, outcome.handler());
  test::run(world.io);
  CHECK(outcome.value == 1000);
  CHECK(world.received().size() == 10);
  for (const auto& [at, bytes] : world.world.departures) CHECK(at == then);
}

TEST_CASE("the other options of what has a departure hold as well", "[socket][departure]") {
  if (!test::granted("send_options")) return;
  Paced world{{}};
  dgram::SendOptions options;
  options.departure = world.world.now + 5ms;
  options.hop_limit = 7;
  test::Outcome<std::size_t> outcome;
  world.sender->async_send("x", world.to, options, outcome.handler());
  test::run(world.io);
  CHECK(outcome.value == 1);
  REQUIRE(world.world.options.size() == 1);
  CHECK(world.world.options[0].hop_limit == 7);
}

TEST_CASE("what waits behind a cancelled send leaves at its own time, not at that of the other",
          "[socket][departure][pacing]") {
  const bool by_departure = GENERATE(true, false);
  const bool is_batch = GENERATE(false, true);
  CAPTURE(by_departure, is_batch);
  Paced world(by_departure ? dgram::SocketOptions() : paced(1000, 30'000));
  world.world.stands_still = true;
  const TimePoint start = world.world.now;
  test::Outcome<std::size_t> first, second, third, last;
  asio::cancellation_signal stop;
  dgram::SendOptions in_an_hour;
  if (by_departure) in_an_hour.departure = start + 1h;
  const std::string large(by_departure ? 1 : 29'000, 'x');
  if (!by_departure) {  // the bucket is not full any more
    world.sender->async_send(std::string_view(large), world.to, last.handler());
    world.settle();
  }
  std::vector<dgram::Outgoing> batch(1, dgram::Outgoing(asio::buffer(large), world.to, in_an_hour));
  auto handler = asio::bind_cancellation_slot(stop.slot(), first.handler());
  if (is_batch)
    world.sender->async_send_many(batch, std::move(handler));
  else
    world.sender->async_send(std::string_view(large), world.to, in_an_hour, std::move(handler));
  world.sender->async_send("second", world.to, second.handler());
  world.settle();
  CHECK(first.calls + second.calls == 0);
  stop.emit(asio::cancellation_type::total);
  world.settle();
  CHECK(first.ec == asio::error::operation_aborted);
  CHECK(second.calls == 1);
  CHECK(second.value == 6);
  world.sender->async_send("third", world.to, third.handler());
  world.settle();
  CHECK(third.calls == 1);
  std::error_code ec;
  CHECK(world.sender->try_send("fourth", world.to, ec));
  CHECK(world.world.now == start);
}

TEST_CASE("the pause of a send that is not there any more is nobody's", "[socket][departure]") {
  const bool is_tried = GENERATE(false, true);
  CAPTURE(is_tried);
  Paced world{{}};
  world.world.stands_still = true;
  dgram::SendOptions later;
  later.departure = world.world.now + 1h;
  test::Outcome<std::size_t> first, second;
  if (is_tried) {
    dgram::Outgoing one(asio::buffer("x", 1), world.to, later);
    std::error_code ec;
    CHECK(world.sender->try_send_many(std::span(&one, 1), ec) == 0);
    CHECK(ec == asio::error::would_block);
  } else {
    world.sender->async_send("x", world.to, later, first.handler());
    world.settle();
    world.sender->cancel();
    world.settle();
    CHECK(first.ec == asio::error::operation_aborted);
  }
  world.sender->async_send("second", world.to, second.handler());
  world.settle();
  CHECK(second.calls == 1);
  CHECK(second.value == 6);
}

TEST_CASE("a cancelled send behind the head leaves the head's time alone", "[socket][departure]") {
  Paced world{{}};
  world.world.stands_still = true;
  test::Outcome<std::size_t> first, second, third;
  asio::cancellation_signal stop;
  dgram::SendOptions later;
  later.departure = world.world.now + 1h;
  world.sender->async_send("first", world.to, later, first.handler());
  world.sender->async_send(
      "second", world.to, asio::bind_cancellation_slot(stop.slot(), second.handler()));
  world.sender->async_send("third", world.to, third.handler());
  world.settle();
  stop.emit(asio::cancellation_type::total);
  world.settle();
  CHECK(second.ec == asio::error::operation_aborted);
  CHECK(first.calls + third.calls == 0);
  world.world.advance();
  world.settle();
  CHECK(first.calls + third.calls == 2);
  CHECK((world.received() == std::vector<std::string>{"first", "third"}));
}

TEST_CASE("departure and pacing hold together", "[socket][departure][pacing]") {
  Paced world(paced(1'000'000, 1500));
  const TimePoint then = world.world.now + 10ms;
  const std::vector<std::string> texts = test::all_sized(5, 1400);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, world.to);
  for (dgram::Outgoing& one : batch) one.options.departure = then;
  CHECK(test::send_all(world.io, *world.sender, batch) == 5);
  CHECK((world.received() == texts));
  CHECK(world.world.departures.front().first == then);
  CHECK(world.world.excess(1e6, 1500) <= 0.01);
}

TEST_CASE("where the system holds what has a departure, the socket does not",
          "[socket][departure]") {
  dgram::SocketOptions options;
  options.departure_by_system = true;
  if (!test::is_linux_channel()) {
    asio::io_context io;
    dgram::Socket socket(io, options);
    std::error_code ec;
    socket.bind(test::any_port(), ec);
    CHECK(ec == asio::error::operation_not_supported);
    CHECK(!socket.is_open());
    return;
  }
  Paced world(options);
  CHECK(world.world.told_to_hold == 1);
  world.world.stands_still = true;
  const TimePoint then = std::chrono::steady_clock::now() + 1h;  // no queue of loopback looks at it
  dgram::SendOptions with;
  with.departure = then;
  test::Outcome<std::size_t> outcome;
  world.sender->async_send("x", world.to, with, outcome.handler());
  test::run(world.io);
  CHECK(outcome.value == 1);
  REQUIRE(world.world.options.size() == 1);
  CHECK(world.world.options[0].departure == then);
  CHECK(world.received().size() == 1);
}

TEST_CASE("a system that cannot hold what has a departure is named, and the socket stays usable",
          "[socket][departure][errors]") {
  dgram::SocketOptions options;
  options.departure_by_system = true;
  Paced world{{}};
  world.world.refuses_to_hold = true;
  dgram::Socket socket(world.io, options);
  try {
    socket.bind(test::any_port());
    FAIL_CHECK("no error");
  } catch (const dgram::Error& error) {
    CHECK(error.code() == asio::error::no_permission);
    CHECK(std::string(error.what()).rfind("bind departure_by_system: ", 0) == 0);
  }
  CHECK(!socket.is_open());
  if (!test::is_linux_channel()) return;  // it cannot at all
  world.world.refuses_to_hold = false;
  socket.bind(test::any_port());
  CHECK(test::works(socket));
}

TEST_CASE("a descriptor that is refused goes back without the rate that the socket told the kernel",
          "[socket][departure][pacing][adopt]") {
  dgram::SocketOptions options = paced(5000);
  options.departure_by_system = true;
  Paced world{{}};
  world.world.refuses_to_hold = true;
  dgram::Socket other = test::bound(world.io);
  const dgram::NativeHandle handle = other.release();
  dgram::Socket socket(world.io, options);
  std::error_code ec;
  socket.adopt(handle, ec);
  CHECK(ec == asio::error::no_permission);
  CHECK(world.world.told_rate == 0);
  other = test::bound(world.io);
  dgram::Socket heir(world.io);
  heir.adopt(handle);
  CHECK(test::works(heir));
}

}  // namespace socket_departure_test
