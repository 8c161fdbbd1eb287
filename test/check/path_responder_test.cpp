// The side of a path check that answers: whoever talks to it gets nothing out of it.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <dgram/check/path_check.hpp>
#include <dgram/dgram.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "path_sides.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace socket_path_responder_test {

using namespace test::path;

namespace {

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

}  // namespace socket_path_responder_test
