// The option reuse_port: sockets that share a port, each of which gets a part of the datagrams:
// scenarios/reuse_port.js. Which one gets which is the system's choice, so that only their number
// is told here.
#include <memory>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace node_reuse_port_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_NETWORK_SCENARIO("reuse_port/two-sockets") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.on(first, "first", event::error, event::close);
  t.on(second, "second", event::error, event::close);
  first.bind(12345, "127.0.0.1", [&t, first, second]() mutable {
    t.returns("first", [&] { return first.address(); });
    second.bind(12345, "127.0.0.1", [&t, first, second]() mutable {
      t.returns("second", [&] { return second.address(); });
      first.close();
      second.close();
    });
  });
}

NODE_NETWORK_SCENARIO("reuse_port/bind-sync") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.returns("first", [&] { return first.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  t.returns("second", [&] { return second.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  first.close();
  second.close();
}

NODE_NETWORK_SCENARIO("reuse_port/three-sockets-at-any-address") {
  std::vector<Socket> sockets;
  for (int i = 0; i < 3; ++i)
    sockets.push_back(create_socket(t.io, {.type = "udp4", .reuse_port = true}));
  for (Socket& socket : sockets)
    t.returns("bindSync", [&] { return socket.bind_sync({.port = 12345}); });
  for (Socket& socket : sockets) socket.close();
}

NODE_NETWORK_SCENARIO("reuse_port/udp6") {
  Socket first = create_socket(t.io, {.type = "udp6", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp6", .reuse_port = true});
  t.returns("first", [&] { return first.bind_sync({.port = 12345}); });
  t.returns("second", [&] { return second.bind_sync({.port = 12345}); });
  first.close();
  second.close();
}

NODE_NETWORK_SCENARIO("reuse_port/two-families") {
  Socket six = create_socket(t.io, {.type = "udp6", .reuse_port = true});
  Socket four = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.returns("six", [&] { return six.bind_sync({.port = 12345}); });
  t.returns("four", [&] { return four.bind_sync({.port = 12345}); });
  six.close();
  four.close();
}

NODE_NETWORK_SCENARIO("reuse_port/second-without-it") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, "udp4");
  first.bind(12345, "127.0.0.1", [second]() mutable { second.bind(12345, "127.0.0.1"); });
  second.on(event::error, [&t, first, second](const Error& error) mutable {
    t.error("second", error);
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("reuse_port/first-without-it") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  first.bind(12345, "127.0.0.1", [second]() mutable { second.bind(12345, "127.0.0.1"); });
  second.on(event::error, [&t, first, second](const Error& error) mutable {
    t.error("second", error);
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("reuse_port/second-without-it-sync") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, "udp4");
  first.bind_sync({.port = 12345, .address = "127.0.0.1"});
  t.throws("bindSync", [&] { return second.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  first.close();
  second.close();
}

NODE_NETWORK_SCENARIO("reuse_port/with-reuse-addr") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_addr = true, .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_addr = true, .reuse_port = true});
  Socket third = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.returns("first", [&] { return first.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  t.returns("second", [&] { return second.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  t.returns("third", [&] { return third.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  first.close();
  second.close();
  third.close();
}

NODE_NETWORK_SCENARIO("reuse_port/one-has-the-port-the-other-the-address") {
  Socket port = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket address = create_socket(t.io, {.type = "udp4", .reuse_addr = true});
  port.bind_sync({.port = 12345, .address = "127.0.0.1"});
  t.throws("reuseAddr behind reusePort",
           [&] { return address.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  port.close();
  address.bind_sync({.port = 12345, .address = "127.0.0.1"});
  Socket next = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.throws("reusePort behind reuseAddr",
           [&] { return next.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  address.close();
  next.close();
}

NODE_NETWORK_SCENARIO("reuse_port/both-options-and-only-the-address") {
  Socket both = create_socket(t.io, {.type = "udp4", .reuse_addr = true, .reuse_port = true});
  Socket address = create_socket(t.io, {.type = "udp4", .reuse_addr = true});
  both.bind_sync({.port = 12345, .address = "127.0.0.1"});
  t.throws("bindSync", [&] { return address.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  both.close();
  address.close();
}

NODE_NETWORK_SCENARIO("reuse_port/each-datagram-comes-once") {
  struct Shared {
    std::vector<Socket> senders;
    int messages = 0;
  };
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  first.bind_sync({.port = 12345, .address = "127.0.0.1"});
  second.bind_sync({.port = 12345, .address = "127.0.0.1"});
  const auto shared = std::make_shared<Shared>();
  for (Socket socket : {first, second}) {
    socket.on(event::message, [&t, first, second, shared](const auto&, const auto&) {
      if (++shared->messages < 20) return;
      t.settle([&t, first, second, shared]() mutable {
        t.log(std::to_string(shared->messages) + " messages");
        first.close();
        second.close();
        for (Socket& sender : shared->senders) sender.close();
      });
    });
  }
  for (int i = 0; i < 20; ++i) {
    Socket sender = create_socket(t.io, "udp4");
    shared->senders.push_back(sender);
    sender.connect_sync(12345, "127.0.0.1");
    sender.send("x");
  }
}

NODE_NETWORK_SCENARIO("reuse_port/the-other-one-is-closed") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket sender = create_socket(t.io, "udp4");
  first.bind_sync({.port = 12345, .address = "127.0.0.1"});
  second.bind_sync({.port = 12345, .address = "127.0.0.1"});
  sender.bind_sync({.port = 12346, .address = "127.0.0.1"});
  t.on(first, "first", event::message, event::error);
  second.close();
  sender.send("for the one that is left", 12345, "127.0.0.1");
  first.on(event::message, [first, sender](const auto&, const auto&) mutable {
    first.close();
    sender.close();
  });
}

NODE_SCENARIO("reuse_port/port-of-the-system") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  const int port = first.bind_sync({.address = "127.0.0.1"}).port;
  t.port(first, "first");
  t.returns("second", [&] { return second.bind_sync({.port = port, .address = "127.0.0.1"}); });
  first.close();
  second.close();
}

NODE_SCENARIO("reuse_port/send-binds") {
  Socket receiver = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  Socket sender = create_socket(t.io, {.type = "udp4", .reuse_port = true});
  t.on(sender, "sender", event::listening, event::error);
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.on(event::listening, [&t, sender] { t.port(sender, "sender"); });
  sender.send("x", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("reuse_port/not-asked-for") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_port = false});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_port = false});
  first.bind_sync({.port = 12345, .address = "127.0.0.1"});
  t.throws("bindSync", [&] { return second.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  first.close();
  second.close();
}

}  // namespace node_reuse_port_test
