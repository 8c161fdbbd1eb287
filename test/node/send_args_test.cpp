// The arguments of send: its forms with and without a connection, what it takes for a message,
// offsets and lengths, and what it refuses: scenarios/send_args.js.
#include <array>
#include <cstdint>
#include <vector>

#include "scenario.hpp"

namespace node_send_args_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("send_args/port") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("send", [&] { socket.send("port only", socket.address().port); });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/port-and-address") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("port and address", socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/port-and-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("port and callback",
                socket.address().port,
                [&t](const Error* error, std::size_t bytes) { t.sent("it", error, bytes); });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/port-address-and-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send(
        "all", socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("it", error, bytes);
        });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/offset-and-length") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  const auto sent = [&t](const Error* error, std::size_t bytes) { t.sent("it", error, bytes); };
  socket.bind(0, [&t, socket, sent]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    socket.send("0123456789", 0, 3, port);
    socket.send("0123456789", 2, 4, port, "127.0.0.1");
    socket.send("0123456789", 9, 1, port, "127.0.0.1", sent);
    socket.send("0123456789", 5, 5, port, {}, sent);
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 4) socket.close();
  });
}

NODE_SCENARIO("send_args/empty-address") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "", [&t](const Error* error, std::size_t bytes) {
      t.sent("it", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/connected") {
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(peer, "peer", event::message);
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    socket.connect(peer.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.port(socket, "socket");
      t.returns("send", [&] { socket.send("message"); });
      socket.send("callback", [&t](const Error* error, std::size_t bytes) {
        t.sent("callback", error, bytes);
      });
      socket.send("0123456789", 2, 3);
      socket.send("0123456789", 4, 2, [&t](const Error* error, std::size_t bytes) {
        t.sent("part", error, bytes);
      });
    });
  });
  peer.on(event::message, [peer, socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 4) return;
    peer.close();
    socket.close();
  });
}

NODE_SCENARIO("send_args/connected-with-destination") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    const auto never = [&t](const Error*, std::size_t) { t.log("never called"); };
    t.throws("port, address and callback", [&] { socket.send("x", 10, "127.0.0.1", never); });
    t.throws("part, port", [&] { socket.send("x", 0, 1, 10); });
    t.throws("part, port and address", [&] { socket.send("x", 0, 1, 10, "127.0.0.1"); });
    t.throws("part, port, address and callback",
             [&] { socket.send("x", 0, 1, 10, "127.0.0.1", never); });
    socket.close();
  });
}

NODE_SCENARIO("send_args/connected-ignores-destination") {
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(peer, "peer", event::message);
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    socket.connect(peer.address().port, "127.0.0.1", [&t, peer, socket](const Error*) mutable {
      t.port(socket, "socket");
      t.returns("port", [&] { socket.send("to a port", 10); });
      t.returns("port and address", [&] { socket.send("to an address", 10, "127.0.0.1"); });
      t.settle([peer, socket]() mutable {  // no message comes
        peer.close();
        socket.close();
      });
    });
  });
}

NODE_SCENARIO("send_args/connected-forgets-callback") {
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(peer, "peer", event::message);
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    socket.connect(peer.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.port(socket, "socket");
      socket.send("x", 10, [&t](const Error*, std::size_t) { t.log("never called"); });
    });
  });
  peer.on(event::message, [&t, peer, socket](const auto&, const auto&) {
    t.settle([peer, socket]() mutable {
      peer.close();
      socket.close();
    });
  });
}

NODE_SCENARIO("send_args/no-destination") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  t.throws("unbound", [&] { socket.send("x"); });
  t.throws("part", [&] { socket.send("hello", 0, 5); });
  socket.close();
}

NODE_SCENARIO("send_args/bad-ports") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  t.throws("0", [&] { socket.send("x", 0, "127.0.0.1"); });
  t.throws("65536", [&] { socket.send("x", 65536, "127.0.0.1"); });
  t.throws("-1", [&] { socket.send("x", -1, "127.0.0.1"); });
  t.throws("part to 65536", [&] { socket.send("x", 0, 1, 65536, "127.0.0.1"); });
  t.throws("part to -1", [&] { socket.send("x", 0, 1, -1, "127.0.0.1"); });
  socket.close();
}

NODE_SCENARIO("send_args/out-of-bounds") {
  constexpr std::uint32_t minus_one = 0xffffffff;
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  const std::string_view five = "hello";
  t.throws("offset", [&] { socket.send(five, 6, 0, 9, "127.0.0.1"); });
  t.throws("length", [&] { socket.send(five, 0, 6, 9, "127.0.0.1"); });
  t.throws("both", [&] { socket.send(five, 3, 3, 9, "127.0.0.1"); });
  t.throws("negative offset", [&] { socket.send(five, minus_one, 1, 9, "127.0.0.1"); });
  t.throws("negative length", [&] { socket.send(five, 1, minus_one, 9, "127.0.0.1"); });
  socket.close();
}

NODE_SCENARIO("send_args/out-of-bounds-when-connected") {
  constexpr std::uint32_t none = 0;
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.throws("offset", [&] { socket.send("hello", 6U, none); });
    t.throws("length", [&] { socket.send("hello", 0, 6); });
    socket.close();
  });
}

NODE_SCENARIO("send_args/bounds-come-first") {
  // The order of the checks: bounds, then the connection or the port, then whether the socket is
  // closed.
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bad bounds and port", [&] { socket.send("hello", 6, 1, 65536, "127.0.0.1"); });
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.throws("connected, bad bounds", [&] { socket.send("hello", 6, 1, 65536, "127.0.0.1"); });
    t.throws("connected, bad port", [&] { socket.send("hello", 0, 1, 65536, "127.0.0.1"); });
    socket.close();
  });
}

NODE_SCENARIO("send_args/bad-arguments-of-a-closed-socket") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close();
  t.throws("bounds", [&] { socket.send("hello", 6, 1, 9, "127.0.0.1"); });
  t.throws("port", [&] { socket.send("x", 0, "127.0.0.1"); });
  t.throws("nothing wrong", [&] { socket.send("x", 9, "127.0.0.1"); });
}

NODE_SCENARIO("send_args/messages") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("a string");
      socket.send("größer");
      socket.send(asio::buffer("a buffer", 8));
      socket.send(std::array<std::uint8_t, 5>{98, 121, 116, 101, 115});
      socket.send(
          asio::buffer(std::array<std::uint16_t, 2>{0x6161, 0x6262}),
          [&t](const Error* error, std::size_t bytes) { t.sent("two of 16 bits", error, bytes); });
      socket.send(asio::buffer(std::array<std::uint8_t, 6>{97, 32, 118, 105, 101, 119}) + 2);
      socket.send(std::array{
          asio::const_buffer("a ", 2), asio::const_buffer("list", 4), asio::const_buffer("!", 1)});
    });
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 7) socket.close();
  });
}

NODE_SCENARIO("send_args/bytes-of-a-string") {
  // Offset and length count bytes, not characters.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    t.throws("length", [&] { socket.send("ööö", 0, 7, port, "127.0.0.1"); });
    socket.send("ööö", 2, 4, port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("it", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_args/empty") {
  // All of them send one datagram that has no bytes.
  constexpr std::uint32_t none = 0;
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      const auto sent = [&t](std::string what) {
        return [&t, what](const Error* error, std::size_t bytes) { t.sent(what, error, bytes); };
      };
      socket.send("", sent("string"));
      socket.send(asio::const_buffer(), sent("buffer"));
      socket.send(std::vector<asio::const_buffer>(), sent("list"));
      socket.send(std::vector<asio::const_buffer>(2), sent("list of empties"));
      socket.send("hello", 2U, none, sent("length 0"));
      socket.send("hello", 5U, none, sent("nothing at the end"));
    });
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 6) socket.close();
  });
}

NODE_SCENARIO("send_args/empty-unconnected") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    const auto sent = [&t](std::string what) {
      return [&t, what](const Error* error, std::size_t bytes) { t.sent(what, error, bytes); };
    };
    socket.send("", port, "127.0.0.1", sent("string"));
    socket.send(std::vector<asio::const_buffer>(), port, "127.0.0.1", sent("list"));
    socket.send("hello", 0, 0, port, "127.0.0.1", sent("length 0"));
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 3) socket.close();
  });
}

}  // namespace node_send_args_test
