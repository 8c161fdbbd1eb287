// A lookup that answers behind the end of its call, uses its socket, or throws breaks no promise.
#include <optional>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_hostile_lookup_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Lookup;
using dgram::node::LookupCallback;
using dgram::node::Socket;
using test::code_of;
using test::HeldLookups;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

/// Keeps the answer as `held` does, and throws for the name "bad".
Lookup throws_for_bad(HeldLookups& held) {
  return [keep = held.lookup()](const std::string& host, int family, LookupCallback done) {
    keep(host, family, std::move(done));
    if (host == "bad") throw plain_error("thrown");
  };
}

}  // namespace

TEST_CASE("an answer to a bind that has thrown is not one to the next bind", "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(throws_for_bad(lookups)));
  int listening = 0;
  CHECK_THROWS(socket.bind(0, "bad"));
  socket.bind(0, "good", [&] { ++listening; });
  lookups.find(0, "127.0.0.1");
  CHECK(listening == 0);
  lookups.find(1, "127.0.0.2");
  CHECK(listening == 1);
  CHECK(socket.address().address == "127.0.0.2");
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("an answer to a connect that has thrown is not one to the next connect",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(throws_for_bad(lookups)));
  int connected = 0;
  socket.bind_sync({0, "127.0.0.1"});
  CHECK_THROWS(socket.connect(1001, "bad"));
  socket.connect(1002, "good", [&](const Error*) { ++connected; });
  lookups.find(0, "127.0.0.1");
  CHECK(code_of([&] { socket.remote_address(); }) == "ERR_SOCKET_DGRAM_NOT_CONNECTED");
  lookups.find(1, "127.0.0.2");
  CHECK(socket.remote_address().address == "127.0.0.2");
  CHECK(socket.remote_address().port == 1002);
  socket.close();
  CHECK(run_through(io) == Texts{});
  CHECK(connected == 1);
}

TEST_CASE("a send that has thrown is not made later", "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(throws_for_bad(lookups)));
  int called = 0;
  socket.bind_sync({0, "127.0.0.1"});
  socket.unref();
  CHECK_THROWS(socket.send("x", 9, "bad", [&](const Error*, std::size_t) { ++called; }));
  lookups.find(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(called == 0);
  CHECK(socket.stats().datagrams_sent == 0);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a lookup that sends and then throws leaves nothing that waits for ever",
          "[node][promises]") {
  asio::io_context io;
  std::optional<Socket> socket;
  int sent = 0, closed = 0;
  socket =
      create_socket(io, udp4_with_lookup([&](const std::string&, int, const LookupCallback&) {
                      socket->send("x", 9, "127.0.0.1", [&](const Error*, std::size_t) { ++sent; });
                      throw plain_error("thrown");
                    }));
  CHECK_THROWS(socket->bind(0, "127.0.0.1"));
  socket->close([&] { ++closed; });
  CHECK(run_through(io) == Texts{});
  CHECK(sent == 1);
  CHECK(closed == 1);
}

TEST_CASE("a bind that a listener of error makes goes on, though that listener throws",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  bool fails = true;
  Socket socket =
      create_socket(io,
                    udp4_with_lookup([&, keep = lookups.lookup()](
                                         const std::string& host, int family, LookupCallback done) {
                      const Error no = plain_error("no");
                      if (std::exchange(fails, false))
                        done(&no, {});
                      else
                        keep(host, family, std::move(done));
                    }));
  int listening = 0;
  socket.on(event::error, [&](const Error&) {
    socket.bind(0, "127.0.0.1", [&] { ++listening; });
    throw plain_error("thrown");
  });
  CHECK_THROWS(socket.bind());
  REQUIRE(lookups.count() == 1);
  lookups.find(0, "127.0.0.1");
  CHECK(listening == 1);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

}  // namespace node_hostile_lookup_test
