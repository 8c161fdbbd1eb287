// bind_sync that throws: for what, with which words, and that the socket may be bound again:
// scenarios/bind_sync_errors.js.
#include <cstdint>
#include <memory>
#include <string>

#include "scenario.hpp"

namespace node_bind_sync_errors_test {

namespace event = dgram::node::event;
using dgram::node::AddressInfo;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("bind_sync_errors/bad-ports") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("-1", [&] { return socket.bind_sync({.port = -1}); });
  t.throws("65536", [&] { return socket.bind_sync({.port = 65536}); });
  t.throws("70000", [&] { return socket.bind_sync({.port = 70000, .address = "127.0.0.1"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/bad-port-changes-nothing") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  t.throws("bindSync", [&] { return socket.bind_sync({.port = -1}); });
  t.throws("address", [&] { return socket.address(); });
  socket.bind_sync({.address = "127.0.0.1"});
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync_errors/names") {
  // Whatever would have to be resolved.
  Socket socket = create_socket(t.io, "udp4");
  for (const char* address :
       {"localhost", "nowhere.invalid", "127.1", "0x7f000001", "256.0.0.1", "::g"})
    t.throws(address, [&] { return socket.bind_sync({.port = 0, .address = address}); });
  t.throws("a blank behind it",
           [&] { return socket.bind_sync({.port = 0, .address = "127.0.0.1 "}); });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync_errors/names-of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  for (const char* address : {"localhost", "[::1]", "::1/128", "fe80::ff:fe00:1%"})
    t.throws(address, [&] { return socket.bind_sync({.port = 12345, .address = address}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/name-in-spite-of-a-lookup") {
  const auto lookup = [&t](const std::string& hostname, int, const auto& callback) {
    t.log("never asked: " + hostname);
    callback(nullptr, "127.0.0.1");
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "me"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/long-name-is-cut") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("126 letters", [&] { return socket.bind_sync({.address = std::string(126, 'n')}); });
  t.throws("200 letters", [&] { return socket.bind_sync({.address = std::string(200, 'n')}); });
  t.throws("quotes", [&] { return socket.bind_sync({.address = "it's"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/the-port-is-looked-at-first") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bindSync", [&] { return socket.bind_sync({.port = -1, .address = "localhost"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/ipv6-address-for-udp4") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "::1"}); });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync_errors/ipv4-address-for-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  t.throws("bindSync", [&] { return socket.bind_sync({.port = 12345, .address = "127.0.0.1"}); });
  socket.close();
}

NODE_NETWORK_SCENARIO("bind_sync_errors/link-local-without-zone") {
  Socket socket = create_socket(t.io, "udp6");
  t.throws("without zone",
           [&] { return socket.bind_sync({.port = 12345, .address = "fe80::ff:fe00:1"}); });
  t.throws("zone of another",
           [&] { return socket.bind_sync({.port = 12345, .address = "fe80::ff:fe00:1%eth1"}); });
  t.throws("unknown zone",
           [&] { return socket.bind_sync({.port = 12345, .address = "fe80::ff:fe00:1%eth7"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/ipv6-only-for-udp4") {
  Socket socket = create_socket(t.io, {.type = "udp4", .ipv6_only = true});
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "127.0.0.1"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/address-in-use") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  t.on(second, "second", event::listening, event::error, event::close);
  const int port = first.bind_sync({.address = "127.0.0.1"}).port;
  t.port(first, "first");
  t.throws("bindSync", [&] { return second.bind_sync({.port = port, .address = "127.0.0.1"}); });
  t.settle([&t, first, second]() mutable {
    t.log("there was no event");
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("bind_sync_errors/default-address-in-use") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  first.bind_sync({.port = 12345});
  t.throws("bindSync", [&] { return second.bind_sync({.port = 12345}); });
  first.close();
  t.returns("when it is free", [&] { return second.bind_sync({.port = 12345}); });
  second.close();
}

NODE_NETWORK_SCENARIO("bind_sync_errors/address-not-available") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bindSync", [&] { return socket.bind_sync({.port = 12345, .address = "192.0.2.1"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/address-not-available-any-port") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/again") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  t.throws("once more", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  const AddressInfo address = socket.bind_sync({.address = "127.0.0.1"});
  t.port(socket, "socket");
  t.returns("another address", [&] { return address; });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync_errors/again-with-bind") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.log("callback");
    socket.close();
  });
}

NODE_SCENARIO("bind_sync_errors/after-a-failed-bind") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening);
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    const AddressInfo address = socket.bind_sync({.address = "127.0.0.1"});
    t.port(socket, "socket");
    t.returns("bindSync", [&] { return address; });
  });
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("bind_sync_errors/address-after-the-os-refused") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("bind_sync_errors/close-after-a-failure") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "192.0.2.1"}); });
  t.returns("close", [&] { return socket.close(); });
}

NODE_SCENARIO("bind_sync_errors/when-bound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind_sync();
  t.throws("before listening", [&] { return socket.bind_sync(); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); }); });
  socket.on(event::listening, [&t, socket]() mutable {
    t.throws("when listening", [&] { return socket.bind_sync(); });
    t.returns("listeners", [&] { return socket.listener_count(event::listening); });
    socket.close();
  });
}

NODE_SCENARIO("bind_sync_errors/when-bound-by-bind") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.throws("bindSync", [&] { return socket.bind_sync(); });
    socket.close();
  });
}

NODE_SCENARIO("bind_sync_errors/while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
  t.throws("bindSync", [&] { return socket.bind_sync(); });
}

NODE_SCENARIO("bind_sync_errors/while-a-send-binds") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  t.throws("bindSync", [&] { return socket.bind_sync(); });
}

NODE_SCENARIO("bind_sync_errors/bound-is-looked-at-before-the-port") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind_sync();
  t.throws("port", [&] { return socket.bind_sync({.port = -1}); });
  t.throws("name", [&] { return socket.bind_sync({.address = "localhost"}); });
  socket.close();
  t.throws("closed", [&] { return socket.bind_sync({.port = -1}); });
}

NODE_SCENARIO("bind_sync_errors/closed") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.close(
      [&t, socket]() mutable { t.throws("in the callback", [&] { return socket.bind_sync(); }); });
  t.throws("after close", [&] { return socket.bind_sync(); });
}

NODE_SCENARIO("bind_sync_errors/flushes-a-queue-that-nobody-else-would") {
  const auto fail = std::make_shared<bool>(true);
  const auto lookup = [&t, fail](const std::string& hostname, int, auto callback) {
    const Error no = test::plain_error("no");
    if (*fail)
      callback(&no, {});
    else
      dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  *fail = false;
  socket.bind_sync();
  t.log("bindSync has returned");
}

NODE_SCENARIO("bind_sync_errors/buffer-size-that-the-system-refuses") {
  Socket socket = create_socket(t.io, {.type = "udp4", .recv_buffer_size = std::int64_t{1} << 31});
  t.on(socket, "socket", event::listening, event::error, event::close);
  t.throws("bindSync", [&] { return socket.bind_sync({.address = "127.0.0.1"}); });
  t.throws("bindSync again", [&] { return socket.bind_sync({.address = "127.0.0.1"}); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.settle([socket]() mutable { socket.close(); });
}

}  // namespace node_bind_sync_errors_test
