// connect_sync that throws: for what, with which words, and what it leaves behind:
// scenarios/connect_sync_errors.js.
#include <string>

#include "scenario.hpp"

namespace node_connect_sync_errors_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("connect_sync_errors/bad-ports") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("0", [&] { socket.connect_sync(0, "127.0.0.1"); });
  t.throws("-1", [&] { socket.connect_sync(-1, "127.0.0.1"); });
  t.throws("65536", [&] { socket.connect_sync(65536, "127.0.0.1"); });
  t.throws("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("connect_sync_errors/names") {
  // Whatever would have to be resolved. Nothing is bound for it.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  for (const char* address : {"localhost", "nowhere.invalid", "127.1", "256.0.0.1", "::g"})
    t.throws(address, [&] { socket.connect_sync(9, address); });
  t.throws("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("connect_sync_errors/name-in-spite-of-a-lookup") {
  const auto lookup = [&t](const std::string& hostname, int, const auto& callback) {
    t.log("never asked: " + hostname);
    callback(nullptr, "127.0.0.1");
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.throws("connectSync", [&] { socket.connect_sync(9, "me"); });
  socket.close();
}

NODE_SCENARIO("connect_sync_errors/order-of-the-checks") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("port and name", [&] { socket.connect_sync(0, "localhost"); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect_sync(9, "127.0.0.1");
    t.throws("connected and port", [&] { socket.connect_sync(0, "127.0.0.1"); });
    t.throws("connected and name", [&] { socket.connect_sync(9, "localhost"); });
    socket.close();
    t.throws("closed and port", [&] { socket.connect_sync(0, "127.0.0.1"); });
  });
  t.throws("binding and port", [&] { socket.connect_sync(0, "127.0.0.1"); });
  t.throws("binding and name", [&] { socket.connect_sync(9, "localhost"); });
}

NODE_SCENARIO("connect_sync_errors/while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("when bound", [&] { socket.connect_sync(9, "127.0.0.1"); });
  });
  t.throws("while binding", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.throws("once more", [&] { socket.connect_sync(9, "127.0.0.1"); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/while-a-send-binds") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
}

NODE_SCENARIO("connect_sync_errors/while-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
  t.throws("connectSync", [&] { socket.connect_sync(10, "127.0.0.1"); });
}

NODE_SCENARIO("connect_sync_errors/when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.connect_sync(9, "127.0.0.1");
  t.throws("connectSync", [&] { socket.connect_sync(10, "127.0.0.1"); });
  t.throws("connect",
           [&] { socket.connect(10, "127.0.0.1", [&t](const Error*) { t.log("never called"); }); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/when-connected-by-connect") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.throws("connectSync", [&] { socket.connect_sync(10, "127.0.0.1"); });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect_sync_errors/closed") {
  Socket unbound = create_socket(t.io, "udp4");
  unbound.close();
  t.throws("never bound", [&] { unbound.connect_sync(9, "127.0.0.1"); });
  t.throws("once more", [&] { unbound.connect_sync(9, "127.0.0.1"); });
  Socket bound = create_socket(t.io, "udp4");
  bound.bind_sync();
  bound.close();
  t.throws("bound", [&] { bound.connect_sync(9, "127.0.0.1"); });
  Socket connected = create_socket(t.io, "udp4");
  connected.connect_sync(9, "127.0.0.1");
  connected.close();
  t.throws("connected", [&] { connected.connect_sync(9, "127.0.0.1"); });
}

NODE_SCENARIO("connect_sync_errors/ipv6-address-for-udp4") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind_sync({.address = "127.0.0.1"});
  t.throws("connectSync", [&] { socket.connect_sync(9, "::1"); });
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync_errors/ipv4-address-for-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync_errors/link-local-without-zone") {
  Socket socket = create_socket(t.io, "udp6");
  t.throws("connectSync", [&] { socket.connect_sync(9, "fe80::1"); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync_errors/no-route") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  t.throws("connectSync", [&] { socket.connect_sync(9, "192.0.2.1"); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("connect_sync_errors/broadcast") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("forbidden", [&] { socket.connect_sync(9, "10.0.0.255"); });
  socket.set_broadcast(true);
  t.returns("allowed", [&] { socket.connect_sync(9, "10.0.0.255"); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_SCENARIO("connect_sync_errors/the-socket-stays-bound") {
  // What it bound before it failed, and 'listening' comes.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.throws("connectSync", [&] { socket.connect_sync(9, "::1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.throws("bindSync", [&] { return socket.bind_sync(); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/again") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.throws("first", [&] { socket.connect_sync(9, "::1"); });
  t.throws("second", [&] { socket.connect_sync(9, "localhost"); });
  t.returns("third", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/again-with-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  t.throws("connectSync", [&] { socket.connect_sync(9, "::1"); });
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect_sync_errors/send-after-a-failure") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::message);
  t.throws("connectSync", [&] { socket.connect_sync(9, "::1"); });
  t.port(socket, "socket");
  socket.send("x", socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/after-a-failed-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.connect_sync(9, "127.0.0.1");
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
  });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync_errors/after-connect-whose-bind-failed") {
  const auto lookup = [&t, lookups = 0](const std::string& hostname, int, auto callback) mutable {
    dgram::node::next_tick(t.io, [first = ++lookups == 1, hostname, callback] {
      const Error no = test::plain_error("no");
      callback(first ? &no : nullptr, hostname);
    });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
    socket.close();
  });
}

NODE_SCENARIO("connect_sync_errors/bind-fails") {
  Socket socket = create_socket(t.io, {.type = "udp4", .ipv6_only = true});
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.throws("once more", [&] { socket.connect_sync(9, "127.0.0.1"); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync_errors/nobody-at-the-other-end") {
  // The call does not know it. The answer to a datagram is an ICMP error, which the next receive
  // reports.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.on(event::error, [&t, socket](const Error&) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
  t.returns("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  socket.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
}

}  // namespace node_connect_sync_errors_test
