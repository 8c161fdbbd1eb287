// What the kernel makes of several sockets on one port. It is the base of ShardGroup and of
// docs/scaling.md.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <cmath>
#include <cstring>
#include <dgram/dgram.hpp>
#include <dgram/scale/steering.hpp>
#include <set>

#include "port_sharers.hpp"
#include "support/catch2.hpp"

namespace scale_steering_test {

namespace {

using dgram::PayloadKey;
using dgram::Steering;

Steering by_byte(std::size_t offset = 0) {
  PayloadKey key;
  key.offset = offset;
  key.width = 1;
  return Steering::by_key(key);
}

std::array<std::byte, 8> random_payload(std::uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
  std::array<std::byte, 8> bytes;
  std::memcpy(bytes.data(), &state, sizeof state);
  return bytes;
}

/// The receiver of one datagram from each of many peers.
std::vector<std::size_t> receivers_of_peers(asio::io_context& io,
                                            std::vector<dgram::Socket>& sockets,
                                            int peers,
                                            const dgram::SocketOptions& options = {}) {
  std::vector<std::size_t> result;
  std::vector<dgram::Socket> senders;  // kept, so that no port comes twice
  for (int i = 0; i < peers; ++i) {
    senders.push_back(test::bound(io, options));
    result.push_back(test::receiver_of(sockets, senders.back(), "x"));
  }
  return result;
}

}  // namespace

TEST_CASE("by key the kernel chooses as socket_of() says", "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 5);
  dgram::Socket from = test::bound(io);
  struct Case {
    std::size_t offset;
    int width;
    std::uint32_t mask;
    std::vector<std::size_t> skipped;
  };
  const std::vector<Case> cases = {
      {0, 1, 0xffffffff, {}},
      {3, 1, 0x3c, {}},
      {2, 2, 0xffff, {}},
      {1, 4, 0xffffffff, {}},
      {4, 4, 0xff000000, {}},
      {7, 1, 0xff, {0}},
      {0, 4, 0xffffffff, {1, 3}},
      {0, 2, 0x0ff0, {0, 2, 3, 4}},
      {5, 4, 0xffffffff, {0}},  // ends beyond the payload
  };
  std::uint64_t state = 1;
  int sent = 0;
  int right = 0;
  for (const Case& one : cases) {
    PayloadKey key;
    key.offset = one.offset;
    key.width = one.width;
    key.mask = one.mask;
    const Steering steering = Steering::by_key(key);
    dgram::set_steering(sockets[0], steering, sockets.size(), one.skipped);
    for (int i = 0; i < 200; ++i) {
      const auto payload = random_payload(state);
      ++sent;
      right += test::receiver_of(sockets, from, payload) ==
               steering.socket_of(payload, sockets.size(), one.skipped);
    }
  }
  CHECK(right == sent);
}

TEST_CASE("the same over IPv6, and for IPv4 peers of an IPv6 socket", "[scale][steering]") {
  asio::io_context io;
  dgram::SocketOptions over_ipv6;
  over_ipv6.family = dgram::Family::ipv6;
  auto sockets = test::port_sharers(io, 3, dgram::Endpoint(asio::ip::udp::v6(), 0));
  const unsigned short port = sockets[0].local_endpoint().port();
  dgram::set_steering(sockets[2], by_byte(1), 3);
  dgram::Socket ipv6 = test::bound(io, over_ipv6);
  dgram::Socket ipv4 = test::bound(io);
  for (std::uint8_t key = 0; key < 3; ++key) {
    const std::array<std::uint8_t, 2> payload{7, key};
    std::error_code ec;
    ipv6.try_send(
        asio::buffer(payload), dgram::Endpoint(asio::ip::address_v6::loopback(), port), ec);
    ipv4.try_send(
        asio::buffer(payload), dgram::Endpoint(asio::ip::address_v4::loopback(), port), ec);
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t got = test::heard(sockets[i]).size();
      CHECK(got == (i == key ? 2u : 0u));
    }
  }
}

TEST_CASE("an empty datagram has the key 0", "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 3);
  dgram::Socket from = test::bound(io);
  dgram::set_steering(sockets[0], by_byte(), 3);
  const std::size_t first = test::receiver_of(sockets, from, "");
  CHECK(first == 0);
  const std::array<std::size_t, 1> skipped{0};
  dgram::set_steering(sockets[0], by_byte(), 3, skipped);
  const std::size_t instead = test::receiver_of(sockets, from, "");
  CHECK(instead == 1);
}

TEST_CASE("by hash 64 peers are spread over two sockets within 10 points of even",
          "[scale][steering]") {
  asio::io_context io;
  // 64 throws of a coin: one time out of nine they are further off. Half of the times they are not,
  // or it is no fair coin.
  std::vector<double> points;
  for (int i = 0; i < 31; ++i) {
    auto sockets = test::port_sharers(io, 2);
    const auto receivers = receivers_of_peers(io, sockets, 64);
    REQUIRE(std::ranges::count(receivers, 2u) == 0);
    points.push_back(
        std::abs(100.0 * static_cast<double>(std::ranges::count(receivers, 0u)) / 64 - 50));
  }
  std::ranges::nth_element(points, points.begin() + 15);
  CHECK(points[15] <= 10);
}

TEST_CASE("by hash a peer stays with its socket", "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::Socket from = test::bound(io);
  std::set<std::size_t> of_one_peer;
  for (int i = 0; i < 20; ++i) of_one_peer.insert(test::receiver_of(sockets, from, "again"));
  CHECK(of_one_peer.size() == 1);
}

TEST_CASE("by hash with a skipped socket a peer stays with one of the others",
          "[scale][steering]") {
  asio::io_context io;
  const bool over_ipv6 = GENERATE(false, true);
  auto sockets = test::port_sharers(io, 3, over_ipv6 ? test::any_port_v6() : test::any_port());
  const std::array<std::size_t, 1> skipped{1};
  dgram::set_steering(sockets[0], Steering::by_hash(), 3, skipped);
  dgram::SocketOptions options;
  options.family = over_ipv6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
  std::array<int, 4> counts{};
  std::vector<dgram::Socket> senders;
  for (int i = 0; i < 64; ++i) {
    senders.push_back(test::bound(io, options));
    std::set<std::size_t> of_one_peer;
    for (int repeat = 0; repeat < 3; ++repeat)
      of_one_peer.insert(test::receiver_of(sockets, senders.back(), "x"));
    REQUIRE(of_one_peer.size() == 1);
    ++counts[*of_one_peer.begin()];
  }
  CHECK(counts[1] == 0);
  CHECK(counts[3] == 0);
  CHECK(counts[0] >= 16);
  CHECK(counts[2] >= 16);
  // Without one, the kernel's own hash is back.
  dgram::set_steering(sockets[0], Steering::by_hash(), 3);
  const auto receivers = receivers_of_peers(io, sockets, 64, options);
  const std::set<std::size_t> all(receivers.begin(), receivers.end());
  CHECK(all == std::set<std::size_t>{0, 1, 2});
}

TEST_CASE("by CPU the sender's CPU decides on this host", "[scale][steering]") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::Socket from = test::bound(io);
  dgram::set_steering(sockets[0], Steering::by_cpu(), 2);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    const std::size_t receiver = test::receiver_of(sockets, from, "x");
    CHECK(receiver == cpu % 2);
  }
  ::sched_setaffinity(0, sizeof before, &before);
}

TEST_CASE("a number that no socket has goes by the kernel's hash", "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::set_steering(sockets[0], by_byte(), 4);
  std::set<std::size_t> receivers;
  std::vector<dgram::Socket> senders;
  for (int i = 0; i < 64; ++i) {
    senders.push_back(test::bound(io));
    const std::array<std::uint8_t, 1> key{3};
    receivers.insert(test::receiver_of(sockets, senders.back(), asio::buffer(key)));
  }
  CHECK(receivers == std::set<std::size_t>{0, 1});
}

TEST_CASE("when a socket closes, the one that was bound last takes its number",
          "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 4);
  dgram::Socket from = test::bound(io);
  dgram::set_steering(sockets[0], by_byte(), 4);
  sockets[1].close();
  const std::array<std::uint8_t, 1> one{1};
  const dgram::Endpoint to = sockets[0].local_endpoint();
  std::error_code ec;
  from.try_send(asio::buffer(one), to, ec);
  CHECK(test::heard(sockets[3]).size() == 1);
}

TEST_CASE("a socket that joins has the next number, and the program goes on", "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::Socket from = test::bound(io);
  dgram::set_steering(sockets[0], by_byte(), 3);
  dgram::SocketOptions options;
  options.reuse_port = true;
  sockets.emplace_back(io, options).bind(sockets[0].local_endpoint());
  for (std::uint8_t key = 0; key < 3; ++key) {
    const std::array<std::uint8_t, 1> payload{key};
    const std::size_t receiver = test::receiver_of(sockets, from, asio::buffer(payload));
    CHECK(receiver == key);
  }
}

TEST_CASE(
    "a connected socket gets what its peer sends, whatever the steering says, and nothing else",
    "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::Socket peer = test::bound(io);
  dgram::Socket other = test::bound(io);
  dgram::set_steering(sockets[0], by_byte(), 2);
  sockets[1].connect(peer.local_endpoint());
  for (std::uint8_t key = 0; key < 2; ++key) {
    const std::array<std::uint8_t, 1> payload{key};
    const std::size_t of_peer = test::receiver_of(sockets, peer, asio::buffer(payload));
    const std::size_t of_other = test::receiver_of(sockets, other, asio::buffer(payload));
    CHECK(of_peer == 1);
    CHECK(of_other == 0);
  }
}

TEST_CASE("a run that this host sends to itself goes where its first datagram belongs",
          "[scale][steering]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  dgram::Socket from = test::bound(io);
  dgram::set_steering(sockets[0], by_byte(), 2);
  const std::array<std::uint8_t, 4> keys{1, 0, 1, 0};
  std::vector<dgram::Outgoing> batch;
  for (const std::uint8_t& key : keys)
    batch.emplace_back(asio::const_buffer(&key, 1), sockets[0].local_endpoint());
  std::error_code ec;
  const std::size_t sent = from.try_send_many(batch, ec);
  REQUIRE(sent == 4);
  if (from.stats().gso_datagrams == 4) {
    CHECK(test::heard(sockets[0]).empty());
    CHECK(test::heard(sockets[1]).size() == 4);
  } else {
    CHECK(test::heard(sockets[0]).size() == 2);  // DGRAM_DISABLE=gso
    CHECK(test::heard(sockets[1]).size() == 2);
  }
}

TEST_CASE("steering takes two sockets that share their port", "[scale][steering]") {
  asio::io_context io;
  dgram::Socket alone = test::bound(io);
  std::error_code ec;
  dgram::set_steering(alone, by_byte(), 2, {}, ec);
  CHECK(ec == asio::error::invalid_argument);
}

TEST_CASE("who binds without sharing has the port alone, until it shares it", "[scale][steering]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io);
  const dgram::Endpoint local = first.local_endpoint();
  dgram::SocketOptions sharing;
  sharing.reuse_port = true;
  dgram::Socket second(io, sharing);
  std::error_code ec;
  second.bind(local, ec);
  CHECK(ec == asio::error::address_in_use);
  first.set_reuse_port(true);
  CHECK(first.reuse_port());
  dgram::Socket third(io, sharing);
  third.bind(local);
  dgram::set_steering(third, by_byte(), 2);
  dgram::Socket alone(io);
  alone.bind(local, ec);
  CHECK(ec == asio::error::address_in_use);
}

TEST_CASE("another user cannot join", "[scale][steering]") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  const dgram::Endpoint local = sockets[0].local_endpoint();
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    const int s = ::socket(AF_INET, SOCK_DGRAM, 0);
    const int on = 1;
    ::setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    const int result = ::bind(s, local.data(), static_cast<socklen_t>(local.size()));
    ::_exit(result == -1 && errno == EADDRINUSE ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace scale_steering_test
