// Node's table of calls by state (node-semantics 2.2, 2.4): what each is let do, and that one that
// is refused changes nothing.
#include <functional>
#include <node/life.hpp>
#include <string>
#include <support/catch2.hpp>
#include <utility>
#include <vector>

#include "node/failures.hpp"

namespace unit_node_life_test {

using dgram::node::detail::Life;
using test::code_of;

namespace {

const std::string ok;
const std::string not_running = "ERR_SOCKET_DGRAM_NOT_RUNNING";
const std::string already_bound = "ERR_SOCKET_ALREADY_BOUND";
const std::string is_connected = "ERR_SOCKET_DGRAM_IS_CONNECTED";
const std::string not_connected = "ERR_SOCKET_DGRAM_NOT_CONNECTED";

Life unbound() {
  return Life();
}
Life binding() {
  Life life;
  life.begin_bind();
  return life;
}
Life bound() {
  Life life = binding();
  life.end_bind();
  return life;
}
Life connecting(Life life) {
  life.begin_connect();
  return life;
}
Life connected() {
  Life life = connecting(bound());
  life.end_connect();
  return life;
}
Life closed(Life life) {
  life.close();
  return life;
}

/// All that can be seen of it; a connect that goes on is seen by what the next one is told.
std::string words_of(const Life& life) {
  Life tried = life;
  std::string words = life.is_open() ? "open" : "closed";
  words += life.is_unbound() ? " unbound" : "";
  words += life.is_binding() ? " binding" : "";
  words += life.is_bound() ? " bound" : "";
  words += life.is_connected() ? " connected" : "";
  if (!life.is_connected() && code_of([&] { tried.begin_connect(); }) == is_connected)
    words += " connecting";
  return words;
}

struct Row {
  Life life;
  std::string words;
  std::string bind;
  std::string connect;
  std::string disconnect;
  std::string others;  ///< close, and what needs an open socket.
};

std::vector<Row> table() {
  // clang-format off
  return {
      {unbound(), "open unbound", ok, ok, not_connected, ok},
      {connecting(unbound()), "open unbound connecting", ok, is_connected, not_connected, ok},
      {binding(), "open binding", already_bound, ok, not_connected, ok},
      {connecting(binding()), "open binding connecting", already_bound, is_connected, not_connected, ok},
      {bound(), "open bound", already_bound, ok, not_connected, ok},
      {connecting(bound()), "open bound connecting", already_bound, is_connected, not_connected, ok},
      {connected(), "open bound connected", already_bound, is_connected, ok, ok},
      {closed(unbound()), "closed unbound", not_running, not_running, not_connected, not_running},
      {closed(connecting(unbound())), "closed unbound connecting", not_running, is_connected, not_connected, not_running},
      {closed(binding()), "closed binding", not_running, not_running, not_connected, not_running},
      {closed(connecting(binding())), "closed binding connecting", not_running, is_connected, not_connected, not_running},
      {closed(bound()), "closed bound", not_running, not_running, not_connected, not_running},
      {closed(connecting(bound())), "closed bound connecting", not_running, is_connected, not_connected, not_running},
      {closed(connected()), "closed bound connected", not_running, is_connected, not_running, not_running},
  };
  // clang-format on
}

/// The call says `code`, and leaves `words`; one that throws leaves what was there.
void check_cell(const Row& row,
                const char* call,
                const std::function<void(Life&)>& make,
                const std::string& code,
                const std::string& words) {
  INFO(row.words << ", " << call);
  Life life = row.life;
  CHECK(code_of([&] { make(life); }) == code);
  CHECK(words_of(life) == (code.empty() ? words : row.words));
}

std::string with(const std::string& words, std::string_view from, std::string_view to) {
  std::string result = words;
  return result.replace(result.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a socket's life begins open, unbound and without a peer", "[unit][node][life]") {
  CHECK(words_of(Life()) == "open unbound");
}

TEST_CASE("each state is what its calls have made of it", "[unit][node][life]") {
  for (const Row& row : table()) CHECK(words_of(row.life) == row.words);
}

TEST_CASE("bind begins in an open, unbound socket alone", "[unit][node][life]") {
  for (const Row& row : table()) {
    check_cell(
        row,
        "begin_bind",
        [](Life& life) { life.begin_bind(); },
        row.bind,
        row.bind.empty() ? with(row.words, "unbound", "binding") : row.words);
    check_cell(
        row, "require_unbound", [](Life& life) { life.require_unbound(); }, row.bind, row.words);
  }
}

// The peer is asked for first: a closed socket that had one says that it has, as Node's does.
TEST_CASE("connect begins in an open socket that has no peer and looks for none",
          "[unit][node][life]") {
  for (const Row& row : table())
    check_cell(
        row,
        "begin_connect",
        [](Life& life) { life.begin_connect(); },
        row.connect,
        row.words + " connecting");
}

TEST_CASE("only an open socket with a peer has one to lose", "[unit][node][life]") {
  for (const Row& row : table())
    check_cell(
        row,
        "require_connected",
        [](Life& life) { life.require_connected(); },
        row.disconnect,
        row.words);
}

TEST_CASE("what a closed socket is asked for it refuses", "[unit][node][life]") {
  for (const Row& row : table()) {
    check_cell(
        row, "require_open", [](Life& life) { life.require_open(); }, row.others, row.words);
    check_cell(
        row,
        "close",
        [](Life& life) { life.close(); },
        row.others,
        row.others.empty() ? with(row.words, "open", "closed") : row.words);
  }
}

TEST_CASE("a bind that succeeds leaves a connect that waits for it waiting", "[unit][node][life]") {
  Life life = connecting(binding());
  life.end_bind();
  CHECK(words_of(life) == "open bound connecting");
}

TEST_CASE("a bind that fails may be tried again", "[unit][node][life]") {
  Life life = binding();
  life.fail_bind();
  CHECK(words_of(life) == "open unbound");
  life.begin_bind();
  CHECK(words_of(life) == "open binding");
}

// Node stays in "connecting" for ever.
TEST_CASE("a bind that fails fails the connect that waited for it", "[unit][node][life]") {
  Life life = connecting(binding());
  life.fail_bind();
  CHECK(words_of(life) == "open unbound");
}

TEST_CASE("a connect that fails may be tried again, and takes no bind along",
          "[unit][node][life]") {
  Life life = connecting(bound());
  life.fail_connect();
  CHECK(words_of(life) == "open bound");
  life.begin_connect();
  life.end_connect();
  CHECK(words_of(life) == "open bound connected");
}

TEST_CASE("a peer that was taken away may be followed by another", "[unit][node][life]") {
  Life life = connected();
  life.disconnect();
  CHECK(words_of(life) == "open bound");
  life.begin_connect();
  CHECK(words_of(life) == "open bound connecting");
}

}  // namespace unit_node_life_test
