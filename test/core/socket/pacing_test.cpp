// Sends that are spaced: how much leaves when, in every form, and that nothing is lost or changes
// places on the way. The clock is the test's own, but for the last cases.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <cerrno>
#include <deque>
#include <dgram/dgram.hpp>
#include <limits>
#include <tuple>
#include <vector>

#include "number_settings.hpp"
#include "paced_world.hpp"
#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/offload.hpp"

namespace socket_pacing_test {

namespace {

using namespace std::chrono_literals;
using dgram::TimePoint;
using test::overhead;
using test::paced;
using test::Paced;

asio::awaitable<void> send_each(dgram::Socket& sender,
                                const std::vector<std::string>& texts,
                                dgram::Endpoint to) {
  for (const std::string& text : texts) co_await sender.send(text, to);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

}  // namespace

TEST_CASE(
    "in no form of send more leaves than rate and burst allow, and all of it arrives in order",
    "[socket][pacing]") {
  const int form = GENERATE(0, 1, 2, 3, 4);
  const std::size_t size = GENERATE(0u, 1u, 100u, 1000u, 1458u);
  constexpr std::uint64_t rate = 1'000'000;
  constexpr std::size_t burst = 6000;
  CAPTURE(form, size);
  Paced world(paced(rate, burst));
  const std::vector<std::string> texts = test::all_sized(200, size);
  std::deque<test::Outcome<std::size_t>> outcomes(texts.size());
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, world.to);
  const std::string whole = joined(texts);
  if (form == 0) test::run(world.io, send_each(*world.sender, texts, world.to));
  if (form == 1)
    for (std::size_t i = 0; i < texts.size(); ++i)
      world.sender->async_send(texts[i], world.to, outcomes[i].handler());
  if (form == 2) CHECK(test::send_all(world.io, *world.sender, batch) == texts.size());
  if (form == 3 && size != 0)
    world.sender->async_send_segments(whole, size, world.to, outcomes[0].handler());
  if (form == 4) {
    for (const std::string& text : texts) {
      std::error_code ec;
      while (!world.sender->try_send(text, world.to, ec)) {
        REQUIRE(ec == asio::error::would_block);
        world.world.now += 100us;
      }
    }
  }
  test::run(world.io);
  if (form == 3 && size == 0) return;
  if (form == 1)
    CHECK(std::count_if(outcomes.begin(), outcomes.end(), [&](const auto& outcome) {
            return outcome.calls == 1 && !outcome.ec && outcome.value == size;
          }) == 200);
  if (form == 3) CHECK((outcomes[0].calls == 1 && outcomes[0].value == whole.size()));
  CHECK((world.received() == texts));
  CHECK(world.world.excess(rate, burst) <= 0.01);
  CHECK(world.world.largest_call <= burst);
  const std::chrono::duration<double> time =
      world.world.departures.back().first - world.world.departures.front().first;
  const double all = 200.0 * static_cast<double>(size + overhead);
  CHECK(time.count() >= (all - burst) / rate - 1e-9);
  CHECK(time.count() <= all / rate);  // it is not slower than asked for, either
  CHECK(world.sender->stats().datagrams_sent == 200);
  CHECK(world.sender->stats().send_errors == 0);
}

TEST_CASE("runs are cut to fit a burst", "[socket][offload][pacing]") {
  if (!test::granted("gso")) return;
  for (const std::size_t burst : {900u, 5000u, 20000u}) {
    INFO(burst);
    Paced world(paced(10'000'000, burst));
    const std::vector<std::string> texts = test::all_sized(300, 400);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, world.to);
    test::send_all(world.io, *world.sender, batch);
    CHECK((world.received() == texts));
    CHECK(world.world.largest_call <= burst);
    CHECK((world.sender->stats().gso_datagrams != 0) == (burst > 900));
  }
}

TEST_CASE("a datagram that is larger than a burst leaves alone", "[socket][pacing]") {
  Paced world(paced(1'000'000, 1000));
  std::vector<std::string> texts;
  for (const std::size_t size : {100u, 9000u, 100u, 200u, 60000u, 5u})
    texts.push_back(test::sized(size, texts.size()));
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, world.to);
  test::send_all(world.io, *world.sender, batch);
  CHECK((world.received() == texts));
  const auto& left = world.world.departures;
  REQUIRE(left.size() == 6);
  for (std::size_t i = 1; i < left.size(); ++i) {
    const std::chrono::duration<double> time = left[i].first - left[i - 1].first;
    if (left[i - 1].second > 1000)
      CHECK(time.count() >= static_cast<double>(left[i - 1].second - 1000) / 1e6);
  }
}

TEST_CASE("what waits for its time can be cancelled, and what follows goes on",
          "[socket][pacing][cancellation]") {
  Paced world(paced(1'000'000, 1500));
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(4);
  asio::cancellation_signal stop;
  const std::vector<std::string> texts = test::all_sized(4, 1400);
  for (std::size_t i = 0; i < 4; ++i) {
    if (i == 2)
      world.sender->async_send(
          texts[i], world.to, asio::bind_cancellation_slot(stop.slot(), outcomes[i].handler()));
    else
      world.sender->async_send(texts[i], world.to, outcomes[i].handler());
  }
  world.settle();
  CHECK(outcomes[0].calls == 1);
  CHECK(world.sender->send_queue_count() == 3);
  world.world.advance();
  world.settle();
  CHECK(outcomes[1].calls == 1);
  stop.emit(asio::cancellation_type::total);
  world.settle();
  CHECK(outcomes[2].ec == asio::error::operation_aborted);
  REQUIRE(outcomes[3].calls == 0);
  world.world.advance();
  world.settle();
  CHECK(outcomes[3].calls == 1);
  CHECK((world.received() == std::vector<std::string>{texts[0], texts[1], texts[3]}));
}

TEST_CASE("close, cancel and destruction end what waits for its time", "[socket][pacing]") {
  const int how = GENERATE(0, 1, 2, 3);
  CAPTURE(how);
  Paced world(paced(1'000'000, 1500));
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(3);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes) world.sender->async_send(text, world.to, outcome.handler());
  world.settle();
  REQUIRE(world.world.waiting);
  if (how == 0) world.sender->close();
  if (how == 1) world.sender->cancel();
  if (how == 2) world.sender.reset();
  if (how == 3) {
    dgram::Socket moved(std::move(*world.sender));
  }
  world.settle();
  CHECK(outcomes[0].ec == std::error_code());
  for (std::size_t i : {1u, 2u}) {
    CHECK(outcomes[i].calls == 1);
    CHECK(outcomes[i].ec == asio::error::operation_aborted);
  }
  CHECK(!world.world.waiting);
}

TEST_CASE("a full queue of sends that wait for their time refuses more", "[socket][pacing]") {
  dgram::SocketOptions options = paced(1000, 1500);
  options.send_queue_count = 2;
  Paced world(options);
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(4);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes) {
    world.sender->async_send(text, world.to, outcome.handler());
    world.settle();
  }
  CHECK(outcomes[0].calls == 1);
  CHECK(outcomes[1].calls + outcomes[2].calls == 0);
  CHECK(outcomes[3].ec == dgram::Errc::queue_full);
  CHECK(world.sender->stats().send_queue_full == 1);
}

TEST_CASE("another rate holds at once for what waits, and none sends it", "[socket][pacing]") {
  Paced world(paced(1000, 1500));
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(3);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes) world.sender->async_send(text, world.to, outcome.handler());
  world.settle();
  const TimePoint late = world.world.until;
  world.sender->set_pacing(1'000'000, 1500);
  world.settle();
  CHECK(outcomes[1].calls == 0);
  REQUIRE(world.world.waiting);
  CHECK(world.world.until < late);
  CHECK(world.sender->pacing_rate() == 1'000'000);
  CHECK(world.sender->pacing_burst() == 1500);
  CHECK(world.world.told_rate == 1'000'000);
  world.sender->set_pacing(0);
  world.settle();
  CHECK(outcomes[1].calls == 1);
  CHECK(outcomes[2].calls == 1);
  CHECK(!world.world.waiting);
  CHECK(world.sender->pacing_rate() == 0);
  CHECK(world.sender->pacing_burst() == 0);
  CHECK(world.world.told_rate == 0);
}

TEST_CASE("changes of the rate, as often as they come, give no further burst", "[socket][pacing]") {
  Paced world(paced(1'000'000, 3000));
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(100);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes) {
    world.sender->async_send(text, world.to, outcome.handler());
    world.sender->set_pacing(1'000'000, 3000);
    world.settle();
  }
  CHECK(world.world.departures.size() == 2);
}

TEST_CASE("a paced socket whose kernel takes no more waits for room, not for time",
          "[socket][pacing]") {
  Paced world(paced(1'000'000, 1500));
  world.world.stands_still = true;
  std::deque<test::Outcome<std::size_t>> outcomes(2);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes) world.sender->async_send(text, world.to, outcome.handler());
  world.settle();
  world.script->send.push_back(test::at_most(0, asio::error::would_block));
  world.world.advance();
  test::run(world.io);  // the kernel says at once that it has room
  CHECK(outcomes[1].calls == 1);
  CHECK(!outcomes[1].ec);
  CHECK(!world.world.waiting);
}

TEST_CASE("what the kernel refuses is not charged", "[socket][pacing]") {
  Paced world(paced(1000, 1500));
  world.world.stands_still = true;
  world.script->send.push_back(test::at_most(0, std::error_code(EPERM, asio::system_category())));
  std::error_code ec;
  const std::string text(1400, 'x');
  CHECK(!world.sender->try_send(text, world.to, ec));
  CHECK(ec == asio::error::no_permission);
  CHECK(world.sender->try_send(text, world.to, ec));
  CHECK(!ec);
  CHECK(!world.sender->try_send(text, world.to, ec));
  CHECK(ec == asio::error::would_block);
  world.world.now += 1400ms + 42ms;
  CHECK(world.sender->try_send(text, world.to, ec));
}

TEST_CASE("a datagram counts with the headers that it has on Ethernet", "[socket][pacing]") {
  for (const dgram::Family family : {dgram::Family::ipv4, dgram::Family::ipv6}) {
    dgram::SocketOptions options = paced(1000, 1000);
    options.family = family;
    const bool is_ipv6 = family == dgram::Family::ipv6;
    Paced world(options);
    const dgram::Endpoint to(asio::ip::make_address(is_ipv6 ? "::1" : "127.0.0.1"),
                             world.to.port());
    std::error_code ec;
    const std::size_t headers = is_ipv6 ? 62 : 42;
    CHECK(world.sender->try_send(std::string(1000 - headers - 1, 'x'), to, ec));
    CHECK(!world.sender->try_send("x", to, ec));
    world.world.now += std::chrono::milliseconds(headers - 1);
    CHECK(!world.sender->try_send("x", to, ec));
    world.world.now += 1ms;
    CHECK(world.sender->try_send("x", to, ec));
  }
}

TEST_CASE("numbers out of range, and a burst without a rate, are refused, and nothing changes",
          "[socket][pacing][input]") {
  constexpr std::uint64_t most = 1'000'000'000'000;
  asio::io_context io;
  dgram::Socket socket = test::bound(io, paced(5000, 7000));
  const std::vector<std::tuple<std::uint64_t, std::size_t, std::string>> bad = {
      {most + 1, 0, "set_pacing 1000000000001: Invalid argument"},
      {std::numeric_limits<std::uint64_t>::max(),
       0,
       "set_pacing 18446744073709551615: Invalid argument"},
      {1, (std::size_t{1} << 30) + 1, "set_pacing 1 1073741825: Invalid argument"},
      {0, 1, "set_pacing 0 1: Invalid argument"},
  };
  for (const auto& [rate, burst, words] : bad) {
    std::error_code ec;
    socket.set_pacing(rate, burst, ec);
    CHECK(ec == asio::error::invalid_argument);
    try {
      socket.set_pacing(rate, burst);
      FAIL_CHECK("no error");
    } catch (const dgram::Error& error) {
      CHECK(std::string(error.what()) == words);
    }
    CHECK(socket.pacing_rate() == 5000);
    CHECK(socket.pacing_burst() == 7000);
    dgram::Socket fresh(io, paced(rate, burst));
    fresh.bind(test::any_port(), ec);
    CHECK(ec == asio::error::invalid_argument);
    CHECK(!fresh.is_open());
  }
  socket.set_pacing(most, std::size_t{1} << 30);
  CHECK(socket.pacing_rate() == most);
  CHECK(test::works(socket));
}

TEST_CASE("by the real clock, too, close and cancel end a pause, however long it is",
          "[socket][pacing][cancellation]") {
  const bool closes = GENERATE(true, false);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io, paced(1, 1500));  // a pause is 24 minutes long
  std::deque<test::Outcome<std::size_t>> outcomes(2);
  const std::string text(1400, 'x');
  for (auto& outcome : outcomes)
    sender.async_send(text, receiver.local_endpoint(), outcome.handler());
  while (outcomes[0].calls == 0) io.run_one();
  io.poll();
  CHECK(outcomes[1].calls == 0);
  if (closes)
    sender.close();
  else
    sender.cancel();
  test::run(io);
  CHECK(outcomes[1].ec == asio::error::operation_aborted);
}

TEST_CASE("a paced socket sends by the real clock, and the kernel is told the rate",
          "[socket][pacing]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io, paced(10'000'000, 3000));
  const std::vector<std::string> texts = test::all_sized(60, 1000);
  test::run(io, send_each(sender, texts, receiver.local_endpoint()));
  CHECK((test::take_texts(receiver) == texts));
}

TEST_CASE("the queue holds what the kernel has not taken yet, of a batch as well",
          "[socket][pacing]") {
  const bool in_segments = GENERATE(false, true);
  CAPTURE(in_segments);
  dgram::SocketOptions options = paced(1000, 3000);
  options.send_queue_bytes = 4000;
  Paced world(options);
  world.world.stands_still = true;
  const std::string whole(5000, 'x');
  std::vector<dgram::Outgoing> batch(5,
                                     dgram::Outgoing(asio::buffer(whole.data(), 1000), world.to));
  test::Outcome<std::size_t> first, second, third;
  if (in_segments)
    world.sender->async_send_segments(whole, 1000, world.to, first.handler());
  else
    world.sender->async_send_many(batch, first.handler());
  world.settle();
  CHECK(world.received().size() == 2);
  CHECK(world.sender->send_queue_count() == 1);
  CHECK(world.sender->send_queue_size() == 3000);
  world.sender->async_send(std::string_view(whole).substr(0, 1001), world.to, second.handler());
  world.sender->async_send(std::string_view(whole).substr(0, 1000), world.to, third.handler());
  world.settle();
  CHECK(second.ec == dgram::Errc::queue_full);
  CHECK(third.calls == 0);
  CHECK(world.sender->send_queue_size() == 4000);
  world.sender->close();
  world.settle();
}

}  // namespace socket_pacing_test
