// Groups of IPv4: joining and leaving, the interface that datagrams leave by, and who hears them:
// scenarios/multicast.js. eth0 has 10.0.0.1, eth1 has 10.0.1.1. No default route.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace node_multicast_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using dgram::node::SocketOptions;

NODE_NETWORK_SCENARIO("multicast/join-and-leave") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("add", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
    t.throws("add again", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
    t.returns("add on the other link", [&] { socket.add_membership("224.0.0.114", "10.0.1.1"); });
    t.returns("drop", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
    t.throws("drop again", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
    t.returns("drop on the other link", [&] { socket.drop_membership("224.0.0.114", "10.0.1.1"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/bad-groups") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("add nothing", [&] { socket.add_membership({}); });
    t.throws("add empty", [&] { socket.add_membership(""); });
    t.throws("add no address", [&] { socket.add_membership("group"); });
    t.throws("add unicast", [&] { socket.add_membership("10.0.0.2", "10.0.0.1"); });
    t.throws("add IPv6", [&] { socket.add_membership("ff02::114", "::%eth0"); });
    t.throws("drop nothing", [&] { socket.drop_membership({}); });
    t.throws("drop no address", [&] { socket.drop_membership("group"); });
    t.throws("drop not joined", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/bad-interfaces") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("no address", [&] { socket.add_membership("224.0.0.114", "eth0"); });
    t.throws("of nobody", [&] { socket.add_membership("224.0.0.114", "10.0.7.1"); });
    t.throws("none, and no route", [&] { socket.add_membership("224.0.0.114"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/route-chooses-the-interface") {
  t.ip("route add 224.0.0.0/4 dev eth1");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("add", [&] { socket.add_membership("224.0.0.114"); });
    t.throws("add on eth1", [&] { socket.add_membership("224.0.0.114", "10.0.1.1"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/heard-by-the-sender") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.add_membership("224.0.0.114", "10.0.0.1");
    socket.set_multicast_interface("10.0.0.1");
    socket.send("x", 12345, "224.0.0.114", [&t](const Error* error, std::size_t bytes) {
      t.sent("x", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("multicast/without-loopback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.add_membership("224.0.0.114", "10.0.0.1");
    socket.set_multicast_interface("10.0.0.1");
    t.returns("off", [&] { return socket.set_multicast_loopback(false); });
    socket.send("not heard here",
                12345,
                "224.0.0.114",
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("first", error, bytes);
                  t.returns("on", [&] { return socket.set_multicast_loopback(true); });
                  socket.send(
                      "heard", 12345, "224.0.0.114", [&t](const Error* failure, std::size_t sent) {
                        t.sent("second", failure, sent);
                      });
                });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("multicast/not-heard-after-leaving") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.add_membership("224.0.0.114", "10.0.0.1");
    socket.set_multicast_interface("10.0.0.1");
    socket.drop_membership("224.0.0.114", "10.0.0.1");
    socket.send("to the group",
                12345,
                "224.0.0.114",
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("to the group", error, bytes);
                  socket.send("to the socket", 12345, "10.0.0.1");
                });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("multicast/heard-by-all-members") {
  SocketOptions options;
  options.type = "udp4";
  options.reuse_addr = true;
  Socket one = create_socket(t.io, options);
  Socket two = create_socket(t.io, options);
  Socket sender = create_socket(t.io, "udp4");
  const auto heard = std::make_shared<std::vector<std::string>>();
  auto message = [&t, one, two, sender, heard](const std::string& name,
                                               const dgram::Datagram& msg) mutable {
    heard->push_back(name + " heard " + std::string(msg.text()));
    if (heard->size() < 2) return;
    std::sort(heard->begin(), heard->end());
    for (const std::string& line : *heard) t.log(line);
    one.close();
    two.close();
    sender.close();
  };
  one.on(event::message, [message](const auto& msg, const auto&) mutable { message("one", msg); });
  two.on(event::message, [message](const auto& msg, const auto&) mutable { message("two", msg); });
  one.bind(12345, [one, two, sender]() mutable {
    one.add_membership("224.0.0.114", "10.0.0.1");
    two.bind(12345, [two, sender]() mutable {
      two.add_membership("224.0.0.114", "10.0.0.1");
      sender.bind(23456, [sender]() mutable {
        sender.set_multicast_interface("10.0.0.1");
        sender.send("x", 12345, "224.0.0.114");
      });
    });
  });
}

NODE_NETWORK_SCENARIO("multicast/interface-of-the-sender") {
  // It decides which link a datagram takes, and its address is that of the sender.
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, [&t, receiver, sender]() mutable {
    receiver.add_membership("224.0.0.114", "10.0.1.1");
    sender.bind(23456, [&t, sender]() mutable {
      t.returns("eth0", [&] { sender.set_multicast_interface("10.0.0.1"); });
      sender.send("on eth0", 12345, "224.0.0.114", [&t, sender](const Error*, std::size_t) mutable {
        t.returns("eth1", [&] { sender.set_multicast_interface("10.0.1.1"); });
        sender.send("on eth1", 12345, "224.0.0.114");
      });
    });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/interface-back-to-the-system") {
  // Which has no route.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    socket.set_multicast_interface("10.0.0.1");
    socket.send(
        "x", 23456, "224.0.0.114", [&t, socket](const Error* error, std::size_t bytes) mutable {
          t.sent("by eth0", error, bytes);
          t.returns("0.0.0.0", [&] { socket.set_multicast_interface("0.0.0.0"); });
          socket.send("x",
                      23456,
                      "224.0.0.114",
                      [&t, socket](const Error* failure, std::size_t sent) mutable {
                        t.sent("by route", failure, sent);
                        socket.close();
                      });
        });
  });
}

NODE_NETWORK_SCENARIO("multicast/bad-interfaces-of-the-sender") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("unbound, no address", [&] { socket.set_multicast_interface("eth0"); });
  t.throws("unbound", [&] { socket.set_multicast_interface("10.0.0.1"); });
  socket.bind(12345, [&t, socket]() mutable {
    t.throws("empty", [&] { socket.set_multicast_interface(""); });
    t.throws("a name", [&] { socket.set_multicast_interface("eth0"); });
    t.throws("of nobody", [&] { socket.set_multicast_interface("10.0.7.1"); });
    t.throws("a group", [&] { socket.set_multicast_interface("224.0.0.114"); });
    t.throws("IPv6", [&] { socket.set_multicast_interface("::%eth0"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/sources") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    const auto add = [&](const char* source, const char* group, const char* interface) {
      return [=]() mutable { socket.add_source_specific_membership(source, group, interface); };
    };
    const auto drop = [&](const char* source, const char* group, const char* interface) {
      return [=]() mutable { socket.drop_source_specific_membership(source, group, interface); };
    };
    t.returns("add", add("10.0.0.1", "232.0.0.114", "10.0.0.1"));
    t.returns("drop", drop("10.0.0.1", "232.0.0.114", "10.0.0.1"));
    t.throws("drop again", drop("10.0.0.1", "232.0.0.114", "10.0.0.1"));
    t.throws("bad source", add("source", "232.0.0.114", "10.0.0.1"));
    t.throws("bad group", add("10.0.0.1", "group", "10.0.0.1"));
    t.throws("bad interface", add("10.0.0.1", "232.0.0.114", "eth0"));
    t.throws("IPv6 source", add("fd00::1", "232.0.0.114", "10.0.0.1"));
    t.throws("IPv6 group", add("10.0.0.1", "ff3e::114", "10.0.0.1"));
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/only-the-source-is-heard") {
  t.ip("address add 10.0.0.2/24 dev eth0");
  Socket receiver = create_socket(t.io, "udp4");
  Socket stranger = create_socket(t.io, "udp4");
  Socket source = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, [&t, receiver, stranger, source]() mutable {
    receiver.add_source_specific_membership("10.0.0.1", "232.0.0.114", "10.0.0.1");
    stranger.bind(23456, "10.0.0.2", [&t, stranger, source]() mutable {
      stranger.set_multicast_interface("10.0.0.2");
      stranger.send("from a stranger",
                    12345,
                    "232.0.0.114",
                    [&t, source](const Error* error, std::size_t bytes) mutable {
                      t.sent("from a stranger", error, bytes);
                      source.bind(23456, "10.0.0.1", [source]() mutable {
                        source.set_multicast_interface("10.0.0.1");
                        source.send("from the source", 12345, "232.0.0.114");
                      });
                    });
    });
  });
  receiver.on(event::message, [receiver, stranger, source](const auto&, const auto&) mutable {
    receiver.close();
    stranger.close();
    source.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/unbound-sources") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  t.returns("add",
            [&] { socket.add_source_specific_membership("10.0.0.1", "232.0.0.114", "10.0.0.1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("multicast/ipv4-group-of-udp6") {
  Socket receiver = create_socket(t.io, "udp6");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, [&t, receiver, sender]() mutable {
    t.returns("add", [&] { receiver.add_membership("224.0.0.114", "10.0.0.1"); });
    sender.bind(23456, [sender]() mutable {
      sender.set_multicast_interface("10.0.0.1");
      sender.send("x", 12345, "224.0.0.114");
    });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("multicast/unbound-drop") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  t.throws("drop", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.settle([socket]() mutable { socket.close(); });
}

}  // namespace node_multicast_test
