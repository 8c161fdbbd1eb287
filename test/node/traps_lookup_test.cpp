// Lookups that answer at once, wrongly, twice or never, and those that throw.
#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_lookup_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::LookupCallback;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::HeldLookups;
using test::message_of;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

TEST_CASE("a lookup that answers at once: listening inside bind", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, udp4_with_lookup(test::finds_at_once()));
  bool listening = false;
  socket.bind(0, "127.0.0.1", [&] { listening = true; });
  CHECK(listening);
  CHECK(socket.address().address == "127.0.0.1");
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a lookup that fails at once: error inside the call, nothing is stuck", "[node][trap]") {
  asio::io_context io;
  bool fails = true;
  Socket socket = create_socket(
      io, udp4_with_lookup([&](const std::string& host, int, const LookupCallback& done) {
        const Error no = plain_error("no");
        done(fails ? &no : nullptr, host);
      }));
  Texts told;
  const auto says = [&](const Error* failure, std::size_t) {
    told.push_back(failure ? failure->code() : "sent");
  };
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.send("x", 9, "127.0.0.1", says);
  CHECK(told == Texts{"error no"});
  socket.connect(
      9, "127.0.0.1", [&](const Error* failure) { told.push_back("connect " + failure->code()); });
  socket.bind(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"error no", "error no", "error no", "ECANCELED", "connect ECANCELED"});

  fails = false;
  told.clear();
  socket.send("y", 9, "127.0.0.1", says);
  next_tick(io, [&] { socket.close([&] { told.push_back("close"); }); });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"sent", "close"});
}

TEST_CASE("a lookup that throws: out of the call, which may be made again", "[node][trap]") {
  asio::io_context io;
  bool throws = true;
  Socket socket = create_socket(
      io, udp4_with_lookup([&](const std::string& host, int, const LookupCallback& done) {
        if (throws) throw plain_error("thrown");
        done(nullptr, host);
      }));
  Texts told;
  for (int round = 0; round < 2; ++round) {
    CHECK(message_of([&] { socket.bind(0, "127.0.0.1"); }) == "thrown");
    CHECK(message_of([&] { socket.connect(9); }) == "thrown");
    CHECK(message_of([&] { socket.send("x", 9, "127.0.0.1"); }) == "thrown");
  }
  throws = false;
  socket.bind(0, "127.0.0.1", [&] { told.push_back("bound"); });
  throws = true;
  for (int round = 0; round < 2; ++round) {
    CHECK(message_of([&] { socket.connect(9); }) == "thrown");
    CHECK(message_of([&] { socket.send("x", 9, "127.0.0.1"); }) == "thrown");
  }
  throws = false;
  socket.connect(9, "127.0.0.1", [&](const Error* failure) {
    told.push_back(failure ? failure->code() : "connected");
    socket.close([&] { told.push_back("closed"); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"bound", "connected", "closed"});
}

TEST_CASE("a lookup whose answer is no address of the socket's family: EINVAL", "[node][trap]") {
  const std::string answer = GENERATE(as<std::string>(),
                                      "",
                                      "localhost",
                                      "::1",
                                      "127.0.0.1:53",
                                      "127.1",
                                      "[::1]",
                                      " 127.0.0.1",
                                      "0x7f000001",
                                      "fe80::1%nowhere",
                                      std::string("127.0.0.1\0", 10),
                                      std::string(100'000, '1'));
  INFO(answer.substr(0, 20));
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error, [&](const Error& failure) {
    told.push_back(failure.syscall() + ' ' + failure.code());
  });
  const auto says = [&](const Error* failure) {
    told.push_back(failure ? failure->syscall() + ' ' + failure->code() : "no error");
  };
  socket.bind();
  lookups.find(0, answer);
  socket.bind();
  lookups.find(1, "0.0.0.0");
  socket.connect(9, "somewhere", says);
  lookups.find(2, answer);
  socket.send("x", 9, "somewhere", [&](const Error* failure, std::size_t) {
    says(failure);
    socket.close();
  });
  lookups.find(3, answer);
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"bind EINVAL", "connect EINVAL", "send EINVAL"});
}

TEST_CASE("a lookup that answers twice is heard once", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.on(event::listening, [&] { told.push_back("listening"); });
  socket.on(event::connect, [&] { told.push_back("connect"); });
  socket.bind();
  for (int i = 0; i < 2; ++i) lookups.find(0, "127.0.0.1");
  lookups.fail(0, "too late");
  socket.send("x", 9, "first", [&](const Error* failure, std::size_t) {
    told.push_back(failure ? failure->message() : "sent");
  });
  for (int i = 0; i < 2; ++i) lookups.find(1, "127.0.0.1");
  lookups.fail(1, "too late");
  next_tick(io, [&] {
    socket.connect(9, "second", [&](const Error* failure) {
      told.push_back(failure ? failure->message() : "connected");
      next_tick(io, [&] { socket.close(); });
    });
    for (int i = 0; i < 2; ++i) lookups.find(2, "127.0.0.1");
    lookups.fail(2, "too late");
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"listening", "sent", "connect", "connected"});
}

TEST_CASE("a lookup that never answers keeps neither run nor close", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  bool closed = false;
  socket.bind();
  CHECK(run_through(io) == Texts{});
  socket.close([&] { closed = true; });
  CHECK(run_through(io) == Texts{});
  CHECK(closed);
}

TEST_CASE("a lookup is asked for literal addresses and defaults, too, and not for the peer",
          "[node][trap]") {
  const bool v6 = GENERATE(true, false);
  asio::io_context io;
  Texts asked;
  auto options =
      udp4_with_lookup([&](const std::string& host, int family, const LookupCallback& done) {
        asked.push_back(host + ' ' + std::to_string(family));
        done(nullptr, v6 ? "::1" : "127.0.0.1");
      });
  options.type = v6 ? "udp6" : "udp4";
  Socket socket = create_socket(io, options);
  socket.bind();
  socket.send("x", 9);
  socket.send("x", 9, "somewhere");
  socket.connect(9);
  socket.send("x");
  socket.close();
  CHECK(run_through(io) == Texts{});
  if (v6)
    CHECK(asked == Texts{":: 6", "::1 6", "somewhere 6", "::1 6"});
  else
    CHECK(asked == Texts{"0.0.0.0 4", "127.0.0.1 4", "somewhere 4", "127.0.0.1 4"});
}

TEST_CASE("a connect whose lookup ends behind close is not made", "[node][trap]") {
  const bool fails = GENERATE(true, false);
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::connect, [&] { told.push_back("connect"); });
  socket.on(event::error, [&](const Error&) { told.push_back("error"); });
  socket.bind_sync({0, "127.0.0.1"});
  socket.connect(9, "somewhere");
  socket.close([&] { told.push_back("close"); });
  CHECK(run_through(io) == Texts{});
  if (fails)
    lookups.fail(0, "no");
  else
    lookups.find(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close"});
}

}  // namespace node_traps_lookup_test
