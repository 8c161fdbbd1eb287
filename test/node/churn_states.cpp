// The states that a socket can be closed in.
#include <dgram/node/next_tick.hpp>

#include "churn.hpp"

namespace test {

namespace {

namespace event = dgram::node::event;
using dgram::node::next_tick;

void finish_soon(Subject& subject) {
  next_tick(subject.round().io, [&subject] { subject.finish(); });
}

void send_to(Subject& subject, const char* host) {
  for (int i = 0; i < 2; ++i) subject.socket().send("x", 9, host, subject.sent());
}

void send_to_itself(Subject& subject) {
  for (int i = 0; i < 2; ++i)
    subject.socket().send("x", subject.socket().address().port, "127.0.0.1", subject.sent());
}

}  // namespace

const std::vector<State>& all_states() {
  static const std::vector<State> states = {
      {"unbound", [](Subject& s) { s.finish(); }},
      {"binding",
       [](Subject& s) {
         s.socket().bind(0, "127.0.0.1", s.bound());
         s.finish();
       }},
      {"binding to a name",
       [](Subject& s) {
         s.socket().bind(0, "later", s.bound());
         s.finish();
       }},
      {"binding to a name that nobody looks up",
       [](Subject& s) {
         s.socket().bind(0, "never", s.bound());
         s.finish();
       }},
      {"bound",
       [](Subject& s) {
         s.socket().bind(0, "127.0.0.1", s.bound());
         next_tick(s.round().io, [&s] { finish_soon(s); });
       }},
      {"bound inside the call",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         s.finish();
       }},
      {"with sends that wait for the bind",
       [](Subject& s) {
         send_to(s, "127.0.0.1");
         send_to(s, "later");
         s.finish();
       }},
      {"with sends whose bind fails",
       [](Subject& s) {
         s.socket().bind(0, "192.0.2.1", s.bound());
         send_to(s, "127.0.0.1");
         s.socket().connect(9, "127.0.0.1", s.connected());
         s.socket().on(event::error, [&s](const auto&) { finish_soon(s); });
       }},
      {"with sends that have not left",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         send_to(s, "127.0.0.1");
         send_to(s, "at once");
         s.finish();
       }},
      {"with sends to names",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         send_to(s, "later");
         finish_soon(s);
       }},
      {"with a send to a name that nobody looks up",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         s.socket().send("x", 9, "never");
         finish_soon(s);
       }},
      {"with sends that have left",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         send_to_itself(s);
         next_tick(s.round().io, [&s] { finish_soon(s); });
       }},
      {"connecting, unbound",
       [](Subject& s) {
         s.socket().connect(9, "127.0.0.1", s.connected());
         s.finish();
       }},
      {"connecting",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         s.socket().connect(9, "later", s.connected());
         finish_soon(s);
       }},
      {"connecting to a name that nobody looks up",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         s.socket().connect(9, "never", s.connected());
         finish_soon(s);
       }},
      {"connected",
       [](Subject& s) {
         s.socket().connect_sync(9, "127.0.0.1");
         finish_soon(s);
       }},
      {"connected, with sends",
       [](Subject& s) {
         s.socket().bind_sync({0, "127.0.0.1"});
         s.socket().connect_sync(s.socket().address().port, "127.0.0.1");
         for (int i = 0; i < 2; ++i) s.socket().send("x", s.sent());
         s.finish();
       }},
      {"disconnected",
       [](Subject& s) {
         s.socket().connect_sync(9, "127.0.0.1");
         s.socket().disconnect();
         finish_soon(s);
       }},
      {"in a listener of listening",
       [](Subject& s) {
         s.socket().on(event::listening, [&s] { s.finish(); });
         s.socket().bind(0, "127.0.0.1", s.bound());
       }},
      {"in a listener of connect",
       [](Subject& s) {
         s.socket().on(event::connect, [&s] { s.finish(); });
         s.socket().connect(9, "127.0.0.1", s.connected());
       }},
      {"in a listener of message",
       [](Subject& s) {
         s.socket().on(event::message, [&s](const auto&, const auto&) { s.finish(); });
         s.socket().bind_sync({0, "127.0.0.1"});
         send_to_itself(s);
       }},
      {"in a listener of error",
       [](Subject& s) {
         s.socket().on(event::error, [&s](const auto&) { s.finish(); });
         s.socket().bind(0, "192.0.2.1", s.bound());
       }},
      {"in a listener of close",
       [](Subject& s) {
         s.socket().on(event::close, [&s] { s.finish_again(); });
         s.socket().bind_sync({0, "127.0.0.1"});
         s.finish();
       }},
      {"in the callback of a send",
       [](Subject& s) {
         s.socket().send(
             "x", 9, "127.0.0.1", [&s, count = s.sent()](const auto* failure, std::size_t bytes) {
               count(failure, bytes);
               s.finish();
             });
       }},
  };
  return states;
}

}  // namespace test
