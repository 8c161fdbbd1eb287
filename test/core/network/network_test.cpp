// What the tests of this folder stand on: hosts, links and bridges.
#include "support/network.hpp"
#include "support/network_changes.hpp"

#include <dirent.h>
#include <net/if.h>
#include <unistd.h>

#include <asio/ip/multicast.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"

namespace network_network_test {

namespace {

using asio::ip::make_address;
using test::Host;
using test::PlainSocket;
using Texts = std::vector<std::string>;

constexpr unsigned short port = 9000;

std::vector<std::string> interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* all = ::if_nameindex();
  for (auto* i = all; i != nullptr && i->if_index != 0; ++i) names.emplace_back(i->if_name);
  ::if_freenameindex(all);
  return names;
}

/// How many descriptors of this process hold a network.
int held_networks() {
  int held = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    char target[64] = {};
    const std::string path = std::string("/proc/self/fd/") + entry->d_name;
    if (::readlink(path.c_str(), target, sizeof target - 1) > 0)
      held += std::string(target).starts_with("net:[");
  }
  ::closedir(folder);
  return held;
}

/// One datagram there and one back.
void check_talk(PlainSocket& a, PlainSocket& b) {
  a.send("there", b.local());
  CHECK(b.receive() == "there");
  b.send("back", b.remote());
  CHECK(a.receive() == "back");
}

}  // namespace

TEST_CASE("linked hosts reach each other over IPv4, IPv6 and link-local addresses", "[network]") {
  const Host a("a"), b("b");
  test::link({a, "left", {"10.0.0.1/24", "fd00::1/64"}},
             {b, "right", {"10.0.0.2/24", "fd00::2/64"}});
  {
    PlainSocket first(a, "10.0.0.1"), second(b, "10.0.0.2");
    check_talk(first, second);
    CHECK(second.remote() == first.local());
  }
  {
    PlainSocket first(a, "fd00::1"), second(b, "fd00::2");
    check_talk(first, second);
    CHECK(second.remote() == first.local());
  }
  {
    CHECK(a.index("left") != b.index("right"));
    PlainSocket first(a, "::"), second(b, b.link_local("right"));
    auto to = b.link_local("right");
    to.scope_id(a.index("left"));  // the scope is the sender's interface
    first.send("near", {to, second.local().port()});
    CHECK(second.receive() == "near");
    CHECK(second.remote().address() ==
          asio::ip::address_v6(a.link_local("left").to_bytes(), b.index("right")));
  }
}

TEST_CASE("two networks with the same addresses do not meet", "[network]") {
  const Host a("a"), b("b"), other_a("other a"), other_b("other b");
  test::link({a, "eth0", {"10.0.0.1/24"}}, {b, "eth0", {"10.0.0.2/24"}});
  test::link({other_a, "eth0", {"10.0.0.1/24"}}, {other_b, "eth0", {"10.0.0.2/24"}});
  PlainSocket from(a, "10.0.0.1"), to(b, "10.0.0.2", port);
  PlainSocket other_from(other_a, "10.0.0.1"), other_to(other_b, "10.0.0.2", port);
  from.send("here", to.local());
  CHECK(to.receive() == "here");
  other_from.send("elsewhere", to.local());
  CHECK(other_to.receive_until("elsewhere") == Texts{"elsewhere"});
}

TEST_CASE("a host that is not linked is unreachable", "[network]") {
  const Host a("a"), b("b"), alone("alone");
  test::link({a, "eth0", {"10.0.0.1/24"}}, {b, "eth0", {"10.0.0.2/24"}});
  PlainSocket socket(alone, "0.0.0.0");
  CHECK_THROWS_AS(socket.send("x", {make_address("10.0.0.2"), port}), std::system_error);
}

TEST_CASE("a multicast group reaches those on a bridge who joined it", "[network]") {
  const bool v6 = GENERATE(false, true);
  test::Bridge bridge("bridge");
  const Host a("a"), b("b"), c("c"), outsider("outsider");
  const Host* hosts[] = {&a, &b, &c, &outsider};
  for (int i = 0; i < 4; ++i) {
    const std::string n = std::to_string(i + 1);
    bridge.plug({*hosts[i], "eth0", {"10.0.0." + n + "/24", "fd00::" + n + "/64"}});
  }
  const auto any = make_address(v6 ? "::" : "0.0.0.0");
  const auto group = make_address(v6 ? "ff12::99" : "239.1.2.3");
  PlainSocket from(a, any), at_b(b, any, port), at_c(c, any, port),
      at_outsider(outsider, any, port);
  const auto join = [&](PlainSocket& socket, const Host& host) {
    if (v6)
      socket->set_option(asio::ip::multicast::join_group(group.to_v6(), host.index("eth0")));
    else
      socket->set_option(asio::ip::multicast::join_group(
          group.to_v4(), make_address("10.0.0." + std::string(&host == &b ? "2" : "3")).to_v4()));
  };
  join(at_b, b);
  join(at_c, c);
  if (v6)
    from->set_option(asio::ip::multicast::outbound_interface(a.index("eth0")));
  else
    from->set_option(asio::ip::multicast::outbound_interface(make_address("10.0.0.1").to_v4()));

  from.send("to the group", {group, port});
  from.send("to you", {make_address(v6 ? "fd00::4" : "10.0.0.4"), port});
  CHECK(at_b.receive() == "to the group");
  CHECK(at_c.receive() == "to the group");
  CHECK(at_outsider.receive_until("to you") == Texts{"to you"});
}

TEST_CASE("a link has the MTU it was asked for", "[network]") {
  const Host a("a"), b("b");
  test::link({a, "eth0", {"10.0.0.1/24"}}, {b, "eth0", {"10.0.0.2/24"}}, 600);
  PlainSocket from(a, "10.0.0.1"), to(b, "10.0.0.2");
  const std::string large(1000, 'x');
  from.send(large, to.local());
  CHECK(to.receive() == large);  // in fragments

  using discover = asio::detail::socket_option::integer<IPPROTO_IP, IP_MTU_DISCOVER>;
  from->set_option(discover(IP_PMTUDISC_DO));
  CHECK_THROWS_AS(from.send(large, to.local()), std::system_error);
  CHECK_NOTHROW(from.send(std::string(572, 'x'), to.local()));
}

TEST_CASE("IPv6 works on its smallest MTU", "[network]") {
  const Host a("a"), b("b");
  test::link({a, "eth0", {"fd00::1/64"}}, {b, "eth0", {"fd00::2/64"}}, 1280);
  PlainSocket from(a, "fd00::1"), to(b, "fd00::2");
  const std::string large(1500, 'x');
  from.send(large, to.local());
  CHECK(to.receive() == large);
}

TEST_CASE("a scope on a host ends where it began, also by an exception", "[network]") {
  const Host a("a"), b("b");
  test::link({a, "on-a", {}}, {b, "on-b", {}});
  const Texts base = interfaces();
  {
    const test::Here outer = a.enter();
    CHECK(interfaces() == Texts{"lo", "on-a"});
    try {
      const test::Here inner = b.enter();
      CHECK(interfaces() == Texts{"lo", "on-b"});
      throw 1;
    } catch (int) {
    }
    CHECK(interfaces() == Texts{"lo", "on-a"});
    std::thread([&] { const test::Here other = b.enter(); }).join();
    CHECK(interfaces() == Texts{"lo", "on-a"});
  }
  CHECK(interfaces() == base);
}

TEST_CASE("what ip says when it fails is in the exception", "[network]") {
  const Host a("a");
  CHECK_THROWS_WITH(a.ip("link set eth7 up"),
                    "on a: ip link set eth7 up: Cannot find device \"eth7\"\n");
  CHECK_THROWS_AS(a.set("ipv4/no_such_setting", "1"), std::system_error);
  CHECK_THROWS_AS(a.index("eth7"), std::system_error);
}

TEST_CASE("nothing is left of a host", "[network]") {
  const int held = held_networks();
  const Host a("a");
  {
    const Host b("b");
    test::link({a, "eth0", {}}, {b, "eth0", {}});
    CHECK(held_networks() == held + 2);
  }
  CHECK(held_networks() == held + 1);
  CHECK(interfaces() == Texts{"lo"});
  // The kernel takes networks apart in the background: with b, the other end of the link goes.
  const test::Here here = a.enter();
  CHECK(test::await_network([] { return interfaces() == Texts{"lo"}; }));
}

}  // namespace network_network_test
