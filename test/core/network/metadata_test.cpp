// Metadata between hosts: all items at once, from both families, in single receives and in bursts;
// and answers that leave as the question came.
#include <chrono>
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/network/bound_on.hpp"
#include "support/catch2.hpp"
#include "support/network.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace network_metadata_test {

namespace {

using asio::ip::make_address;
using test::Host;

/// Clients on a; a server on b that listens on every address of both families.
struct ClientsAndServer {
  explicit ClientsAndServer(int batch = 16) {
    test::link({a, "eth0", {"10.0.0.1/24", "fd00::1/64"}},
               {b, "eth0", {"10.0.0.2/24", "10.0.0.9/24", "fd00::2/64", "fd00::9/64"}});
    dgram::SocketOptions options = test::with_metadata(dgram::Family::ipv6);
    options.batch = batch;
    server.emplace(test::bound_on(b, io, "::", options));
    port = server->local_endpoint().port();
    v4.emplace(test::bound_on(a, io, "10.0.0.1"));
    v6.emplace(test::bound_on(a, io, "fd00::1"));
  }
  const Host a{"a"}, b{"b"};
  asio::io_context io;
  std::optional<dgram::Socket> server, v4, v6;
  int port = 0;
};

dgram::SendOptions marked(int i) {
  dgram::SendOptions options;
  options.ecn = static_cast<dgram::Ecn>(i % 4);
  options.dscp = 7 * i % 64;
  options.hop_limit = 255 - i;
  return options;
}

asio::awaitable<dgram::Datagram> next(dgram::Socket& socket) {
  dgram::Datagram datagram = co_await socket.recv();
  co_return datagram;
}

/// One question to `asked`, and the answer by reply_options(), in both forms of sending.
asio::awaitable<void> check_answer(dgram::Socket& client,
                                   dgram::Socket& server,
                                   dgram::Endpoint asked) {
  co_await client.send("question", asked);
  const dgram::Datagram question = co_await next(server);
  const dgram::SendOptions options = question.reply_options();
  CHECK(options.interface_index == 0);
  co_await server.send("one", question.remote(), options);
  std::vector<dgram::Outgoing> batch(
      2, dgram::Outgoing(asio::buffer("two", 3), question.remote(), options));
  co_await server.send_many(batch);
  for (int i = 0; i < 3; ++i) {
    const dgram::Datagram answer = co_await next(client);
    CHECK(answer.remote() == asked);
  }
}

}  // namespace

TEST_CASE("a socket of both families gets every item at once, none missing and none cut",
          "[network][metadata]") {
  const int batch = GENERATE(1, 16);
  const bool many = GENERATE(false, true);
  INFO("batch " << batch << (many ? ", recv_many" : ", recv"));
  constexpr int count = 64;
  ClientsAndServer pair(batch);
  const dgram::Endpoint asked4 = dgram::make_endpoint("10.0.0.9", pair.port);
  const dgram::Endpoint asked6 = dgram::make_endpoint("fd00::9", pair.port);
  const auto before = std::chrono::system_clock::now();
  int at = 0;
  const auto check = [&](const dgram::Datagram& d) {
    const int i = std::stoi(std::string(d.text()));
    INFO("datagram " << i);
    CHECK(i == at++);
    const bool v6 = i % 2 == 0;
    CHECK(d.remote().address() == make_address(v6 ? "fd00::1" : "::ffff:10.0.0.1"));
    CHECK(d.local_address() == make_address(v6 ? "fd00::9" : "::ffff:10.0.0.9"));
    CHECK(d.interface_index() == pair.b.index("eth0"));
    CHECK(d.ecn() == marked(i).ecn);
    CHECK(d.dscp() == marked(i).dscp);
    CHECK(d.hop_limit() == marked(i).hop_limit);
    REQUIRE(d.received_at());
    // Both ends of the same clock; a second of slack for one that is being set.
    CHECK(*d.received_at() >= before - std::chrono::seconds(1));
    CHECK(*d.received_at() <= std::chrono::system_clock::now() + std::chrono::seconds(1));
    CHECK_FALSE(d.control_truncated());
    CHECK(d.copy().hop_limit() == marked(i).hop_limit);
  };
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < count; ++i) {
      const std::string text = std::to_string(i);
      dgram::Socket& client = i % 2 == 0 ? *pair.v6 : *pair.v4;
      const dgram::Endpoint& to = i % 2 == 0 ? asked6 : asked4;
      const dgram::SendOptions options = marked(i);
      co_await client.send(text, to, options);
    }
    std::array<dgram::Datagram, 24> into;
    while (at < count) {
      std::size_t got = 1;
      if (many)
        got = co_await pair.server->recv_many(into);
      else
        into[0] = co_await pair.server->recv();
      for (std::size_t i = 0; i < got; ++i) check(into[i]);
    }
  };
  test::run(pair.io, body());
  const dgram::Stats stats = pair.server->stats();
  CHECK(stats.control_truncated == 0);
  CHECK(stats.datagrams_received == count);
  if (batch == 1)
    CHECK(stats.receive_calls.calls() >= count);  // recvmsg
  else
    CHECK(stats.receive_calls.calls() < count / 2);  // recvmmsg
}

TEST_CASE("an answer by reply_options leaves from the address that was asked",
          "[network][metadata]") {
  ClientsAndServer pair;
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::Endpoint second4 = dgram::make_endpoint("10.0.0.9", pair.port);
    const dgram::Endpoint second6 = dgram::make_endpoint("fd00::9", pair.port);
    const dgram::Endpoint first4 = dgram::make_endpoint("10.0.0.2", pair.port);
    const dgram::Endpoint first6 = dgram::make_endpoint("fd00::2", pair.port);
    co_await check_answer(*pair.v4, *pair.server, second4);
    co_await check_answer(*pair.v6, *pair.server, second6);
    co_await check_answer(*pair.v4, *pair.server, first4);
    co_await check_answer(*pair.v6, *pair.server, first6);
    // Without them the system chooses: an address of its own for each family.
    std::vector<dgram::Endpoint> chosen;
    const std::array<dgram::Endpoint, 4> asked{first4, second4, first6, second6};
    for (std::size_t i = 0; i < asked.size(); ++i) {
      dgram::Socket& client = i < 2 ? *pair.v4 : *pair.v6;
      co_await client.send("question", asked[i]);
      const dgram::Datagram question = co_await next(*pair.server);
      co_await pair.server->send("answer", question.remote());
      const dgram::Datagram answer = co_await next(client);
      chosen.push_back(answer.remote());
    }
    CHECK(chosen[0] == chosen[1]);
    CHECK(chosen[2] == chosen[3]);

    dgram::Socket server4 =
        test::bound_on(pair.b, pair.io, "0.0.0.0", test::with_metadata(dgram::Family::ipv4));
    const int port4 = server4.local_endpoint().port();
    const dgram::Endpoint first = dgram::make_endpoint("10.0.0.2", port4);
    const dgram::Endpoint second = dgram::make_endpoint("10.0.0.9", port4);
    co_await check_answer(*pair.v4, server4, first);
    co_await check_answer(*pair.v4, server4, second);
  };
  test::run(pair.io, body());
}

TEST_CASE("an answer by reply_options finds a link-local peer on its link", "[network][metadata]") {
  const Host left("left"), server_host("server"), right("right");
  test::link({left, "eth0", {}}, {server_host, "left", {}});
  test::link({right, "eth0", {}}, {server_host, "right", {}});
  // One address on both links: the interface alone tells them apart.
  for (const Host* host : {&left, &right}) {
    host->ip("address add fe80::77/64 nodad dev eth0");
    host->await_ready("eth0");
  }
  asio::io_context io;
  dgram::Socket server =
      test::bound_on(server_host, io, "::", test::with_metadata(dgram::Family::ipv6));
  const auto body = [&]() -> asio::awaitable<void> {
    for (int side = 0; side < 2; ++side) {
      const Host& host = side == 0 ? left : right;
      const std::string link = side == 0 ? "left" : "right";
      dgram::Socket client = test::bound_on(host, io, "::");
      auto to = server_host.link_local(link);
      to.scope_id(host.index("eth0"));
      dgram::SendOptions from;
      from.source_address = make_address("fe80::77");
      const dgram::Endpoint asked(to, server.local_endpoint().port());
      co_await client.send("question", asked, from);
      const dgram::Datagram question = co_await next(server);
      CHECK(question.remote().address().to_v6().scope_id() == server_host.index(link));
      CHECK(question.interface_index() == server_host.index(link));
      const dgram::SendOptions options = question.reply_options();
      CHECK(options.interface_index == server_host.index(link));
      CHECK(options.source_address == server_host.link_local(link));
      // The interface of the options suffices, also where the peer was kept without its scope.
      const dgram::Endpoint bare(make_address("fe80::77"), question.remote().port());
      const std::array<dgram::Endpoint, 2> ways_back{question.remote(), bare};
      for (const dgram::Endpoint& back : ways_back) {
        co_await server.send("answer", back, options);
        const dgram::Datagram answer = co_await next(client);
        CHECK(answer.remote() == asked);
      }
    }
  };
  test::run(io, body());
}

TEST_CASE("an answer to a multicast or broadcast datagram has no group as its source",
          "[network][metadata]") {
  struct Way {
    const char* group;
    std::vector<std::string> sources;  // of the answer; which of them, the system chooses
  };
  const Way ways[] = {{"239.1.2.3", {"10.0.0.2"}},
                      {"10.0.0.255", {"10.0.0.2"}},
                      {"255.255.255.255", {"10.0.0.2"}},
                      {"ff15::99", {"fd00::2", "fd00::9"}}};
  const Way way = ways[GENERATE(0, 1, 2, 3)];
  INFO(way.group);
  ClientsAndServer pair;
  const test::Here here = pair.b.enter();
  const auto group = make_address(way.group);
  if (group.is_multicast()) pair.server->add_membership(group, "eth0");
  const bool over_ipv4 = group.is_v4();
  dgram::Socket& client = over_ipv4 ? *pair.v4 : *pair.v6;
  {
    const test::Here there = pair.a.enter();
    client.set_broadcast(true);
    client.set_multicast_interface("eth0");
    if (over_ipv4) client.bind_to_device("eth0");  // for 255.255.255.255
  }
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::Endpoint to(group, static_cast<unsigned short>(pair.port));
    co_await client.send("question", to);
    const dgram::Datagram question = co_await next(*pair.server);
    const dgram::SendOptions options = question.reply_options();
    CHECK(options.interface_index == pair.b.index("eth0"));
    if (options.source_address) CHECK(options.source_address->to_string() == way.sources[0]);
    co_await pair.server->send("answer", question.remote(), options);
    const dgram::Datagram answer = co_await next(client);
    CHECK(answer.remote().port() == pair.port);
    const std::string source = answer.remote().address().to_string();
    CHECK((source == way.sources.front() || source == way.sources.back()));
  };
  test::run(pair.io, body());
}

}  // namespace network_metadata_test
