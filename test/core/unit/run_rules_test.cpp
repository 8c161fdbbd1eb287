// Which runs of datagrams may be made: by the process, the socket, the destination and the kernel.
#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <core/kernel/message.hpp>
#include <core/planning/runs.hpp>
#include <dgram/error.hpp>
#include <dgram/segmentation.hpp>
#include <support/catch2.hpp>

namespace unit_run_rules_test {

using dgram::Endpoint;
using dgram::Segmentation;
using dgram::detail::DestinationSegmentation;
using dgram::detail::may_spoil_equal_runs;
using dgram::detail::run_rules;
using dgram::detail::Runs;
using enum dgram::Segmentation;

namespace {

asio::ip::address ip(const char* text) {
  return asio::ip::make_address(text);
}
Endpoint at(const char* text) {
  return dgram::make_endpoint(text, 9);
}

Runs of_socket(Segmentation socket, Segmentation process, bool equal_runs_arrive) {
  return run_rules(socket, process, true, equal_runs_arrive, nullptr).towards(nullptr);
}

}  // namespace

TEST_CASE("automatic makes equal runs where they arrive, and only there", "[unit][segmentation]") {
  CHECK(of_socket(automatic, automatic, true) == Runs::any);
  CHECK(of_socket(automatic, automatic, false) == Runs::uneven);
}

TEST_CASE("what is said goes before what is known of the kernel", "[unit][segmentation]") {
  for (const bool arrive : {false, true}) {
    CHECK(of_socket(on, automatic, arrive) == Runs::any);
    CHECK(of_socket(automatic, on, arrive) == Runs::any);
    CHECK(of_socket(off, automatic, arrive) == Runs::none);
    CHECK(of_socket(off, on, arrive) == Runs::none);
    for (const Segmentation socket : {automatic, on, off})
      CHECK(of_socket(socket, off, arrive) == Runs::none);
  }
}

TEST_CASE("a destination goes before its socket, but not before the process or the channel",
          "[unit][segmentation]") {
  DestinationSegmentation destinations;
  destinations.set(ip("192.0.2.1"), on);
  destinations.set(ip("192.0.2.2"), off);
  const Endpoint runs = at("192.0.2.1"), none = at("192.0.2.2"), other = at("192.0.2.3");
  for (const Segmentation socket : {automatic, on, off}) {
    const auto rules = run_rules(socket, automatic, true, false, &destinations);
    CHECK(rules.towards(&runs) == Runs::any);
    CHECK(rules.towards(&none) == Runs::none);
    CHECK(rules.towards(&other) == of_socket(socket, automatic, false));
  }
  for (const bool possible : {false, true}) {
    const auto rules = run_rules(on, possible ? off : on, possible, true, &destinations);
    for (const Endpoint* to : {&runs, &none, &other}) CHECK(rules.towards(to) == Runs::none);
  }
}

TEST_CASE("a destination is one address, whatever its port, and in IPv6 clothes as well",
          "[unit][segmentation]") {
  DestinationSegmentation destinations;
  destinations.set(ip("::ffff:192.0.2.1"), off);
  destinations.set(ip("2001:db8::1"), on);
  for (const asio::ip::port_type port : {asio::ip::port_type{1}, asio::ip::port_type{65535}}) {
    const Endpoint plain(ip("192.0.2.1"), port), mapped(ip("::ffff:192.0.2.1"), port),
        v6(ip("2001:db8::1"), port), other(ip("2001:db8::2"), port);
    CHECK(destinations.of(&plain) == off);
    CHECK(destinations.of(&mapped) == off);
    CHECK(destinations.of(&v6) == on);
    CHECK(destinations.of(&other) == automatic);
  }
}

TEST_CASE("a destination is the same with and without its zone, and this host by its loopback",
          "[unit][segmentation]") {
  DestinationSegmentation destinations;
  const asio::ip::address_v6 bare = ip("fe80::1").to_v6();
  asio::ip::address_v6 zoned = bare;
  zoned.scope_id(7);
  for (const asio::ip::address_v6& said : {bare, zoned}) {
    destinations.set(said, off);
    CHECK(destinations.of(bare) == off);
    CHECK(destinations.of(zoned) == off);
    destinations.set_peer(zoned);
    CHECK(destinations.of(static_cast<const Endpoint*>(nullptr)) == off);
    destinations.set(said, automatic);
    CHECK(destinations.of(zoned) == automatic);
  }
  destinations.set(ip("127.0.0.1"), off);
  destinations.set(ip("::1"), on);
  CHECK(destinations.of(ip("0.0.0.0")) == off);
  CHECK(destinations.of(ip("::")) == on);
}

TEST_CASE("automatic takes a destination back to its socket", "[unit][segmentation]") {
  DestinationSegmentation destinations;
  destinations.set(ip("192.0.2.1"), automatic);
  CHECK(destinations.of(ip("192.0.2.1")) == automatic);
  destinations.set(ip("192.0.2.1"), off);
  destinations.set(ip("192.0.2.1"), on);
  CHECK(destinations.of(ip("192.0.2.1")) == on);
  destinations.set(ip("::ffff:192.0.2.1"), automatic);
  CHECK(destinations.of(ip("192.0.2.1")) == automatic);
}

TEST_CASE("the connected peer is the destination where none is named", "[unit][segmentation]") {
  DestinationSegmentation destinations;
  destinations.set(ip("192.0.2.1"), off);
  const Endpoint* const peer = nullptr;
  CHECK(destinations.of(peer) == automatic);
  destinations.set_peer(ip("192.0.2.1"));
  CHECK(destinations.of(peer) == off);
  destinations.set_peer(ip("192.0.2.2"));
  CHECK(destinations.of(peer) == automatic);
}

TEST_CASE("the process has what was set last, and refuses what is no segmentation",
          "[unit][segmentation]") {
  REQUIRE(dgram::process_segmentation() == automatic);
  for (const Segmentation each : {off, on, automatic}) {
    dgram::set_process_segmentation(each);
    CHECK(dgram::process_segmentation() == each);
  }
  CHECK_THROWS_WITH(dgram::set_process_segmentation(static_cast<Segmentation>(3)),
                    "set_process_segmentation 3: Invalid argument");
  CHECK(dgram::process_segmentation() == automatic);
}

TEST_CASE("kernels that may spoil equal runs are those from 7.0-rc1 to 7.1.4",
          "[unit][segmentation]") {
  for (const char* release : {"7.0.0-rc1",
                              "7.0-rc1",
                              "7.0.0",
                              "7.0.0-14-generic",
                              "7.0.12",
                              "7.0",
                              "7.1.0-rc3+",
                              "7.1.0",
                              "7.1",
                              "7.1.4",
                              "7.1.4-arch1-1"}) {
    INFO(release);
    CHECK(may_spoil_equal_runs(release));
  }
  for (const char* release : {"6.1.0-18-amd64",
                              "6.18.44",
                              "6.19.12",
                              "7.1.5",
                              "7.1.5-rc1",
                              "7.1.10",
                              "7.1.40-generic",
                              "7.2.0-rc1",
                              "7.2",
                              "8.0.0",
                              "4.4.0",
                              "5.15",
                              "10.7.0",
                              "70.0.1",
                              "",
                              "x",
                              "seven",
                              "."}) {
    INFO(release);
    CHECK_FALSE(may_spoil_equal_runs(release));
  }
}

TEST_CASE("what an ICMP message may have said is the error of a peer, and nothing else is",
          "[unit][runs]") {
  using dgram::detail::is_peer_error;
  const auto is_peers = [](int number) {
    const bool system = is_peer_error(std::error_code(number, std::system_category()));
    CHECK(system == is_peer_error(std::error_code(number, std::generic_category())));
    CHECK(system == is_peer_error(std::error_code(number, asio::system_category())));
    return system;
  };
  // icmp_err_convert in net/ipv4/icmp.c, tab_unreach in net/ipv6/icmp.c
  for (const int number : {ENETUNREACH,
                           EHOSTUNREACH,
                           ENOPROTOOPT,
                           ECONNREFUSED,
                           EMSGSIZE,
                           EOPNOTSUPP,
                           EHOSTDOWN,
                           EACCES,
                           EPROTO,
                           ENONET})
    CHECK(is_peers(number));
  for (const int number : {EAGAIN, ENOBUFS, ENOMEM, EPERM, EINVAL, EIO, EBADF, ENETDOWN, EPIPE})
    CHECK(!is_peers(number));
  CHECK(!is_peer_error({}));
  CHECK(!is_peer_error(std::error_code(ECONNREFUSED, dgram::error_category())));
}

}  // namespace unit_run_rules_test
