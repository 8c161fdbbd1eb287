// A path check on loopback: what is lost only in runs is named, and nothing else is taken for that.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <cerrno>
#include <dgram/check/path_check.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "path_sides.hpp"
#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace socket_path_check_test {

using namespace test::path;

TEST_CASE("where all arrives, runs arrive in both directions", "[socket][offload][path_check]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const bool connected = GENERATE(false, true);
  Sides sides(family);
  if (connected) sides.asker.connect(sides.responder.local_endpoint());
  const bool runs = sides.has_runs();
  const dgram::PathCheck check = sides.run();
  for (const dgram::PathCheck::Direction* direction : {&check.there, &check.back}) {
    CHECK(all_arrived(*direction));
    CHECK(direction->single.in_runs == 0);
    CHECK(direction->equal_runs.in_runs == (runs ? all_of_few : 0));
    CHECK(direction->uneven_runs.in_runs == (runs ? all_of_few : 0));
    CHECK(direction->makes_runs() == runs);
    CHECK(direction->single_ones_arrive());
  }
  CHECK_FALSE(check.loses_runs());
  CHECK(contains(to_string(check), runs ? "there: runs arrive" : "there: no runs are made"));
}

TEST_CASE(
    "with the default options, and with the largest bursts, nothing is lost on a path that loses "
    "nothing",
    "[socket][offload][path_check]") {
  dgram::PathCheckOptions options;
  options.patience = test::deadline;
  const auto [size, run] = GENERATE(std::pair<std::size_t, std::size_t>(1200, 16),
                                    std::pair<std::size_t, std::size_t>(9000, 7),
                                    std::pair<std::size_t, std::size_t>(64, 64));
  options.size = size;
  options.run = run;
  const dgram::PathCheck check = Sides().run(options);
  for (const dgram::PathCheck::Direction* direction : {&check.there, &check.back}) {
    CHECK(all_arrived(direction->single, 20 * run));
    CHECK(all_arrived(direction->equal_runs, 20 * run));
    CHECK(all_arrived(direction->uneven_runs, 20 * run));
  }
}

TEST_CASE("runs of equal length that this host loses are named for this direction only",
          "[socket][offload][path_check]") {
  Sides sides(GENERATE(dgram::Family::ipv4, dgram::Family::ipv6));
  if (!sides.has_runs()) return;
  sides.at_asker->loses_equal_runs = true;
  const dgram::PathCheck check = sides.run();
  CHECK(check.there.loses_equal_runs());
  CHECK_FALSE(check.there.loses_uneven_runs());
  CHECK(check.there.equal_runs.arrived == 0);
  CHECK(check.there.equal_runs.sent == all_of_few);
  CHECK(all_arrived(check.there.single));
  CHECK(all_arrived(check.there.uneven_runs));
  CHECK(all_arrived(check.back));
  CHECK(check.loses_runs());
  const std::string text = to_string(check);
  CHECK(contains(text, "there: lost only in runs of equal length. On this host: "));
  CHECK(contains(text, "back: runs arrive"));
}

TEST_CASE("runs of equal length that the other host loses are named for that direction only",
          "[socket][offload][path_check]") {
  Sides sides(GENERATE(dgram::Family::ipv4, dgram::Family::ipv6));
  if (!sides.has_runs()) return;
  sides.at_responder->loses_equal_runs = true;
  const dgram::PathCheck check = sides.run();
  CHECK(check.back.loses_equal_runs());
  CHECK_FALSE(check.back.loses_uneven_runs());
  CHECK(check.back.equal_runs.arrived == 0);
  CHECK(all_arrived(check.there));
  CHECK(all_arrived(check.back.single));
  CHECK(all_arrived(check.back.uneven_runs));
  const std::string text = to_string(check);
  CHECK(contains(text, "there: runs arrive"));
  CHECK(contains(text, "back: lost only in runs of equal length. On the other host: "));
}

TEST_CASE("a check makes equal runs also where nobody vouches for them: that is what it is for",
          "[socket][offload][path_check]") {
  Sides sides;
  if (!sides.has_runs()) return;
  sides.at_asker->equal_runs = sides.at_responder->equal_runs = false;
  sides.asker = following(sides.io, sides.at_asker, dgram::Family::ipv4);
  sides.responder = following(sides.io, sides.at_responder, dgram::Family::ipv4);
  sides.at_responder->loses_equal_runs = true;
  const dgram::PathCheck check = sides.run();
  CHECK(check.there.equal_runs.in_runs == all_of_few);
  CHECK(all_arrived(check.there));
  CHECK(check.back.equal_runs.in_runs == all_of_few);
  CHECK(check.back.loses_equal_runs());
}

TEST_CASE("where no side can make runs, it is said, and nothing is lost",
          "[socket][offload][path_check]") {
  Sides sides;
  sides.at_asker->gso = sides.at_responder->gso = false;
  sides.asker = following(sides.io, sides.at_asker, dgram::Family::ipv4);
  sides.responder = following(sides.io, sides.at_responder, dgram::Family::ipv4);
  const dgram::PathCheck check = sides.run();
  CHECK_FALSE(check.there.makes_runs());
  CHECK_FALSE(check.back.makes_runs());
  CHECK(all_arrived(check.there));
  CHECK(all_arrived(check.back));
  CHECK_FALSE(check.loses_runs());
}

TEST_CASE("a host that does not answer is asked four times, then it is timed_out",
          "[socket][path_check]") {
  asio::io_context io;
  dgram::Socket silent = test::bound(io);
  dgram::Socket asker = test::bound(io);
  dgram::PathCheckOptions options = few();
  options.patience = 40ms;
  Outcome outcome;
  test::run(io, check(asker, silent.local_endpoint(), options, outcome));
  CHECK(outcome.ec == asio::error::timed_out);
  CHECK(test::take_texts(silent).size() == 4);
}

TEST_CASE("messages that are lost come again, and nothing counts twice", "[socket][path_check]") {
  Sides sides;
  // The first welcome, and the first word on what has arrived.
  const dgram::FaultScript::Fault lost{test::os(ENOBUFS)};
  sides.at_responder->send = {lost, {}, lost};
  dgram::PathCheckOptions options = few();
  options.patience = 2s;
  const dgram::PathCheck check = sides.run(options);
  CHECK(all_arrived(check.there));
  CHECK(all_arrived(check.back));
}

namespace {

/// Answers each question at first as if nothing had arrived, or has sent nothing yet; and each
/// answer comes twice.
asio::awaitable<void> answer_late(dgram::Socket& socket) {
  for (;;) {
    std::error_code ec;
    const dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec) co_return;
    std::optional<PathMessage> answer = dgram::detail::read_path_message(datagram.data());
    if (answer->type == Type::there) continue;
    const dgram::Endpoint to = datagram.remote();
    if (answer->type == Type::hello) {
      answer->type = Type::welcome;
    } else if (answer->type == Type::ask) {
      answer->type = Type::told;
      answer->first = answer->index == 1 ? answer->run : std::uint16_t{0};
    } else {
      PathMessage burst = *answer;
      burst.type = Type::back;
      for (burst.index = 0; answer->index == 1 && burst.index < burst.run; ++burst.index) {
        const std::string text = text_of(burst);
        co_await socket.send(text, to, ec);
      }
      answer->type = Type::sent;
      answer->first = answer->run;
    }
    const std::string text = text_of(*answer);
    co_await socket.send(text, to, ec);
    co_await socket.send(text, to, ec);
  }
}

}  // namespace

TEST_CASE("a burst that the question after it has overtaken is not lost", "[socket][path_check]") {
  asio::io_context io;
  dgram::Socket asker = test::bound(io);
  dgram::Socket late = test::bound(io);
  Outcome outcome;
  asio::co_spawn(io, answer_late(late), rethrow);
  test::run(io, check_then_close(asker, late, few(), outcome));
  REQUIRE(outcome.check);
  CHECK(all_arrived(outcome.check->there));
  CHECK(all_arrived(outcome.check->back));
}

TEST_CASE("who is asked at one of its addresses sends answers and bursts from there",
          "[socket][path_check]") {
  if (!test::is_linux_channel()) return;  // POSIX does not tell at which one
  asio::io_context io;
  dgram::SocketOptions options;
  options.receive_local_address = true;
  dgram::Socket responder(io, options);
  responder.bind(dgram::make_endpoint("0.0.0.0", 0));
  dgram::Socket asker = test::bound(io);
  const dgram::Endpoint asked =
      dgram::make_endpoint("127.0.0.2", responder.local_endpoint().port());
  asker.connect(asked);  // what comes from another address does not arrive
  asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow);
  const auto body = [&]() -> asio::awaitable<void> {
    Outcome outcome;
    co_await check(asker, asked, few(), outcome);
    responder.close();
    REQUIRE(outcome.check);
    CHECK(all_arrived(outcome.check->there));
    CHECK(all_arrived(outcome.check->back));
  };
  test::run(io, body());
}

TEST_CASE("what others send to the side that checks is ignored", "[socket][path_check]") {
  Sides sides;
  dgram::Socket other = test::bound(sides.io);
  for (const Type type : {Type::welcome, Type::told, Type::sent, Type::back, Type::hello})
    test::put(other, sides.asker, text_of(message(type)));
  test::put(other, sides.asker, "");
  test::put(other, sides.asker, "hello");
  const dgram::PathCheck check = sides.run();
  CHECK(all_arrived(check.there));
  CHECK(all_arrived(check.back));
}

TEST_CASE("however a check ends, what was set for the destination is set again",
          "[socket][path_check]") {
  enum class Way { signal, socket_cancel, done };
  const Way way = GENERATE(Way::signal, Way::socket_cancel, Way::done);
  const dgram::Segmentation before =
      GENERATE(dgram::Segmentation::automatic, dgram::Segmentation::on);
  asio::io_context io;
  dgram::Socket responder = test::bound(io);
  const asio::ip::address there = responder.local_endpoint().address();
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket asker = test::bound(io);
  asker.set_segmentation(there, before);
  gate->passes = 1;  // the hello; then the first burst, of single datagrams, waits

  asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow);
  asio::cancellation_signal signal;
  Outcome outcome;
  bool ended = false;
  asio::co_spawn(io,
                 check(asker, responder.local_endpoint(), few(), outcome),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
                   ended = true;
                   rethrow(failure);
                 }));
  test::run_until(io, [&] { return asker.segmentation(there) == dgram::Segmentation::off; });
  if (way == Way::signal) signal.emit(asio::cancellation_type::terminal);
  if (way == Way::socket_cancel) asker.cancel();
  if (way == Way::done) gate->open();
  test::run_until(io, [&] { return ended; });
  CHECK(asker.segmentation(there) == before);
  CHECK(outcome.ec == (way == Way::done ? std::error_code() : asio::error::operation_aborted));
  responder.close();
  test::run(io);
}

TEST_CASE("a context may end within a check, after its sockets", "[socket][path_check]") {
  asio::io_context io;
  dgram::Socket responder = test::bound(io);
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket asker = test::bound(io);
  const asio::ip::address there = responder.local_endpoint().address();
  gate->passes = 1;
  asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow);
  Outcome outcome;
  asio::co_spawn(io, check(asker, responder.local_endpoint(), few(), outcome), rethrow);
  test::run_until(io, [&] { return asker.segmentation(there) == dgram::Segmentation::off; });
  CHECK_FALSE(outcome.check);
}

TEST_CASE("an option of a path check that is out of its range is refused, and nothing is sent",
          "[socket][path_check]") {
  asio::io_context io;
  dgram::Socket silent = test::bound(io);
  dgram::Socket asker = test::bound(io);
  const auto is_refused = [&](auto change) {
    dgram::PathCheckOptions options;
    change(options);
    Outcome outcome;
    test::run(io, check(asker, silent.local_endpoint(), options, outcome));
    return outcome.ec == asio::error::invalid_argument;
  };
  using Options = dgram::PathCheckOptions;
  CHECK(is_refused([](Options& o) { o.size = 63; }));
  CHECK(is_refused([](Options& o) { o.size = 9001; }));
  CHECK(is_refused([](Options& o) { o.run = 1; }));
  CHECK(is_refused([](Options& o) { o.run = 65; }));
  CHECK(is_refused([](Options& o) {
    o.size = 4095;
    o.run = 16;
  }));  // 65,520 bytes at once
  CHECK(is_refused([](Options& o) { o.rounds = 0; }));
  CHECK(is_refused([](Options& o) { o.rounds = 101; }));
  CHECK(is_refused([](Options& o) { o.patience = 0ms; }));
  CHECK(is_refused([](Options& o) { o.patience = -1s; }));
  CHECK(test::take_texts(silent).empty());
}

TEST_CASE("a burst of which nothing can be sent ends the check with the reason",
          "[socket][path_check]") {
  Sides sides;
  sides.at_asker->gso = false;
  sides.asker = following(sides.io, sides.at_asker, dgram::Family::ipv4);
  const dgram::FaultScript::Fault refused{asio::error::message_size};
  sides.at_asker->send = {{}, refused, refused, refused, refused, refused};
  Outcome outcome;
  asio::co_spawn(sides.io, dgram::answer_path_checks(sides.responder), rethrow);
  test::run(sides.io, check_then_close(sides.asker, sides.responder, few(), outcome));
  CHECK(outcome.ec == asio::error::message_size);
}

}  // namespace socket_path_check_test
