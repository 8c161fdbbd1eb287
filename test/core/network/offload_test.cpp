// Runs of datagrams over real paths: where a path is too narrow for them, to groups, over IPv6.
#include <sys/utsname.h>

#include <cstdio>
#include <dgram/dgram.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"
#include "support/offload.hpp"

namespace network_offload_test {

namespace {

using test::Ip;

/// here -- 1280 -- narrow, here -- 1500 -- wide; a sender on `here` that is bound to no address.
struct Paths {
  explicit Paths(Ip family) : ip(family) {
    test::link({here, "eth0", {"10.0.0.1/24", "fd00::1/64"}},
               {narrow, "eth0", {"10.0.0.2/24", "fd00::2/64"}},
               1280);
    test::link({here, "eth1", {"10.0.1.1/24", "fd00:1::1/64"}},
               {wide, "eth0", {"10.0.1.2/24", "fd00:1::2/64"}});
    sender.emplace(test::bound_on(here, io, dgram::Endpoint(ip.any(), 0)));
    at_narrow.emplace(
        test::bound_on(narrow, io, dgram::Endpoint(ip("10.0.0.2", "fd00::2"), 0), watching()));
    at_wide.emplace(
        test::bound_on(wide, io, dgram::Endpoint(ip("10.0.1.2", "fd00:1::2"), 0), watching()));
    // Each has found the other: what waits for that is bounded.
    for (dgram::Socket* each : {&*at_narrow, &*at_wide}) {
      test::send(*sender, "hello", each->local_endpoint());
      CHECK(test::receive(io, *each).text() == "hello");
    }
  }
  static dgram::SocketOptions watching() {
    dgram::SocketOptions options = test::roomy();
    options.receive_ecn = true;
    return options;
  }

  /// Sends `n` datagrams and checks that all come, once each, in order, with their ECN. Returns how
  /// many left in runs.
  std::uint64_t exchange(dgram::Socket& to, std::size_t n, std::size_t size) {
    dgram::SendOptions options;
    options.ecn = dgram::Ecn::ect0;
    const std::vector<std::string> texts = test::all_sized(n, size);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, to.local_endpoint(), options);
    const dgram::Stats before = sender->stats();
    CHECK(test::send_all(io, *sender, batch) == n);
    CHECK(test::failures(batch) == 0);
    std::size_t wrong = 0;
    for (const std::string& text : texts) {
      const dgram::Datagram one = test::receive(io, to);
      wrong += one.text() != text || one.ecn() != dgram::Ecn::ect0;
    }
    CHECK(wrong == 0);
    CHECK(sender->stats().send_errors == before.send_errors);
    return sender->stats().gso_datagrams - before.gso_datagrams;
  }
  std::uint64_t refused() const { return sender->stats().gso_refused; }

  const test::Host here{"here"}, narrow{"narrow"}, wide{"wide"};
  asio::io_context io;
  Ip ip;
  std::optional<dgram::Socket> sender, at_narrow, at_wide;
};

/// Linux says EMSGSIZE since 6.14, and EINVAL before, which tells nothing about smaller ones.
bool says_too_large() {
  utsname system;
  REQUIRE(::uname(&system) == 0);
  int major = 0;
  int minor = 0;
  REQUIRE(std::sscanf(system.release, "%d.%d", &major, &minor) == 2);
  return std::pair(major, minor) >= std::pair(6, 14);
}

}  // namespace

TEST_CASE("a run of datagrams that are larger than the path arrives whole, the others keep theirs",
          "[network][offload]") {
  Paths p(Ip(GENERATE(false, true)));
  CHECK(p.exchange(*p.at_narrow, 40, 1200) == 40);
  CHECK(p.refused() == 0);
  CHECK(p.exchange(*p.at_narrow, 40, 1400) == 0);
  CHECK(p.refused() == 1);
  CHECK(p.exchange(*p.at_narrow, 40, 1400) == 0);
  CHECK(p.refused() == 1);  // it is known
  CHECK(p.exchange(*p.at_wide, 40, 1400) == 40);
  CHECK(p.refused() == 1);
}

TEST_CASE("where a path is too narrow for a run, runs of smaller datagrams still pass",
          "[network][offload]") {
  Paths p(Ip(GENERATE(false, true)));
  CHECK(p.exchange(*p.at_narrow, 40, 1400) == 0);
  REQUIRE(p.refused() == 1);
  const std::uint64_t in_runs = p.exchange(*p.at_narrow, 40, 1200);
  if (says_too_large()) CHECK(in_runs == 40);
  CHECK(p.refused() == 1);
}

TEST_CASE("send_segments over a path that is too narrow for runs arrives whole",
          "[network][offload]") {
  Paths p(Ip(GENERATE(false, true)));
  const std::string payload = test::sized(100 * 1400 + 3, 5);
  test::Outcome<std::size_t> outcome;
  p.sender->async_send_segments(payload, 1400, p.at_narrow->local_endpoint(), outcome.handler());
  test::run(p.io);
  CHECK(!outcome.ec);
  CHECK(outcome.value == payload.size());
  std::string got;
  for (int i = 0; i < 101; ++i) got += test::receive(p.io, *p.at_narrow).text();
  CHECK((got == payload));
  CHECK(p.refused() == 1);
  CHECK(p.sender->stats().gso_datagrams == 0);
}

TEST_CASE("where fragmenting is off, datagrams that are too large for the path each say so",
          "[network][offload]") {
  Paths p(Ip(GENERATE(false, true)));
  p.sender->set_path_mtu_discovery(dgram::PathMtuDiscovery::enforce);
  std::vector<std::string> texts = test::all_sized(10, 1400);
  texts.push_back(test::sized(300, 10));
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, p.at_narrow->local_endpoint());
  CHECK(test::send_all(p.io, *p.sender, batch) == 1);
  for (std::size_t i = 0; i < 10; ++i) CHECK(batch[i].result == asio::error::message_size);
  CHECK(!batch[10].result);
  CHECK((test::receive(p.io, *p.at_narrow).text() == texts[10]));
  CHECK(p.sender->stats().send_errors == 10);
  // It was the datagrams that were too large, not the run: smaller ones go in runs.
  CHECK(p.exchange(*p.at_narrow, 40, 1200) == 40);
}

TEST_CASE("a run to a group reaches every member whole", "[network][offload][multicast]") {
  const Ip ip(GENERATE(false, true));
  const test::Fork fork;
  asio::io_context io;
  dgram::SocketOptions options = test::roomy();
  const bool gro = GENERATE(false, true);
  options.gro = gro;
  const dgram::Endpoint group(ip.group(), test::port);
  dgram::Socket member =
      test::bound_on(fork.left, io, dgram::Endpoint(ip.any(), test::port), options);
  const dgram::Membership membership = member.join(ip.group(), "near");
  dgram::Socket sender = test::bound_on(fork.here, io, dgram::Endpoint(ip.any(), 0));
  sender.set_multicast_interface("eth0");
  sender.set_multicast_loopback(false);
  const std::vector<std::string> texts = test::all_sized(100, 1200);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, group);
  CHECK(test::send_all(io, sender, batch) == 100);
  CHECK(test::failures(batch) == 0);
  std::size_t wrong = 0;
  for (const std::string& text : texts) wrong += test::receive(io, member).text() != text;
  CHECK(wrong == 0);
  CHECK(sender.stats().gso_datagrams == 100);
  CHECK(sender.stats().gso_refused == 0);
}

}  // namespace network_offload_test
