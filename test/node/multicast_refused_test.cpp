// What a refused membership is called: scenarios/multicast.js. eth0 has 10.0.0.1, eth1
// has 10.0.1.1. No default route.
#include <string>
#include <string_view>

#include "scenario.hpp"

namespace node_multicast_refused_test {

using dgram::node::create_socket;
using dgram::node::Socket;

namespace {

/// Both calls with a source, and what they say.
struct WithSource {
  void add(const std::string& what,
           std::string_view source,
           std::string_view group,
           std::string_view on = {}) const {
    t.throws("add " + what, [&] { socket.add_source_specific_membership(source, group, on); });
  }
  void drop(const std::string& what,
            std::string_view source,
            std::string_view group,
            std::string_view on = {}) const {
    t.throws("drop " + what, [&] { socket.drop_source_specific_membership(source, group, on); });
  }

  test::Trace& t;
  const Socket& socket;
};

}  // namespace

NODE_NETWORK_SCENARIO("multicast/refused-drops") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("on an interface of nobody",
             [&] { socket.drop_membership("224.0.0.114", "1.2.3.4"); });
    t.throws("on none", [&] { socket.drop_membership("224.0.0.114"); });
    t.throws("unicast", [&] { socket.drop_membership("10.0.0.1"); });
    t.throws("unicast of a link", [&] { socket.drop_membership("10.0.0.1", "10.0.0.1"); });
    t.throws("loopback", [&] { socket.drop_membership("127.0.0.1"); });
    t.throws("any", [&] { socket.drop_membership("0.0.0.0", "10.0.0.1"); });
    t.throws("broadcast", [&] { socket.drop_membership("255.255.255.255", "10.0.0.1"); });
    t.throws("IPv6", [&] { socket.drop_membership("ff02::114"); });
    t.throws("IPv6 on a link", [&] { socket.drop_membership("ff02::114", "::%eth0"); });
    t.throws("IPv6 unicast", [&] { socket.drop_membership("::1"); });
    t.throws("empty", [&] { socket.drop_membership(""); });
    t.throws("IPv6 interface", [&] { socket.drop_membership("224.0.0.114", "::%eth0"); });
    socket.add_membership("224.0.0.114", "10.0.0.1");
    t.throws("of another link", [&] { socket.drop_membership("224.0.0.114", "10.0.1.1"); });
    t.throws("of a member, on an interface of nobody",
             [&] { socket.drop_membership("224.0.0.114", "1.2.3.4"); });
    t.returns("of a member, on none", [&] { socket.drop_membership("224.0.0.114"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/refused-joins") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("on an interface of nobody", [&] { socket.add_membership("224.0.0.114", "1.2.3.4"); });
    t.throws("unicast", [&] { socket.add_membership("10.0.0.1"); });
    t.throws("loopback", [&] { socket.add_membership("127.0.0.1", "127.0.0.1"); });
    t.throws("unicast, on an interface of nobody",
             [&] { socket.add_membership("10.0.0.1", "1.2.3.4"); });
    t.throws("any", [&] { socket.add_membership("0.0.0.0", "10.0.0.1"); });
    t.throws("broadcast", [&] { socket.add_membership("255.255.255.255", "10.0.0.1"); });
    t.throws("IPv6", [&] { socket.add_membership("ff02::114"); });
    t.throws("IPv6 on a link", [&] { socket.add_membership("ff02::114", "::%eth0"); });
    t.throws("IPv6 unicast", [&] { socket.add_membership("::1"); });
    t.throws("IPv6 unicast on a link", [&] { socket.add_membership("::1", "::%eth0"); });
    t.throws("IPv6 interface", [&] { socket.add_membership("224.0.0.114", "::%eth0"); });
    t.throws("IPv4 interface of an IPv6 group",
             [&] { socket.add_membership("ff02::114", "10.0.0.1"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/refused-ipv6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("drop of no member", [&] { socket.drop_membership("ff02::114", "::%eth0"); });
    t.throws("drop on an unknown interface",
             [&] { socket.drop_membership("ff02::114", "::%nope"); });
    t.throws("drop on none", [&] { socket.drop_membership("ff02::114"); });
    t.throws("drop of unicast", [&] { socket.drop_membership("::1"); });
    t.throws("drop of unicast on a link", [&] { socket.drop_membership("fd00::1", "::%eth0"); });
    t.throws("drop of a mapped group",
             [&] { socket.drop_membership("::ffff:224.0.0.114", "::%eth0"); });
    t.throws("drop on an IPv4 interface", [&] { socket.drop_membership("ff02::114", "10.0.0.1"); });
    t.throws("drop of an IPv4 group", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
    t.throws("drop of an IPv4 group on nobody",
             [&] { socket.drop_membership("224.0.0.114", "1.2.3.4"); });
    t.throws("drop of IPv4 unicast", [&] { socket.drop_membership("127.0.0.1"); });
    t.throws("add unicast", [&] { socket.add_membership("::1"); });
    t.throws("add any", [&] { socket.add_membership("::", "::%eth0"); });
    t.throws("add a mapped group", [&] { socket.add_membership("::ffff:224.0.0.114", "::%eth0"); });
    t.throws("add IPv4 unicast", [&] { socket.add_membership("10.0.0.2", "10.0.0.1"); });
    t.throws("add on an IPv4 interface", [&] { socket.add_membership("ff02::114", "10.0.0.1"); });
    t.throws("add an IPv4 group on an IPv6 interface",
             [&] { socket.add_membership("224.0.0.114", "::%eth0"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/refused-sources") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    const WithSource with{t, socket};
    with.add("no source", "", "232.0.0.114", "10.0.0.1");
    with.drop("no source", "", "232.0.0.114", "10.0.0.1");
    with.add("no group", "10.0.0.1", "", "10.0.0.1");
    with.drop("no group", "10.0.0.1", "", "10.0.0.1");
    with.add("nothing", "", "");
    with.drop("nothing", "", "");
    with.add("an interface of nobody", "10.0.0.1", "232.0.0.114", "1.2.3.4");
    with.drop("an interface of nobody", "10.0.0.1", "232.0.0.114", "1.2.3.4");
    with.add("no interface", "10.0.0.1", "232.0.0.114");
    with.drop("no interface", "10.0.0.1", "232.0.0.114");
    with.add("unicast", "10.0.0.1", "10.0.0.2", "10.0.0.1");
    with.drop("unicast", "10.0.0.1", "10.0.0.2", "10.0.0.1");
    with.add("loopback", "127.0.0.1", "127.0.0.1", "127.0.0.1");
    with.add("IPv6", "fd00::1", "ff3e::114", "::%eth0");
    with.drop("IPv6", "fd00::1", "ff3e::114", "::%eth0");
    with.add("IPv6 unicast", "::1", "::1");
    with.add("any source", "0.0.0.0", "232.0.0.114", "10.0.0.1");
    with.drop("any source", "0.0.0.0", "232.0.0.114", "10.0.0.1");
    with.add("a source that was not", "10.0.0.9", "232.0.0.115", "10.0.0.1");
    with.drop("another source", "10.0.0.8", "232.0.0.115", "10.0.0.1");
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/group-as-source") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("add", [&] {
      socket.add_source_specific_membership("224.0.0.1", "232.0.0.114", "10.0.0.1");
    });
    t.throws("add again", [&] {
      socket.add_source_specific_membership("224.0.0.1", "232.0.0.114", "10.0.0.1");
    });
    t.returns("drop", [&] {
      socket.drop_source_specific_membership("224.0.0.1", "232.0.0.114", "10.0.0.1");
    });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/refused-ipv6-sources") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    const WithSource with{t, socket};
    with.add("no source", "", "ff3e::114", "::%eth0");
    with.drop("no source", "", "ff3e::114", "::%eth0");
    with.add("no group", "fd00::1", "", "::%eth0");
    with.add("a source", "fd00::1", "ff3e::114", "::%eth0");
    with.add("it again", "fd00::1", "ff3e::114", "::%eth0");
    with.drop("another", "fd00::2", "ff3e::114", "::%eth0");
    with.drop("it", "fd00::1", "ff3e::114", "::%eth0");
    with.drop("it again", "fd00::1", "ff3e::114", "::%eth0");
    with.add("a group as source", "ff02::1", "ff3e::114", "::%eth0");
    with.add("unicast", "fd00::1", "fd00::2", "::%eth0");
    with.drop("unicast", "fd00::1", "fd00::2", "::%eth0");
    with.add("an unknown interface", "fd00::1", "ff3e::115", "::%nope");
    with.drop("an unknown interface", "fd00::1", "ff3e::116", "::%nope");
    with.add("an IPv4 source", "10.0.0.1", "ff3e::114", "::%eth0");
    with.add("IPv4", "10.0.0.1", "232.0.0.114", "10.0.0.1");
    with.drop("IPv4", "10.0.0.1", "232.0.0.114", "10.0.0.1");
    with.drop("IPv4 again", "10.0.0.1", "232.0.0.114", "10.0.0.1");
    socket.close();
  });
}

}  // namespace node_multicast_refused_test
