// Promise 6 between hosts: what the network says about a dead peer comes as a report, and disturbs
// nothing else.
#include <asio/co_spawn.hpp>
#include <asio/ip/address.hpp>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "core/network/bound_on.hpp"
#include "core/network/networks.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/network.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace network_icmp_test {

namespace {

using asio::ip::make_address;
using Origin = dgram::ErrorReport::Origin;
using Texts = std::vector<std::string>;
using test::Host;
using test::PlainSocket;

/// A way to reach host b, and what b's ICMP messages look like then.
struct Path {
  const char* name;
  const char* here;   // where the socket is bound on a
  const char* there;  // b, as the socket writes it
  const char* b;      // b, as b itself writes it
  Origin origin;
  int type, code;
};
constexpr Path paths[] = {
    {"IPv4", "0.0.0.0", "10.0.0.2", "10.0.0.2", Origin::icmp, 3, 3},
    {"IPv6", "::", "fd00::2", "fd00::2", Origin::icmpv6, 1, 4},
    {"mapped IPv4", "::", "::ffff:10.0.0.2", "10.0.0.2", Origin::icmp, 3, 3},
};

/// Nobody listens on the ports of b from this one on.
constexpr int dead_ports = 20000;

/// a, with a socket that asks for reports; b, with a peer that lives.
struct RefusingHost : test::Cable {
  explicit RefusingHost(const Path& p) : path(p) {
    // Else it answers the first fifty of many only: a limit for all of its peers together.
    b.set("ipv4/icmp_ratemask", "0");
    b.set("ipv6/icmp/ratemask", "0");
    peer.emplace(b, path.b);
    socket.emplace(test::bound_on(a, io, path.here, test::with_reports()));
    live = dgram::Endpoint(make_address(path.there), peer->local().port());
  }
  dgram::Endpoint dead(int n = 0) const { return dgram::make_endpoint(path.there, dead_ports + n); }
  void check(const dgram::ErrorReport& report, const dgram::Endpoint& to) const {
    CHECK(report.error == asio::error::connection_refused);
    CHECK(report.destination == to);
    CHECK(report.offender == make_address(path.there));
    CHECK(report.origin == path.origin);
    CHECK(int{report.type} == path.type);
    CHECK(int{report.code} == path.code);
    CHECK(report.mtu == 0);
  }

  const Path path;
  asio::io_context io;
  std::optional<PlainSocket> peer;
  std::optional<dgram::Socket> socket;
  dgram::Endpoint live;
};

constexpr int rounds = 50;
enum class Way { send, send_many, try_send, send_segments };

/// Sends to the dead peer and to the live one by turns. Nothing of it may fail.
asio::awaitable<void> send_to_both(RefusingHost& pair, Way way) {
  dgram::Socket& socket = *pair.socket;
  const dgram::Endpoint dead = pair.dead(), live = pair.live;
  const std::array<dgram::Endpoint, 2> both{dead, live};
  std::error_code ec;
  if (way == Way::send_many) {
    std::vector<dgram::Outgoing> batch;
    for (int i = 0; i < rounds; ++i) {
      batch.emplace_back(asio::buffer("x", 1), dead);
      batch.emplace_back(asio::buffer("x", 1), live);
    }
    const std::size_t sent = co_await socket.send_many(batch);
    CHECK(sent == batch.size());
    for (const dgram::Outgoing& one : batch) CHECK_FALSE(one.result);
    co_return;
  }
  for (int i = 0; i < rounds; ++i) {
    for (const dgram::Endpoint& to : both) {
      if (way == Way::send) {
        co_await socket.send("x", to, ec);
      } else if (way == Way::try_send) {
        socket.try_send("x", to, ec);
      } else {
        ec.clear();
        const std::size_t sent = co_await socket.send_segments("xx", 1, to);
        CHECK(sent == 2);
      }
      CHECK_FALSE(ec);
    }
  }
}

}  // namespace

TEST_CASE("a dead peer fails no send to a live one, and its reports name it", "[network][icmp]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  const Way way = GENERATE(Way::send, Way::send_many, Way::try_send, Way::send_segments);
  INFO(path.name << ", way " << static_cast<int>(way));
  RefusingHost pair(path);
  test::Outcome<dgram::Datagram> received;
  pair.socket->async_recv(received.handler());

  bool all_sent = false;
  asio::co_spawn(pair.io, send_to_both(pair, way), [&](std::exception_ptr failure) {
    CHECK_FALSE(failure);
    all_sent = true;
  });
  test::run_until(pair.io, [&] { return all_sent; });
  CHECK(pair.socket->stats().send_errors == 0);

  const int each = way == Way::send_segments ? 2 : 1;
  pair.peer->send("last", {make_address(path.b), pair.live.port()});
  CHECK(pair.peer->receive_until("last").size() == static_cast<std::size_t>(each * rounds) + 1);

  std::error_code ec;
  test::run_until(pair.io, [&] { return pair.socket->stats().error_reports != 0; });
  while (const std::optional<dgram::ErrorReport> report = pair.socket->try_recv_error(ec))
    pair.check(*report, pair.dead());
  CHECK(ec == asio::error::would_block);

  // The receive that waited all the time heard nothing of it.
  CHECK(received.calls == 0);
  const test::Here here = pair.a.enter();
  pair.peer->send("still here?",
                  {make_address(path.origin == Origin::icmpv6 ? "fd00::1" : "10.0.0.1"),
                   pair.socket->local_endpoint().port()});
  test::run_until(pair.io, [&] { return received.calls != 0; });
  CHECK_FALSE(received.ec);
  CHECK(received.value.text() == "still here?");
}

TEST_CASE("a report comes to a recv_error that waits, and to one that is started later",
          "[network][icmp]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  INFO(path.name);
  RefusingHost pair(path);
  std::error_code ec;
  test::Outcome<dgram::ErrorReport> waiting, late;
  pair.socket->async_recv_error(waiting.handler());
  pair.io.poll();
  CHECK(pair.socket->try_send("x", pair.dead(1), ec));
  test::run_until(pair.io, [&] { return waiting.calls != 0; });
  CHECK_FALSE(waiting.ec);
  pair.check(waiting.value, pair.dead(1));

  CHECK(pair.socket->try_send("x", pair.dead(2), ec));
  REQUIRE(test::await_error(*pair.socket));
  pair.socket->async_recv_error(late.handler());
  test::run_until(pair.io, [&] { return late.calls != 0; });
  CHECK_FALSE(late.ec);
  pair.check(late.value, pair.dead(2));
  CHECK(pair.socket->stats().error_reports == 2);
}

TEST_CASE(
    "reports that nobody takes spin nowhere: the newest 64 stay, the rest is counted and said",
    "[network][icmp]") {
  constexpr std::uint64_t sent = 200, kept = 64;
  const Path path = paths[GENERATE(0, 1, 2)];
  const bool receiving = GENERATE(true, false);
  INFO(path.name << (receiving ? ", recv" : ", wait_readable"));
  RefusingHost pair(path);
  Texts said;
  dgram::set_log_handler(pair.io, [&](dgram::LogLevel level, std::string_view text) {
    CHECK(level == dgram::LogLevel::warning);
    said.emplace_back(text);
  });
  test::Outcome<dgram::Datagram> received;
  test::Outcome<void> readable;
  if (receiving)
    pair.socket->async_recv(received.handler());
  else
    pair.socket->async_wait_readable(readable.handler());
  pair.io.poll();

  int handlers = 0;
  std::error_code ec;
  for (std::uint64_t i = 0; i < sent; ++i) {
    CHECK(pair.socket->try_send("x", pair.dead(static_cast<int>(i)), ec));
    handlers +=
        test::run_until(pair.io, [&] { return pair.socket->stats().error_reports == i + 1; });
  }
  // A few turns and calls for each of them, but no more.
  CHECK(handlers <= 3 * static_cast<int>(sent));
  CHECK(pair.socket->stats().receive_calls.calls() <= 3 * sent);
  pair.io.restart();
  CHECK(pair.io.poll() <= 3);
  CHECK(pair.io.poll() == 0);
  CHECK(received.calls + readable.calls == 0);

  CHECK(pair.socket->stats().discarded_reports == sent - kept);
  CHECK(said.size() == 1);
  for (std::uint64_t i = sent - kept; i < sent; ++i) {
    const std::optional<dgram::ErrorReport> report = pair.socket->try_recv_error(ec);
    REQUIRE(report);
    CHECK(report->destination == pair.dead(static_cast<int>(i)));
  }
  CHECK_FALSE(pair.socket->try_recv_error(ec));
  CHECK(ec == asio::error::would_block);

  pair.socket->try_send("x", pair.dead(), ec);
  test::run_until(pair.io, [&] { return pair.socket->stats().error_reports == sent + 1; });
  pair.socket->close();
  CHECK(pair.socket->stats().discarded_reports == sent - kept + 1);  // left at the end
}

TEST_CASE("a router that cannot go on says so: it is the offender, the peer the destination",
          "[network][icmp]") {
  struct Refusal {
    const char* route;  // on the router; none: it does not know the network
    std::error_code error;
    int type, code;
  };
  const Refusal refusals[] = {
      {"", asio::error::network_unreachable, 3, 0},
      {"route add unreachable 10.9.9.0/24", asio::error::host_unreachable, 3, 1},
      {"", asio::error::network_unreachable, 1, 0},
      {"-6 route add prohibit fd00:9::/64", asio::error::access_denied, 1, 1},
  };
  const int which = GENERATE(0, 1, 2, 3);
  const Refusal refusal = refusals[which];
  const bool v6 = which >= 2;
  INFO((v6 ? "IPv6 " : "IPv4 ") << refusal.route);
  const Host a("a"), router("router");
  test::link({a, "eth0", {"10.0.1.2/24", "fd00:1::2/64"}},
             {router, "eth0", {"10.0.1.1/24", "fd00:1::1/64"}});
  test::make_router(router);
  a.ip("route add default via 10.0.1.1");
  a.ip("-6 route add default via fd00:1::1");
  if (*refusal.route != 0) router.ip(refusal.route);

  asio::io_context io;
  dgram::Socket socket = test::bound_on(a, io, v6 ? "::" : "0.0.0.0", test::with_reports());
  const dgram::Endpoint to = dgram::make_endpoint(v6 ? "fd00:9::9" : "10.9.9.9", 9000);
  test::Outcome<dgram::ErrorReport> outcome;
  socket.async_recv_error(outcome.handler());
  std::error_code ec;
  CHECK(socket.try_send("x", to, ec));
  test::run(io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value.error == refusal.error);
  CHECK(outcome.value.destination == to);
  CHECK(outcome.value.offender == make_address(v6 ? "fd00:1::1" : "10.0.1.1"));
  CHECK(outcome.value.origin == (v6 ? Origin::icmpv6 : Origin::icmp));
  CHECK(int{outcome.value.type} == refusal.type);
  CHECK(int{outcome.value.code} == refusal.code);
}

}  // namespace network_icmp_test
