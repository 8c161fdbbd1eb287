// Zones of literal addresses: scenarios/zones.js. eth0 has fd00::1 and fe80::ff:fe00:1, eth1 has
// fd01::1 and fe80::ff:fe00:2; 10 is the index of eth0.
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "scenario.hpp"

namespace node_zones_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using dgram::node::SocketOptions;

namespace {

constexpr std::array zones = {
    "::1%lo",
    "::1%nope",
    "::1%1",
    "fd00::1%eth0",
    "fd00::1%eth1",
    "fd00::1%nope",
    "::%eth0",
    "::%nope",
    "fe80::ff:fe00:1%eth0",
    "fe80::ff:fe00:1%eth1",
    "fe80::ff:fe00:1%nope",
    "fe80::ff:fe00:1%10",
    "fe80::ff:fe00:1%010",
    "fe80::ff:fe00:1",
    "ff05::114%eth0",
    "ff05::114%nope",
    "ff02::114%eth0",
    "ff02::114%nope",
    "::ffff:127.0.0.1%lo",
    "::ffff:127.0.0.1%nope",
};

/// f(zone, next) for each of them, one behind the other.
using ForOne = std::function<void(std::string, std::function<void()>)>;
void one_by_one(ForOne f, std::size_t i = 0) {
  if (i == zones.size()) return;
  f(zones[i], [f, i] { one_by_one(f, i + 1); });
}

}  // namespace

NODE_NETWORK_SCENARIO("zones/bind") {
  one_by_one([&t](const std::string& address, const std::function<void()>& next) {
    Socket socket = create_socket(t.io, "udp6");
    socket.on(event::error, [&t, socket, address, next](const Error& error) mutable {
      t.error(address, error);
      socket.close(next);
    });
    socket.bind(12345, address);
    socket.on(event::listening, [&t, socket, address, next]() mutable {
      t.returns(address, [&] { return socket.address(); });
      socket.close(next);
    });
  });
}

NODE_NETWORK_SCENARIO("zones/send") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    one_by_one([&t, socket](const std::string& address, const std::function<void()>& next) {
      socket.send("x", 9, address, [&t, address, next](const Error* error, std::size_t bytes) {
        t.sent(address, error, bytes);
        next();
      });
    });
    socket.send(
        "", 9, [&t, socket](const Error*) { t.settle([socket]() mutable { socket.close(); }); });
  });
}

NODE_NETWORK_SCENARIO("zones/connect") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    one_by_one([&t, socket](const std::string& address, const std::function<void()>& next) {
      socket.connect(9, address, [&t, socket, address, next](const Error* error) mutable {
        if (error) {
          t.error(address, *error);
        } else {
          t.returns(address, [&] { return socket.remote_address(); });
          socket.disconnect();
        }
        next();
      });
    });
    t.settle([socket]() mutable { socket.close(); });
  });
}

NODE_NETWORK_SCENARIO("zones/at-once") {
  for (const std::string address : zones) {
    Socket socket = create_socket(t.io, "udp6");
    t.throws("bindSync " + address,
             [&] { return socket.bind_sync({.port = 12345, .address = address}); });
    socket.close();
    Socket other = create_socket(t.io, "udp6");
    t.throws("connectSync " + address, [&] {
      other.connect_sync(9, address);
      return other.remote_address();
    });
    other.close();
  }
}

NODE_NETWORK_SCENARIO("zones/of-a-lookup") {
  SocketOptions options;
  options.type = "udp6";
  options.lookup = [](const std::string& hostname, int, auto callback) {
    callback(nullptr, hostname);
  };
  Socket socket = create_socket(t.io, options);
  socket.bind(12345, "::%nope");
  for (const std::string address : {"::1%lo", "::1%nope", "fe80::1%nope", "ff05::114%nope"})
    socket.send("x", 9, address, [&t, address](const Error* error, std::size_t bytes) {
      t.sent(address, error, bytes);
    });
  t.set_immediate([socket]() mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("zones/arrives") {
  Socket receiver = create_socket(t.io, "udp6");
  Socket sender = create_socket(t.io, "udp6");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, "::1%lo", [&t, receiver, sender]() mutable {
    t.returns("receiver", [&] { return receiver.address(); });
    sender.bind(23456, "::1", [sender]() mutable { sender.send("x", 12345, "::1%lo"); });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("zones/of-the-other-family") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("bind", error);
    socket.bind(12345, [&t, socket]() mutable {
      socket.send("x", 9, "::1%lo", [&t, socket](const Error* failure, std::size_t bytes) mutable {
        t.sent("x", failure, bytes);
        socket.connect(9, "::1%lo", [&t, socket](const Error* refused) mutable {
          t.error("connect", *refused);
          socket.close();
        });
      });
    });
  });
  socket.bind(12345, "::1%lo");
}

NODE_SCENARIO("zones/no-literals") {
  for (const std::string address : {"127.0.0.1%lo",
                                    "127.0.0.1%",
                                    "::1%",
                                    "::1%lo%lo",
                                    "::1%l_o",
                                    "::1%l/o",
                                    "::1% lo",
                                    "%lo"}) {
    Socket socket = create_socket(t.io, "udp6");
    t.throws("bindSync", [&] { return socket.bind_sync({.port = 0, .address = address}); });
    t.throws("connectSync", [&] { socket.connect_sync(9, address); });
    socket.close();
  }
}

NODE_NETWORK_SCENARIO("zones/of-settings") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    for (const std::string text : {"127.0.0.1%lo", "127.0.0.1%", "0.0.0.0%eth0", "10.0.0.1%nope"}) {
      t.throws("setMulticastInterface " + text, [&] { socket.set_multicast_interface(text); });
      t.throws("addMembership on " + text, [&] { socket.add_membership("224.0.0.115", text); });
      t.throws("dropMembership on " + text, [&] { socket.drop_membership("224.0.0.115", text); });
      t.throws("addSourceSpecificMembership on " + text,
               [&] { socket.add_source_specific_membership("10.0.0.1", "232.0.0.115", text); });
      t.throws("addSourceSpecificMembership of " + text,
               [&] { socket.add_source_specific_membership(text, "232.0.0.115", "10.0.0.1"); });
    }
    for (const std::string group : {"224.0.0.114%lo", "224.0.0.114%", "224.0.0.114%nonsense"}) {
      t.throws("addMembership " + group, [&] { socket.add_membership(group, "10.0.0.1"); });
      t.throws("dropMembership " + group, [&] { socket.drop_membership(group, "10.0.0.1"); });
      t.throws("addSourceSpecificMembership " + group,
               [&] { socket.add_source_specific_membership("10.0.0.1", group, "10.0.0.1"); });
    }
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("zones/of-ipv6-settings") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, [&t, socket]() mutable {
    for (const std::string text : {"10.0.0.1%eth0", "::%", "::%nope"})
      t.throws("setMulticastInterface " + text, [&] { socket.set_multicast_interface(text); });
    for (const std::string group : {"ff02::114%eth0", "ff02::114%nope", "ff02::114%"}) {
      t.throws("addMembership " + group, [&] { socket.add_membership(group, "::%eth0"); });
      t.throws("addMembership " + group + " again",
               [&] { socket.add_membership(group, "::%eth0"); });
      t.throws("dropMembership " + group, [&] { socket.drop_membership(group, "::%eth0"); });
    }
    socket.close();
  });
}

}  // namespace node_zones_test
