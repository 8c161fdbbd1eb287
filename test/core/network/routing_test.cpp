// Routers between links: unicast and multicast, and the hop that each costs.
#include <asio/ip/multicast.hpp>
#include <asio/ip/unicast.hpp>
#include <string>
#include <vector>

#include "core/network/networks.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/multicast_router.hpp"
#include "support/network.hpp"

namespace network_routing_test {

namespace {

using asio::ip::make_address;
using test::PlainSocket;
using Texts = std::vector<std::string>;

constexpr unsigned short port = 9000;

}  // namespace

TEST_CASE("a router forwards what has a hop left", "[network]") {
  const test::Line line;
  test::make_router(line.router);
  const bool v6 = GENERATE(false, true);
  PlainSocket from(line.near, v6 ? "fd00:1::2" : "10.0.1.2");
  PlainSocket to(line.far, v6 ? "fd00:2::2" : "10.0.2.2");
  from->set_option(asio::ip::unicast::hops(1));
  from.send("one", to.local());
  from->set_option(asio::ip::unicast::hops(2));
  from.send("two", to.local());
  CHECK(to.receive_until("two") == Texts{"two"});
  CHECK(to.remote() == from.local());
}

TEST_CASE("a host that is no router forwards nothing", "[network]") {
  const test::Line line;
  PlainSocket from(line.near, "10.0.1.2"), to(line.far, "10.0.2.2"),
      beside(line.router, "10.0.2.1");
  from.send("through", to.local());
  beside.send("last", to.local());
  CHECK(to.receive_until("last") == Texts{"last"});
}

TEST_CASE("a multicast router forwards a group that has a hop left", "[network]") {
  const test::Line line;
  test::MulticastRouter router(line.router);
  const bool v6 = GENERATE(false, true);
  const auto source = make_address(v6 ? "fd00:1::2" : "10.0.1.2");
  const auto group = make_address(v6 ? "ff15::99" : "239.1.2.3");
  const auto other_group = make_address(v6 ? "ff15::98" : "239.1.2.4");
  router.forward(source, group, "near", "far");

  PlainSocket from(line.near, source), to(line.far, v6 ? "::" : "0.0.0.0", port);
  for (const auto& joined : {group, other_group})
    to->set_option(asio::ip::multicast::join_group(joined));
  from->set_option(asio::ip::multicast::hops(1));
  from.send("one", {group, port});
  from->set_option(asio::ip::multicast::hops(2));
  from.send("unrouted", {other_group, port});
  from.send("two", {group, port});
  CHECK(to.receive_until("two") == Texts{"two"});
  CHECK(to.remote() == from.local());
}

TEST_CASE("a multicast router forwards both families at once, and nothing when it is gone",
          "[network]") {
  const test::Line line;
  PlainSocket from(line.near, "10.0.1.2"), from6(line.near, "fd00:1::2"),
      to(line.far, "0.0.0.0", port), to6(line.far, "::", port + 1);
  const auto group = make_address("239.1.2.3"), group6 = make_address("ff15::99");
  to->set_option(asio::ip::multicast::join_group(group));
  to6->set_option(asio::ip::multicast::join_group(group6));
  from->set_option(asio::ip::multicast::hops(2));
  from6->set_option(asio::ip::multicast::hops(2));
  {
    test::MulticastRouter router(line.router);
    router.forward(from.local().address(), group, "near", "far");
    router.forward(from6.local().address(), group6, "near", "far");
    from.send("four", {group, port});
    from6.send("six", {group6, port + 1});
    CHECK(to.receive() == "four");
    CHECK(to6.receive() == "six");
  }
  PlainSocket beside(line.router, "10.0.2.1");
  from.send("late", {group, port});
  beside.send("last", {make_address("10.0.2.2"), port});
  CHECK(to.receive_until("last") == Texts{"last"});
}

}  // namespace network_routing_test
