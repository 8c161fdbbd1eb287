// bind_sync: its forms, what it returns, when `listening` comes, and what works before that:
// scenarios/bind_sync.js.
#include <stop_token>

#include "scenario.hpp"

namespace node_bind_sync_test {

namespace event = dgram::node::event;
using dgram::node::AddressInfo;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("bind_sync/returns-the-address") {
  Socket socket = create_socket(t.io, "udp4");
  const AddressInfo address = socket.bind_sync({.port = 0, .address = "127.0.0.1"});
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("bind_sync/without-arguments") {
  Socket socket = create_socket(t.io, "udp4");
  const AddressInfo address = socket.bind_sync();
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  socket.close();
}

NODE_SCENARIO("bind_sync/empty-options") {
  Socket socket = create_socket(t.io, "udp4");
  const AddressInfo address = socket.bind_sync({});
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  socket.close();
}

NODE_SCENARIO("bind_sync/address-only") {
  Socket socket = create_socket(t.io, "udp4");
  const AddressInfo address = socket.bind_sync({.address = "127.0.0.2"});
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync/port-only") {
  Socket socket = create_socket(t.io, "udp4");
  t.returns("bindSync", [&] { return socket.bind_sync({.port = 12345}); });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync/given-port") {
  Socket socket = create_socket(t.io, "udp4");
  t.returns("bindSync", [&] { return socket.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("bind_sync/empty-address") {
  Socket socket = create_socket(t.io, "udp4");
  const AddressInfo address = socket.bind_sync({.port = 0, .address = ""});
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync/default-address-of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  t.returns("bindSync", [&] { return socket.bind_sync({.port = 12345}); });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync/ipv6-addresses") {
  for (const char* address : {"::1", "fd00::1", "::ffff:127.0.0.1", "fe80::ff:fe00:1%eth0"}) {
    Socket socket = create_socket(t.io, "udp6");
    t.returns(address, [&] { return socket.bind_sync({.port = 12345, .address = address}); });
    socket.close();
  }
}

NODE_SCENARIO("bind_sync/listening-on-the-next-tick") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening);
  t.tick("before");
  socket.bind_sync();
  t.log("bindSync has returned");
  t.tick("after");
  t.immediate("after");
  socket.on(event::listening, [&t, socket]() mutable {
    t.log("listener that was added afterwards");
    t.tick("of the listener");
    socket.close();
  });
}

NODE_SCENARIO("bind_sync/listening-in-the-order-of-the-calls") {
  // A bind of an address in numbers takes as many ticks.
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  Socket third = create_socket(t.io, "udp4");
  t.on(first, "first", event::listening);
  t.on(second, "second", event::listening);
  t.on(third, "third", event::listening);
  first.bind_sync();
  second.bind(0, "127.0.0.1");
  third.bind_sync();
  third.on(event::listening, [first, second, third]() mutable {
    first.close();
    second.close();
    third.close();
  });
}

NODE_SCENARIO("bind_sync/listening-is-emitted-once") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::message, event::close);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.port(socket, "socket");
  socket.send("x", port, "127.0.0.1");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync/closed-before-listening") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.bind_sync();
  t.returns("close", [&] { return socket.close(); });
  t.tick("after close");
}

NODE_SCENARIO("bind_sync/closed-by-an-earlier-tick") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  dgram::node::next_tick(t.io, [&t, socket]() mutable {
    t.log("tick before");
    socket.close();
  });
  socket.bind_sync();
  t.tick("after");
}

NODE_SCENARIO("bind_sync/closed-by-a-signal") {
  std::stop_source controller;
  Socket socket = create_socket(t.io, {.type = "udp4", .signal = controller.get_token()});
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.bind_sync();
  controller.request_stop();
  t.throws("address", [&] { return socket.address(); });
}

NODE_SCENARIO("bind_sync/closed-by-the-first-listener") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t, socket]() mutable {
    t.log("first listener");
    socket.close();
  });
  t.on(socket, "socket", event::listening, event::close);
  socket.bind_sync();
}

NODE_SCENARIO("bind_sync/ready-at-once") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind_sync();
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("setTTL", [&] { return socket.set_ttl(16); });
  t.returns("setBroadcast", [&] { socket.set_broadcast(true); });
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("bind_sync/membership-at-once") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::message);
  socket.bind_sync({.port = 12345});
  t.returns("addMembership", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
  socket.set_multicast_interface("10.0.0.1");
  socket.send("to the group", 12345, "224.0.0.114");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync/message") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::listening, event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.1"});
  t.port(sender, "sender");
  sender.send("hello", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("hello", error, bytes);
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("bind_sync/message-that-waits-comes-after-listening") {
  // What arrives inside the call is delivered by the event loop, as ever.
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.connect_sync(port, "127.0.0.1");
  t.port(sender, "sender");
  sender.send("early");
  t.readable(receiver);
  t.on(receiver, "receiver", event::listening, event::message);
  t.tick("after");
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("bind_sync/send-at-once") {
  // Nothing waits for 'listening': a send takes its ticks from the call.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.port(socket, "socket");
  socket.send("x", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.log("send has returned");
  t.tick("after send");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync/connect-at-once") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect);
  socket.bind_sync({.address = "127.0.0.1"});
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.log("callback");
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
  t.returns("listeners", [&] { return socket.listener_count(event::connect); });
  t.tick("after connect");
}

NODE_SCENARIO("bind_sync/lookup-is-not-asked") {
  const auto lookup = [&t](const std::string& hostname, int, const auto&) {
    t.log("never asked: " + hostname);
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.on(socket, "socket", event::listening, event::close);
  socket.bind_sync();
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync/buffer-sizes") {
  Socket socket =
      create_socket(t.io, {.type = "udp4", .recv_buffer_size = 8192, .send_buffer_size = 10240});
  socket.bind_sync();
  t.returns("recv", [&] { return socket.get_recv_buffer_size(); });
  t.returns("send", [&] { return socket.get_send_buffer_size(); });
  socket.close();
}

NODE_SCENARIO("bind_sync/reuse-addr-of-both") {
  Socket first = create_socket(t.io, {.type = "udp4", .reuse_addr = true});
  Socket second = create_socket(t.io, {.type = "udp4", .reuse_addr = true});
  const int port = first.bind_sync({.address = "127.0.0.1"}).port;
  t.port(first, "both");
  t.returns("bindSync", [&] { return second.bind_sync({.port = port, .address = "127.0.0.1"}); });
  first.close();
  second.close();
}

NODE_NETWORK_SCENARIO("bind_sync/ipv6-only") {
  Socket six = create_socket(t.io, {.type = "udp6", .ipv6_only = true});
  Socket four = create_socket(t.io, "udp4");
  t.returns("six", [&] { return six.bind_sync({.port = 12345}); });
  t.returns("four", [&] { return four.bind_sync({.port = 12345}); });
  six.close();
  four.close();
}

NODE_SCENARIO("bind_sync/exception-in-listening") {
  // It leaves the tick, not bindSync.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.on(event::listening, [] { throw test::plain_error("from the listener"); });
  socket.on(event::listening, [&t] { t.log("never called"); });
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.log("bindSync has returned");
  t.settle([&t, socket, port]() mutable {
    t.port(socket, "socket");
    socket.send("it receives", port, "127.0.0.1");
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync/in-a-callback") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  t.on(second, "second", event::listening);
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    second.bind_sync({.address = "127.0.0.1"});
    t.log("callback returns");
    second.on(event::listening, [first, second]() mutable {
      first.close();
      second.close();
    });
  });
  first.on(event::listening, [&t] { t.log("next listener of the first"); });
}

}  // namespace node_bind_sync_test
