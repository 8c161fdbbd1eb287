// Links, addresses and routes that go and come in a flood, and an MTU that shrinks under it.
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "adversary/path.hpp"
#include "support/catch2.hpp"
#include "support/offload.hpp"

namespace adversary_vanishing_test {

namespace {

using test::Ip;
using test::Path;

constexpr std::uint64_t rounds = 5;

std::uint64_t dropped_by_device(const test::Host& host) {
  const std::string shown = host.ip("-s -j link show eth0");
  return test::number_behind("\"dropped\":", shown.substr(shown.find("\"tx\"")));
}

}  // namespace

// Without know_the_peer() the datagrams would wait for an answer to ARP, and the kernel would drop
// them there. That is in no counter: only a socket that asks for error reports learns of it.
TEST_CASE("what is accepted while the peer's link is down is in this device's counter",
          "[adversary][vanish]") {
  dgram::SocketOptions options;
  options.segmentation = dgram::Segmentation::off;  // the device counts a run as one
  Path path(Ip(false), test::roomy(), options);
  path.a.set("ipv6/conf/eth0/disable_ipv6", "1");  // it would send as well
  path.know_the_peer();
  const std::uint64_t before = dropped_by_device(path.a);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    path.flood(test::flood_size() / rounds, 200);
    path.b.ip("link set eth0 down");
    path.flood(test::flood_size() / rounds, 200);
    path.b.ip("link set eth0 up");
    path.b.await_ready("eth0");
  }
  // A moment later the other end is up, too.
  bool balanced = true, came = false;
  for (int i = 0; i < 1000 && balanced && !came; ++i) {
    path.flood(1, 200);
    balanced = path.balances([&] { return dropped_by_device(path.a) - before; });
    came = path.has_come(path.numbers() - 1);
  }
  INFO(path.books());
  CHECK(balanced);
  CHECK(came);
  CHECK(path.refused == 0);
  CHECK(path.lost >= test::flood_size() / rounds);
}

TEST_CASE("while its link, its address or its route is away each send of a flood says so",
          "[adversary][vanish]") {
  const bool v6 = GENERATE(false, true);
  const Ip ip(v6);
  struct Change {
    std::string away, back;
  };
  const std::string network = v6 ? "fd00::/64" : "10.0.0.0/24";
  const std::string address = v6 ? "fd00::1/64 dev eth0" : "10.0.0.1/24 dev eth0";
  const std::string family = v6 ? "-6 " : "";
  const std::vector<Change> changes = {
      {"link set eth0 down", "link set eth0 up"},
      {"address delete " + address, family + "address add " + address + (v6 ? " nodad" : "")},
      {family + "route delete " + network + " dev eth0",
       family + "route add " + network + " dev eth0"}};
  Path path(ip, test::roomy());
  std::uint64_t told = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (const Change& change : changes) {
      path.flood(test::flood_size() / rounds / 10, 200);
      path.a.ip(change.away);
      const std::uint64_t n = test::flood_size() / rounds / 10;
      path.flood(n, 200);
      told += n;
      path.a.ip(change.back);
      if (v6) path.a.ip("address replace fd00::1/64 nodad dev eth0");  // it goes with the link
      path.a.await_ready("eth0");
      path.b.await_ready("eth0");
      path.flood(1, 200);  // the ends get to know each other again
      const bool balanced = path.balances();
      INFO(change.away << ": " << path.books());
      REQUIRE(balanced);
      CHECK(path.refused == told);
      CHECK(path.has_come(path.numbers() - 1));
    }
  }
  CHECK(path.sender.stats().errors.of(asio::error::network_unreachable) == told);
  CHECK(path.accepted + told == path.numbers());
}

TEST_CASE("an MTU that shrinks under runs costs no datagram", "[adversary][vanish][offload]") {
  const bool v6 = GENERATE(false, true);
  dgram::SocketOptions options;
  options.segmentation = dgram::Segmentation::on;
  Path path(Ip(v6), test::roomy(), options);
  for (const char* const mtu : {"1500", "1440", "1400", "1300", "1280", "1500"}) {
    path.a.ip(std::string("link set eth0 mtu ") + mtu);
    path.flood(test::flood_size() / 10, 1300, 120);
    path.flood(test::flood_size() / 10, 1400);
    const bool balanced = path.balances();
    INFO("MTU " << mtu << ": " << path.books());
    CHECK(balanced);
    CHECK(path.refused == 0);
  }
  CHECK(path.received == path.accepted);
  if (test::granted("gso")) {
    CHECK(path.sender.stats().gso_datagrams > 0);
    CHECK(path.sender.stats().gso_refused > 0);
  }
}

}  // namespace adversary_vanishing_test
