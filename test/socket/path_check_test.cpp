// A path check on loopback: what is lost only in runs is named, and whoever else talks to either
// side gets nothing out of it.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <dgram/path_check.hpp>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "check/path_burst.hpp"
#include "check/path_message.hpp"
#include "support/catch2.hpp"
#include "support/faulty.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace socket_path_check_test {

namespace {

using namespace std::chrono_literals;
using dgram::detail::BurstKind;
using dgram::detail::PathMessage;
using Type = PathMessage::Type;

dgram::SocketOptions over(dgram::Family family) {
  dgram::SocketOptions options;
  options.family = family;
  return options;
}

/// A socket whose channel follows `script`.
dgram::Socket following(asio::io_context& io,
                        const std::shared_ptr<dgram::FaultScript>& script,
                        dgram::Family family) {
  dgram::set_channel_factory(io, [script](const asio::any_io_executor& executor) {
    return dgram::make_fault_channel(dgram::make_kernel_channel(executor), script);
  });
  return test::bound(io, over(family));
}

std::shared_ptr<dgram::FaultScript> with_runs() {
  auto script = std::make_shared<dgram::FaultScript>();
  script->gso = true;
  return script;
}

/// Quick, and still some of each.
dgram::PathCheckOptions few() {
  dgram::PathCheckOptions options;
  options.size = 200;
  options.run = 5;
  options.rounds = 3;
  options.patience = test::deadline;
  return options;
}
constexpr std::size_t all_of_few = 15;

/// How a check has ended.
struct Outcome {
  std::optional<dgram::PathCheck> check;
  std::error_code ec;
};

asio::awaitable<void> check(dgram::Socket& asker,
                            dgram::Endpoint responder,
                            dgram::PathCheckOptions options,
                            Outcome& outcome) {
  try {
    outcome.check = co_await dgram::check_path(asker, responder, options);
  } catch (const dgram::Error& error) {
    outcome.ec = error.code();
  }
}

asio::awaitable<void> check_then_close(dgram::Socket& asker,
                                       dgram::Socket& responder,
                                       dgram::PathCheckOptions options,
                                       Outcome& outcome) {
  const dgram::Endpoint to = responder.local_endpoint();
  co_await check(asker, to, options, outcome);
  responder.close();
}

void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

/// A side that checks and one that answers, each with a script of its own.
struct Sides {
  explicit Sides(dgram::Family family = dgram::Family::ipv4)
      : asker(following(io, at_asker, family)), responder(following(io, at_responder, family)) {}

  dgram::PathCheck run(const dgram::PathCheckOptions& options = few()) {
    Outcome outcome;
    asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow);
    test::run(io, check_then_close(asker, responder, options, outcome));
    if (outcome.ec) throw dgram::Error(outcome.ec, "check");
    return *outcome.check;
  }
  /// Whether sockets with such scripts make runs here.
  bool has_runs() const {
    const std::vector<dgram::Capability> all = asker.capabilities();
    return dgram::find(all, "gso")->state == dgram::Capability::State::granted;
  }

  asio::io_context io;
  std::shared_ptr<dgram::FaultScript> at_asker = with_runs();
  std::shared_ptr<dgram::FaultScript> at_responder = with_runs();
  dgram::Socket asker;
  dgram::Socket responder;
};

bool all_arrived(const dgram::PathCheck::Counts& counts, std::size_t sent = all_of_few) {
  return counts.sent == sent && counts.arrived == sent && counts.damaged == 0;
}
bool all_arrived(const dgram::PathCheck::Direction& direction) {
  return all_arrived(direction.single) && all_arrived(direction.equal_runs) &&
         all_arrived(direction.uneven_runs);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A message as it is on its way; a datagram of a burst is whole.
std::string text_of(const PathMessage& message) {
  std::string text;
  if (message.type == Type::there || message.type == Type::back) {
    text.resize(dgram::detail::datagram_size(message));
    dgram::detail::write_datagram(message, std::as_writable_bytes(std::span(text)));
  } else {
    const dgram::detail::PathHeader header = dgram::detail::to_header(message);
    text.assign(reinterpret_cast<const char*>(header.data()), header.size());
  }
  return text;
}

std::optional<PathMessage> read(std::string_view text) {
  return dgram::detail::read_path_message(std::as_bytes(std::span(text)));
}

PathMessage message(Type type, std::uint64_t cookie = 0) {
  PathMessage m;
  m.type = type;
  m.token = 7;
  m.cookie = cookie;
  if (type == Type::hello || type == Type::welcome) return m;
  m.kind = BurstKind::equal_run;
  m.burst = 1;
  m.run = 5;
  m.size = 200;
  return m;
}

/// Somebody who talks to a responder, and to whom nothing is to be given.
struct Stranger {
  Stranger() { asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow); }

  /// Sends, and waits until the responder has taken it and is at rest.
  void say(const std::string& text) { say_from(socket, text); }
  void say_from(dgram::Socket& from, const std::string& text) {
    const std::uint64_t before = responder.stats().datagrams_received;
    test::put(from, responder, text);
    test::run_until(io, [&] { return responder.stats().datagrams_received != before; });
    io.restart();
    io.poll();
  }
  std::uint64_t introduce() {
    say(text_of(message(Type::hello)));
    const std::vector<std::string> answers = test::take_texts(socket);
    REQUIRE(answers.size() == 1);
    const std::optional<PathMessage> welcome = read(answers[0]);
    REQUIRE(welcome);
    CHECK(welcome->type == Type::welcome);
    CHECK(welcome->token == 7);
    return welcome->cookie;
  }
  std::uint64_t answers() const { return responder.stats().datagrams_sent; }

  asio::io_context io;
  dgram::Socket responder = test::bound(io);
  dgram::Socket socket = test::bound(io);
};

}  // namespace

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

TEST_CASE("a responder whose socket is not open ends at once", "[socket][path_check]") {
  asio::io_context io;
  dgram::Socket fresh(io), closed = test::bound(io);
  closed.close();
  for (dgram::Socket* const socket : {&fresh, &closed}) {
    bool is_done = false;
    asio::co_spawn(
        io, dgram::answer_path_checks(*socket), [&](std::exception_ptr) { is_done = true; });
    io.restart();
    test::run(io);
    CHECK(is_done);
  }
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

/// Answers each question at first as if nothing had arrived.
asio::awaitable<void> answer_late(dgram::Socket& socket) {
  std::uint16_t asked_after = 0;
  for (;;) {
    std::error_code ec;
    const dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec) co_return;
    std::optional<PathMessage> answer = dgram::detail::read_path_message(datagram.data());
    if (answer->type == Type::there) continue;
    if (answer->type == Type::hello) {
      answer->type = Type::welcome;
    } else if (answer->type == Type::ask) {
      answer->type = Type::told;
      answer->first = asked_after == answer->burst ? answer->run : std::uint16_t{0};
      asked_after = answer->burst;
    } else {
      answer->type = Type::sent;
    }
    const std::string text = text_of(*answer);
    const dgram::Endpoint to = datagram.remote();
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
  CHECK(outcome.check->back.single.sent == 0);
  CHECK_FALSE(outcome.check->back.single_ones_arrive());
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

TEST_CASE("no datagram makes a responder send more than it got, and afterwards it still serves",
          "[socket][path_check]") {
  Stranger stranger;
  std::mt19937 random(11);
  // Noise; and each kind of message: cut, from another version, with any byte changed.
  for (const std::size_t size : {0u, 1u, 35u, 36u, 37u, 1200u, 9000u}) {
    std::string noise(size, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    stranger.say(noise);
  }
  for (const Type type :
       {Type::welcome, Type::there, Type::ask, Type::told, Type::want, Type::back, Type::sent}) {
    const std::string text = text_of(message(type, 1));
    stranger.say(text);
    stranger.say(text.substr(0, 35));
    stranger.say(text.substr(0, 36) + std::string(8000, 'x'));
    for (std::size_t at = 0; at < 36; ++at) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ 0xFF);
      stranger.say(changed);
    }
  }
  CHECK(stranger.answers() == 0);

  // A hello is answered by as much.
  stranger.say(text_of(message(Type::hello)));
  CHECK(stranger.answers() == 1);
  CHECK(stranger.responder.stats().bytes_sent == 36);
  stranger.say(text_of(message(Type::hello)) + "more");
  CHECK(stranger.answers() == 1);

  Outcome outcome;
  test::run(stranger.io, check_then_close(stranger.socket, stranger.responder, few(), outcome));
  REQUIRE(outcome.check);
  CHECK(all_arrived(outcome.check->there));
  CHECK(all_arrived(outcome.check->back));
}

TEST_CASE("a burst goes only to who has the cookie that was sent to its endpoint",
          "[socket][path_check]") {
  Stranger stranger;
  dgram::Socket other = test::bound(stranger.io);
  const std::uint64_t cookie = stranger.introduce();
  const std::uint64_t before = stranger.answers();
  stranger.say(text_of(message(Type::want)));
  stranger.say(text_of(message(Type::want, cookie ^ 1)));
  stranger.say(text_of(message(Type::ask, cookie ^ 1)));
  stranger.say_from(other, text_of(message(Type::want, cookie)));
  PathMessage of_another_check = message(Type::want, cookie);
  of_another_check.token = 8;
  stranger.say(text_of(of_another_check));
  CHECK(stranger.answers() == before);
  stranger.say(text_of(message(Type::want, cookie)));
  CHECK(stranger.answers() == before + 6);
}

TEST_CASE("a request that is sent again, or an old one, brings no second burst",
          "[socket][path_check]") {
  Stranger stranger;
  const std::uint64_t cookie = stranger.introduce();
  PathMessage want = message(Type::want, cookie);
  want.burst = 4;
  const std::uint64_t before = stranger.answers();
  stranger.say(text_of(want));
  CHECK(stranger.answers() == before + 6);
  stranger.say(text_of(want));
  CHECK(stranger.answers() == before + 7);
  want.burst = 3;
  stranger.say(text_of(want));
  CHECK(stranger.answers() == before + 7);
  // What is asked for beyond the bounds is no request.
  for (const std::uint16_t burst : {std::uint16_t{601}, std::uint16_t{65535}}) {
    want.burst = burst;
    stranger.say(text_of(want));
  }
  want.burst = 5;
  want.run = 65535;
  stranger.say(text_of(want));
  want.run = 64;
  want.size = 9000;
  stranger.say(text_of(want));
  CHECK(stranger.answers() == before + 7);
}

TEST_CASE("what came damaged is told as damaged", "[socket][path_check]") {
  Stranger stranger;
  const std::uint64_t cookie = stranger.introduce();
  PathMessage datagram = message(Type::there, cookie);
  stranger.say(text_of(datagram));
  datagram.index = 1;
  std::string spoilt = text_of(datagram);
  spoilt.back() = static_cast<char>(spoilt.back() ^ 1);
  stranger.say(spoilt);
  datagram.index = 2;
  stranger.say(text_of(datagram) + "and more");
  stranger.say(text_of(message(Type::ask, cookie)));
  const std::vector<std::string> answers = test::take_texts(stranger.socket);
  REQUIRE(answers.size() == 1);
  const std::optional<PathMessage> told = read(answers[0]);
  REQUIRE(told);
  CHECK(told->type == Type::told);
  CHECK(told->first == 1);
  CHECK(told->second == 2);
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

TEST_CASE("a responder ends when it is cancelled, stopped or closed", "[socket][path_check]") {
  enum class Way { signal, socket_cancel, stop, close };
  const Way way = GENERATE(Way::signal, Way::socket_cancel, Way::stop, Way::close);
  asio::io_context io;
  dgram::Socket responder = test::bound(io);
  asio::cancellation_signal signal;
  bool ended = false;
  asio::co_spawn(io,
                 dgram::answer_path_checks(responder),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
                   ended = true;
                   rethrow(failure);
                 }));
  io.poll();
  if (way == Way::signal) signal.emit(asio::cancellation_type::terminal);
  if (way == Way::socket_cancel) responder.cancel();
  if (way == Way::stop) responder.stop_receiving();
  if (way == Way::close) responder.close();
  test::run(io);
  CHECK(ended);
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
