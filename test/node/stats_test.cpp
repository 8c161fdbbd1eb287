// What a socket counts of its own: each counter goes up when its comment in <dgram/node/stats.hpp>
// says so, and at no other time.
#include <asio/error.hpp>
#include <dgram/dgram.hpp>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <support/run_until.hpp>

#include "counted_sends.hpp"

namespace node_stats_test {

namespace event = dgram::node::event;
using dgram::node::BlockList;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using dgram::node::Stats;
using test::CountedSends;
using test::own_counts;
using test::unsent;

namespace {

BlockList loopback_list() {
  BlockList list;
  list.add_subnet("127.0.0.0", 8);
  return list;
}

}  // namespace

TEST_CASE("a socket has counted nothing before it is used", "[node][stats]") {
  CountedSends f;
  Socket socket = create_socket(f.io, "udp4");
  CHECK(own_counts(socket) == unsent(0));
  socket.bind_sync();
  CHECK(own_counts(socket) == unsent(0));
  socket.close();
  f.run();
  CHECK(own_counts(socket) == unsent(0));
}

TEST_CASE("the sends of one callback leave in few calls", "[node][stats]") {
  constexpr int sends = 64;
  CountedSends f;
  Socket socket = f.bound();
  const int port = socket.address().port;
  for (int i = 0; i < sends; ++i) socket.send("x", port, "127.0.0.1", f.count());
  f.run_ready();
  CHECK(f.ends() == "ok 64");
  CHECK(socket.stats().datagrams_sent == sends);
  CHECK(socket.stats().send_calls.calls() <= sends / 8);
  socket.close();
  f.run();
}

TEST_CASE("a message that comes alone costs one receive, and the system is asked for no other one",
          "[node][stats]") {
  constexpr std::uint64_t messages = 40;
  CountedSends f;
  Socket socket = f.bound();
  std::uint64_t heard = 0;
  socket.on(event::message, [&](const auto&, const auto&) { ++heard; });
  dgram::Socket sender(f.io);
  const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", socket.address().port);
  for (std::uint64_t i = 1; i <= messages; ++i) {
    std::error_code ec;
    REQUIRE(sender.try_send("alone", to, ec));
    test::run_until(f.io, [&] { return heard == i; });
  }
  const Stats stats = socket.stats();
  CHECK(stats.receive_calls.calls() == messages);
  CHECK(stats.receive_calls.counts[0] == 0);  // found nothing
  socket.close();
  f.run();
}

TEST_CASE("a send that the system takes is not unsent", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  const int port = socket.address().port;
  socket.on(event::message, [&](const auto&, const auto&) { socket.close(); });
  socket.send("abc", port, "127.0.0.1", f.count());
  f.run();
  const Stats stats = socket.stats();
  CHECK(f.ends() == "ok 1");
  CHECK(own_counts(socket) == unsent(0));
  CHECK(stats.datagrams_sent == 1);
  CHECK(stats.bytes_sent == 3);
  CHECK(stats.datagrams_received == 1);
  CHECK(stats.bytes_received == 3);
}

TEST_CASE("a send that the system refuses is among the errors, and not unsent", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  const std::string too_long(65'508, 'x');
  socket.send(too_long, 9, "127.0.0.1", f.count());
  socket.send(too_long, 9, "127.0.0.1");
  f.run_ready();
  CHECK(f.ends() == "EMSGSIZE 1");
  CHECK(socket.stats().errors.of(asio::error::message_size) == 2);
  socket.connect_sync(9, "127.0.0.1");
  socket.send(too_long, f.count());
  socket.send(too_long);
  f.run_ready();
  CHECK(f.ends() == "EMSGSIZE 2");
  CHECK(socket.stats().errors.of(asio::error::message_size) == 4);
  socket.close();
  f.run();
  CHECK(socket.stats().errors.of(asio::error::message_size) == 4);
  CHECK(own_counts(socket) == unsent(0));
}

TEST_CASE("a send whose lookup fails is unsent, with and without a callback", "[node][stats]") {
  CountedSends f;
  Socket socket = create_socket(f.io, f.lookups.options());
  int errors = 0;
  socket.on(event::error, [&](const Error&) { ++errors; });
  socket.bind();
  f.lookups.answer();
  socket.send("a", 9, "nowhere", f.count());
  socket.send("b", 9, "nowhere");
  CHECK(own_counts(socket) == unsent(0));
  f.lookups.fail();
  CHECK(own_counts(socket) == unsent(2));
  socket.close();
  f.run();
  CHECK(own_counts(socket) == unsent(2));
  CHECK(f.ends() == "ENOTFOUND 1");
  CHECK(errors <= 1);
}

TEST_CASE("sends whose bind fails are unsent; a connect and a close are no sends",
          "[node][stats]") {
  CountedSends f;
  Socket socket = create_socket(f.io, f.lookups.options());
  socket.on(event::error, [](const Error&) {});
  socket.connect(9);
  socket.send("a", 9, "127.0.0.1", f.count());
  socket.send("b", 9, "127.0.0.1");
  socket.close();
  f.lookups.fail();
  f.run();
  CHECK(f.ends() == "ECANCELED 1");
  CHECK(own_counts(socket) == unsent(2));
}

TEST_CASE("a send whose bind fails inside the call is unsent", "[node][stats]") {
  CountedSends f;
  SocketOptions options = CountedSends::udp4();
  options.lookup = [](const std::string& host, int, const auto& done) {
    const Error failure = test::not_found(host);
    done(&failure, {});
  };
  Socket socket = create_socket(f.io, options);
  socket.on(event::error, [](const Error&) {});
  socket.send("a", 9, "127.0.0.1", f.count());
  f.run();
  CHECK(f.ends() == "ECANCELED 1");
  CHECK(own_counts(socket) == unsent(1));
}

TEST_CASE("a send to a blocked address is unsent, with and without a callback", "[node][stats]") {
  CountedSends f;
  SocketOptions options = CountedSends::udp4();
  options.send_block_list = loopback_list();
  Socket socket = f.bound(options);
  socket.send("a", 9, "127.0.0.1", f.count());
  socket.send("b", 9, "127.1.2.3");
  socket.send("c", 9);
  f.run_ready();
  CHECK(f.ends() == "ERR_IP_BLOCKED 1");
  CHECK(own_counts(socket) == unsent(3));
  CHECK(socket.stats().datagrams_sent == 0);
  socket.close();
  f.run();
}

TEST_CASE("a connect to a blocked address is no send", "[node][stats]") {
  CountedSends f;
  SocketOptions options = CountedSends::udp4();
  options.send_block_list = loopback_list();
  Socket socket = f.bound(options);
  std::string code;
  socket.connect(9, "127.0.0.1", [&](const Error* error) { code = error ? error->code() : ""; });
  f.run_ready();
  CHECK(code == "ERR_IP_BLOCKED");
  CHECK(own_counts(socket) == unsent(0));
  socket.close();
  f.run();
}

// Connected already, the peer is not looked at again, as in Node.
TEST_CASE("a send to a peer that is blocked later is not unsent", "[node][stats]") {
  CountedSends f;
  SocketOptions options = CountedSends::udp4();
  BlockList list;
  options.send_block_list = list;
  Socket socket = f.bound(options);
  Socket receiver = f.bound();
  socket.connect_sync(receiver.address().port, "127.0.0.1");
  list.add_address("127.0.0.1");
  socket.send("a", f.count());
  f.run_ready();
  CHECK(f.ends() == "ok 1");
  CHECK(own_counts(socket) == unsent(0));
  socket.close();
  receiver.close();
  f.run();
}

TEST_CASE("a send of the wrong family, and one that a connect has overtaken, are unsent",
          "[node][stats]") {
  CountedSends f;
  Socket socket = create_socket(f.io, f.lookups.options());
  socket.bind();
  f.lookups.answer();
  socket.send("a", 9, "::1", f.count());
  f.lookups.answer();
  f.run_ready();
  CHECK(f.ends() == "EINVAL 1");
  CHECK(own_counts(socket) == unsent(1));
  socket.send("b", 9, "127.0.0.1", f.count());
  socket.connect_sync(9, "127.0.0.1");
  f.lookups.answer();
  f.run_ready();
  CHECK(f.ends() == "EINVAL 1, EISCONN 1");
  CHECK(own_counts(socket) == unsent(2));
  socket.close();
  f.run();
}

TEST_CASE("a datagram that nobody listens for is unheard", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  int messages = 0;
  const auto receive = [&] {
    const std::uint64_t before = socket.stats().datagrams_received;
    f.put(socket);
    test::run_until(f.io, [&] { return socket.stats().datagrams_received > before; });
  };
  receive();
  CHECK(own_counts(socket) == "0 unsent, 0 blocked, 1 unheard");
  const auto id = socket.on(event::message, [&](const auto&, const auto&) { ++messages; });
  receive();
  CHECK(own_counts(socket) == "0 unsent, 0 blocked, 1 unheard");
  socket.off(event::message, id);
  socket.once(event::message, [&](const auto&, const auto&) { ++messages; });
  receive();
  receive();
  CHECK(messages == 2);
  CHECK(own_counts(socket) == "0 unsent, 0 blocked, 2 unheard");
  socket.close();
  f.run();
  CHECK(own_counts(socket) == "0 unsent, 0 blocked, 2 unheard");
}

TEST_CASE("a datagram that a listener throws at is not unheard", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  socket.on(event::message, [](const auto&, const auto&) { throw std::runtime_error("heard"); });
  f.put(socket);
  CHECK_THROWS_WITH(f.run(), "heard");
  CHECK(own_counts(socket) == unsent(0));
  socket.close();
  f.run();
}

TEST_CASE("a datagram of a blocked sender is blocked, and not unheard", "[node][stats]") {
  CountedSends f;
  BlockList list;
  SocketOptions options = CountedSends::udp4();
  options.receive_block_list = list;
  Socket socket = f.bound(options);
  int messages = 0;
  const auto receive = [&] {
    const std::uint64_t before = socket.stats().datagrams_received;
    f.put(socket);
    test::run_until(f.io, [&] { return socket.stats().datagrams_received > before; });
  };
  list.add_address("127.0.0.1");
  receive();
  CHECK(own_counts(socket) == "0 unsent, 1 blocked, 0 unheard");
  socket.on(event::message, [&](const auto&, const auto&) { ++messages; });
  receive();
  CHECK(own_counts(socket) == "0 unsent, 2 blocked, 0 unheard");
  CHECK(messages == 0);
  socket.close();
  f.run();
  CHECK(own_counts(socket) == "0 unsent, 2 blocked, 0 unheard");
}

// Promise 8 of the library: no datagram is dropped by us without a counter.
TEST_CASE("datagrams that a close finds taken out of the kernel are counted", "[node][stats]") {
  std::uint64_t received = 0;
  std::uint64_t heard = 0;
  std::uint64_t discarded = 0;
  std::uint64_t held = 0;
  for (std::uint64_t last = 1; last <= 32; ++last) {
    CountedSends f;
    Socket socket = f.bound();
    std::uint64_t messages = 0;
    socket.on(event::message, [&](const auto&, const auto&) {
      if (++messages == last) socket.close();
    });
    f.put(socket, 64);
    f.run();
    const Stats stats = socket.stats();
    CHECK(messages == last);
    heard += messages;
    received += stats.datagrams_received;
    discarded += stats.discarded_at_close;
    held += stats.held;
  }
  REQUIRE(received > heard);  // some were taken that nobody heard
  CHECK(discarded == received - heard);
  CHECK(held == 0);
}

TEST_CASE("a closed socket keeps what it has counted", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  socket.send("a", socket.address().port, "127.0.0.1");
  socket.send("b", 9, "::1");
  test::run_until(f.io, [&] { return socket.stats().datagrams_received == 1; });
  const Stats before = socket.stats();
  socket.close();
  for (int i = 0; i < 2; ++i) {
    const Stats after = socket.stats();
    CHECK(own_counts(socket) == "1 unsent, 0 blocked, 1 unheard");
    CHECK(after.datagrams_sent == 1);
    CHECK(after.datagrams_received == 1);
    CHECK(after.bytes_received == before.bytes_received);
    CHECK(after.receive_calls.calls() == before.receive_calls.calls());
    CHECK(after.send_calls.calls() == before.send_calls.calls());
    f.run();
  }
}

}  // namespace node_stats_test
