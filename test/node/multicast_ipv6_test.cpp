// Groups of IPv6: scenarios/multicast.js. eth0 has fe80::ff:fe00:1, eth1 has fe80::ff:fe00:2.
#include "scenario.hpp"

namespace node_multicast_ipv6_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_NETWORK_SCENARIO("multicast/ipv6-join-and-leave") {
  // The text of an interface is any address whose zone is its name.
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("add", [&] { socket.add_membership("ff02::114", "::%eth0"); });
    t.throws("add again", [&] { socket.add_membership("ff02::114", "fe80::1%eth0"); });
    t.returns("add on the other link", [&] { socket.add_membership("ff02::114", "::%eth1"); });
    t.returns("drop", [&] { socket.drop_membership("ff02::114", "::%eth0"); });
    t.throws("drop again", [&] { socket.drop_membership("ff02::114", "::%eth0"); });
    t.throws("no address", [&] { socket.add_membership("ff02::114", "eth0"); });
    t.throws("unicast", [&] { socket.add_membership("fd00::2", "::%eth0"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/ipv6-numeric-zone") {
  // 10 is the index of eth0, and names nothing. An unknown zone is the interface that the system
  // chooses: here eth1, by its route.
  t.ip("-6 route add ff02::114/128 dev eth1 table local metric 1");
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("add", [&] { socket.add_membership("ff02::114", "::%10"); });
    t.throws("add on eth1", [&] { socket.add_membership("ff02::114", "::%eth1"); });
    t.returns("add on eth0", [&] { socket.add_membership("ff02::114", "::%eth0"); });
    t.throws("add on an unknown one", [&] { socket.add_membership("ff02::114", "::%nosuch"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/ipv6-heard-by-the-sender") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.add_membership("ff02::114", "::%eth1");
    socket.send("x", 12345, "ff02::114%eth1", [&t](const Error* error, std::size_t bytes) {
      t.sent("x", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("multicast/ipv6-interface-of-the-sender") {
  Socket receiver = create_socket(t.io, "udp6");
  Socket sender = create_socket(t.io, "udp6");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, [&t, receiver, sender]() mutable {
    receiver.add_membership("ff02::114", "::%eth1");
    sender.bind(23456, [&t, sender]() mutable {
      t.returns("eth0", [&] { sender.set_multicast_interface("::%eth0"); });
      sender.send("on eth0", 12345, "ff02::114", [&t, sender](const Error*, std::size_t) mutable {
        t.returns("eth1", [&] { sender.set_multicast_interface("::%eth1"); });
        sender.send("on eth1", 12345, "ff02::114");
      });
    });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/ipv6-bad-interfaces-of-the-sender") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("empty", [&] { socket.set_multicast_interface(""); });
    t.throws("a name", [&] { socket.set_multicast_interface("eth0"); });
    t.returns("any", [&] { socket.set_multicast_interface("::"); });
    t.returns("unknown zone", [&] { socket.set_multicast_interface("::%nosuch"); });
    t.returns("IPv4", [&] { socket.set_multicast_interface("10.0.0.1"); });
    socket.close();
  });
}

}  // namespace node_multicast_ipv6_test
