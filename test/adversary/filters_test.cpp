// Packet filters and routes that let some datagrams pass and others not: what this host refuses its
// sender is told, what the peer's filter takes is in the filter's counter.
//
// The rules go by the length of a datagram: of sizes 100, 101 and 102 in turn the first is hit,
// with 8 bytes of UDP header.
#include <dgram/dgram.hpp>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "adversary/path.hpp"
#include "support/catch2.hpp"

namespace adversary_filters_test {

namespace {

using test::Ip;
using test::Path;

constexpr std::size_t smallest = 100, sizes = 3;

void filter(const test::Host& host, const std::string& hook, const std::string& verdict) {
  host.run("nft 'table inet filter { chain lengths { type filter hook " + hook +
           " priority 0; udp length 108 counter " + verdict + "; }; }'");
}

std::uint64_t filtered(const test::Host& host) {
  return test::number_behind("counter packets", host.run("nft list table inet filter"));
}

/// To a filter a run is one packet, with one length.
dgram::SocketOptions without_runs(bool reports = false) {
  dgram::SocketOptions options;
  options.segmentation = dgram::Segmentation::off;
  options.receive_errors = reports;
  return options;
}

bool have_filters() {
  const test::Host host("filter");
  try {
    filter(host, "input", "drop");
    return true;
  } catch (const std::exception& why) {
    WARN("not tried here: " << why.what());
    return false;
  }
}

std::uint64_t count_of(std::uint64_t n) {
  return (n + sizes - 1) / sizes;
}

}  // namespace

TEST_CASE("a send says what the filter of its host refuses, datagram by datagram",
          "[adversary][filter]") {
  if (!have_filters()) return;
  const bool v6 = GENERATE(false, true);
  Path path(Ip(v6), {}, without_runs());
  filter(path.a, "output", "drop");
  path.flood(test::flood_size(), smallest, sizes);
  const bool balanced = path.balances();
  INFO(path.books());
  CHECK(balanced);
  CHECK(path.refused == count_of(path.numbers()));
  CHECK(path.sender.stats().errors.of(asio::error::no_permission) == path.refused);
  CHECK(path.accepted + path.refused == path.numbers());
}

TEST_CASE("what the peer's filter takes is in the filter's counter and fails no send",
          "[adversary][filter]") {
  if (!have_filters()) return;
  const bool v6 = GENERATE(false, true);
  const bool rejects = GENERATE(false, true);
  const bool reports = GENERATE(false, true);
  INFO((v6 ? "IPv6, " : "IPv4, ") << (rejects ? "reject, " : "drop, ")
                                  << (reports ? "reports" : "none"));
  Path path(Ip(v6), {}, without_runs(reports));
  filter(path.b, "input", rejects ? "reject" : "drop");
  path.flood(test::flood_size(), smallest, sizes);
  const bool balanced = path.balances([&] { return filtered(path.b); });
  INFO(path.books());
  CHECK(balanced);
  CHECK(path.refused == 0);
  CHECK(filtered(path.b) == count_of(path.numbers()));
  // The kernel limits how many rejections it sends, and how many reports a socket queues.
  std::error_code ec;
  std::uint64_t told = 0;
  while (path.sender.try_recv_error(ec)) ++told;
  CHECK((told > 0) == (rejects && reports));
  CHECK(path.sender.stats().error_reports == told + path.sender.stats().discarded_reports);
  CHECK(path.sender.stats().error_reports <= filtered(path.b));
}

TEST_CASE("a send says which route leads nowhere, and the others of its batch go on",
          "[adversary][route]") {
  struct Route {
    const char* type;
    std::error_code told;
  };
  const std::vector<Route> routes = {{"blackhole", asio::error::invalid_argument},
                                     {"unreachable", asio::error::host_unreachable},
                                     {"prohibit", asio::error::access_denied},
                                     {"throw", asio::error::network_unreachable}};
  const Route& route = routes[GENERATE(0u, 1u, 2u, 3u)];
  const bool v6 = GENERATE(false, true);
  const bool reports = GENERATE(false, true);
  INFO(route.type << (v6 ? ", IPv6" : ", IPv4") << (reports ? ", reports" : ""));
  dgram::SocketOptions options;
  options.receive_errors = reports;
  Path path(Ip(v6), {}, options);
  path.a.ip(std::string(v6 ? "-6 " : "") + "route add " + route.type +
            (v6 ? " fd09::/64" : " 10.9.0.0/24"));
  const dgram::Endpoint nowhere(path.ip("10.9.0.1", "fd09::1"), 9);
  std::uint64_t told = 0, wrong = 0;
  while (told < test::flood_size() / 4) {
    path.flood(2, smallest);
    // Alone, in a run, and among others.
    std::vector<dgram::Outgoing> batch(3, dgram::Outgoing(asio::buffer("nowhere!", 8), nowhere));
    batch.emplace_back(asio::buffer("nowhere", 7), nowhere);
    std::error_code ec;
    if (path.sender.try_send("nowhere!", nowhere, ec)) ++wrong;
    told += 1 + batch.size();
    wrong += ec != route.told;
    path.send_batch(batch);
    for (const dgram::Outgoing& one : batch) wrong += one.result != route.told;
    ++path.refused;
  }
  const bool balanced = path.balances();
  INFO(path.books());
  CHECK(balanced);
  CHECK(wrong == 0);
  CHECK(path.refused == told);
  CHECK(path.accepted == path.numbers());
}

}  // namespace adversary_filters_test
