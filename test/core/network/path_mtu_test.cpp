// The path MTU: learned from a router, told by path_mtu() and by reports, and obeyed.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>

#include "core/network/bound_on.hpp"
#include "core/network/networks.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/network.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run_until.hpp"

namespace network_path_mtu_test {

namespace {

using asio::ip::make_address;
using dgram::PathMtuDiscovery;
using Origin = dgram::ErrorReport::Origin;
using test::Host;

/// A way to reach `far`, and what a router says about it.
struct Path {
  const char* name;
  const char* here;    // where the socket is bound on `near`
  const char* there;   // `far`, as the socket writes it
  const char* router;  // the router's address that `near` sees, as the socket writes it
  bool over_ipv6;
};
constexpr Path paths[] = {
    {"IPv4", "0.0.0.0", "10.0.2.2", "10.0.1.1", false},
    {"IPv6", "::", "fd00:2::2", "fd00:1::1", true},
    {"mapped IPv4", "::", "::ffff:10.0.2.2", "::ffff:10.0.1.1", false},
};

/// near -- 1500 -- router -- 1400 -- far
struct NarrowedLine : test::Line {
  explicit NarrowedLine(const Path& p) : Line(1400), path(p) {
    test::make_router(router);
    peer.emplace(far, path.over_ipv6 ? "fd00:2::2" : "10.0.2.2");
    to = dgram::Endpoint(make_address(path.there), peer->local().port());
    socket.emplace(test::bound_on(near, io, path.here, test::with_reports()));
  }
  /// How a send of `size` bytes ends.
  std::error_code send(std::size_t size) {
    test::Outcome<std::size_t> outcome;
    const std::string text(size, 'x');
    socket->async_send(text, to, outcome.handler());
    test::run_until(io, [&] { return outcome.calls != 0; });
    return outcome.ec;
  }
  dgram::ErrorReport next_report() {
    test::Outcome<dgram::ErrorReport> outcome;
    socket->async_recv_error(outcome.handler());
    test::run_until(io, [&] { return outcome.calls != 0; });
    CHECK_FALSE(outcome.ec);
    return outcome.value;
  }
  bool has_report() {
    std::error_code ec;
    return socket->try_recv_error(ec).has_value();
  }
  void check_router_says(const dgram::ErrorReport& report) const {
    CHECK(report.error == asio::error::message_size);
    CHECK(report.mtu == 1400);
    CHECK(report.destination == to);
    CHECK(report.offender == make_address(path.router));
    CHECK(report.origin == (path.over_ipv6 ? Origin::icmpv6 : Origin::icmp));
    CHECK(int{report.type} == (path.over_ipv6 ? 2 : 3));
    CHECK(int{report.code} == (path.over_ipv6 ? 0 : 4));
  }
  void check_this_host_says(const dgram::ErrorReport& report, std::uint32_t mtu) const {
    CHECK(report.error == asio::error::message_size);
    CHECK(report.mtu == mtu);
    CHECK(report.destination == to);
    CHECK(report.origin == Origin::local);
    CHECK(report.offender.is_unspecified());
  }
  std::size_t fits(std::size_t mtu) const { return mtu - (path.over_ipv6 ? 48 : 28); }

  const Path path;
  asio::io_context io;
  std::optional<test::PlainSocket> peer;
  std::optional<dgram::Socket> socket;
  dgram::Endpoint to;
};

}  // namespace

TEST_CASE("a router's word about the path MTU is a report, a fact of path_mtu(), and obeyed",
          "[network][mtu]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  const PathMtuDiscovery mode = GENERATE(PathMtuDiscovery::enforce, PathMtuDiscovery::probe);
  INFO(path.name << (mode == PathMtuDiscovery::probe ? ", probe" : ", enforce"));
  NarrowedLine line(path);
  const test::Here here = line.near.enter();
  dgram::Socket& socket = *line.socket;
  socket.set_path_mtu_discovery(mode);
  CHECK(socket.path_mtu(line.to) == 1500);
  CHECK_FALSE(line.send(line.fits(1450)));  // the kernel takes it, the router does not
  line.check_router_says(line.next_report());
  CHECK(socket.path_mtu(line.to) == 1400);
  CHECK_FALSE(line.has_report());

  socket.set_path_mtu_discovery(PathMtuDiscovery::enforce);
  CHECK(line.send(line.fits(1401)) == asio::error::message_size);
  line.check_this_host_says(line.next_report(), 1400);
  CHECK_FALSE(line.has_report());
  CHECK_FALSE(line.send(line.fits(1400)));
  CHECK(line.peer->receive().size() == line.fits(1400));

  socket.set_path_mtu_discovery(PathMtuDiscovery::probe);
  CHECK_FALSE(line.send(line.fits(1450)));  // beyond what is known
  line.check_router_says(line.next_report());
  CHECK(line.send(line.fits(1501)) == asio::error::message_size);
  line.check_this_host_says(line.next_report(), 1500);

  socket.set_path_mtu_discovery(PathMtuDiscovery::want);
  CHECK_FALSE(line.send(line.fits(1450)));
  CHECK(line.peer->receive().size() == line.fits(1450));  // in fragments
  CHECK_FALSE(line.has_report());
}

TEST_CASE("a datagram that is too large is refused alone: others of its batch go out",
          "[network][mtu]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  INFO(path.name);
  NarrowedLine line(path);
  line.socket->set_path_mtu_discovery(PathMtuDiscovery::enforce);
  const std::string large(1473, 'x');
  std::vector<dgram::Outgoing> batch;
  for (int i = 0; i < 9; ++i)
    batch.emplace_back(asio::buffer(large.data(), i % 3 == 1 ? large.size() : 1), line.to);
  test::Outcome<std::size_t> outcome;
  line.socket->async_send_many(batch, outcome.handler());
  test::run_until(line.io, [&] { return outcome.calls != 0; });
  CHECK(outcome.value == 6);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::error_code expected =
        i % 3 == 1 ? std::error_code(asio::error::message_size) : std::error_code();
    CHECK(batch[i].result == expected);
  }
  line.peer->send("last", line.peer->local());
  CHECK(line.peer->receive_until("last").size() == 7);
  for (int i = 0; i < 3; ++i) line.check_this_host_says(line.next_report(), 1500);
}

TEST_CASE("a datagram that is too large for this host is attempted once and reported once",
          "[network][mtu]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  const bool connected = GENERATE(false, true);
  INFO(path.name << (connected ? ", connected" : ""));
  NarrowedLine line(path);
  line.socket->set_path_mtu_discovery(PathMtuDiscovery::enforce);
  if (connected) line.socket->connect(line.to);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    CHECK(line.send(line.fits(1501)) == asio::error::message_size);
    CHECK(line.socket->stats().error_reports == i);
    CHECK(line.socket->stats().send_errors == i);
  }
}

TEST_CASE("the path MTU of a connected socket is that to its peer", "[network][mtu]") {
  const Path path = paths[GENERATE(0, 1, 2)];
  INFO(path.name);
  NarrowedLine line(path);
  const test::Here here = line.near.enter();
  dgram::Socket& socket = *line.socket;
  std::error_code ec;
  CHECK(socket.path_mtu(ec) == 0);
  CHECK(ec == asio::error::not_connected);
  CHECK_THROWS_AS(socket.path_mtu(), dgram::Error);
  socket.connect(line.to);
  CHECK(socket.path_mtu() == 1500);
  socket.set_path_mtu_discovery(PathMtuDiscovery::enforce);
  CHECK_FALSE(line.send(line.fits(1450)));
  line.check_router_says(line.next_report());
  CHECK(socket.path_mtu() == 1400);
}

TEST_CASE("path_mtu says why it has no answer", "[network][mtu]") {
  const bool v6 = GENERATE(false, true);
  const test::Cable cable;
  const Host& a = cable.a;
  asio::io_context io;
  const test::Here here = a.enter();
  dgram::Socket socket = test::bound_on(a, io, v6 ? "fd00::1" : "10.0.0.1");
  const dgram::Endpoint there = dgram::make_endpoint(v6 ? "fd00::2" : "10.0.0.2", 9);
  const dgram::Endpoint other = dgram::make_endpoint(v6 ? "10.0.0.2" : "fd00::2", 9);
  const dgram::Endpoint nowhere = dgram::make_endpoint(v6 ? "fd00:9::9" : "10.9.9.9", 9);
  const dgram::Endpoint group = dgram::make_endpoint(v6 ? "ff15::99" : "10.0.0.255", 9);
  const auto why = [&](const dgram::Endpoint& to) {
    std::error_code ec;
    CHECK(socket.path_mtu(to, ec) == 0);
    return ec;
  };
  CHECK(socket.path_mtu(there) == 1500);
  CHECK(socket.path_mtu(group) == 1500);
  CHECK(why(nowhere) == asio::error::network_unreachable);
  CHECK(why(other) == asio::error::address_family_not_supported);
  a.ip(v6 ? "-6 route add unreachable fd00:9::/64" : "route add unreachable 10.9.9.0/24");
  CHECK(why(nowhere) == asio::error::host_unreachable);
  a.ip(v6 ? "address del fd00::1/64 dev eth0" : "address del 10.0.0.1/24 dev eth0");
  CHECK(why(there) == dgram::Errc::source_unavailable);
  socket.close();
  CHECK(why(there) == asio::error::bad_descriptor);
  CHECK_THROWS_AS(socket.path_mtu(there), dgram::Error);
}

}  // namespace network_path_mtu_test
