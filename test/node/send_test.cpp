// What send does: when a datagram leaves, when the callback comes, what is copied, which socket it
// leaves from: scenarios/send.js.
#include <array>
#include <memory>
#include <vector>

#include "scenario.hpp"

namespace node_send_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

void send_again(test::Trace& t, Socket socket, int left) {
  const auto inside = std::make_shared<bool>(true);
  const auto sent = [&t, socket, left, inside](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    t.log(std::string("inside send: ") + (*inside ? "true" : "false"));
    if (--left > 0)
      send_again(t, socket, left);
    else
      socket.close();
  };
  socket.send("x", socket.address().port, "127.0.0.1", sent);
  *inside = false;
}

}  // namespace

NODE_SCENARIO("send/callback-is-never-inside-send") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket] { send_again(t, socket, 3); });
}

NODE_SCENARIO("send/callback-is-never-inside-send-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      const auto inside = std::make_shared<bool>(true);
      socket.send("x", [&t, socket, inside](const Error* error, std::size_t bytes) mutable {
        t.sent("x", error, bytes);
        t.log(std::string("inside send: ") + (*inside ? "true" : "false"));
        socket.close();
      });
      *inside = false;
    });
  });
}

NODE_SCENARIO("send/binds-first") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(sender, "sender", event::listening);
  t.on(receiver, "receiver", event::message);
  sender.on(event::listening, [&t, sender] {
    t.port(sender, "sender");
    t.returns("address", [&] { return sender.address(); });
  });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    t.returns("send", [&] { sender.send("hello", receiver.address().port, "127.0.0.1"); });
    t.throws("address after send", [&] { return sender.address(); });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("send/implicit-bind-receives") {
  Socket server = create_socket(t.io, "udp4");
  Socket client = create_socket(t.io, "udp4");
  t.on(server, "server", event::message);
  t.on(client, "client", event::message);
  server.on(event::message, [server](const auto&, const auto& rinfo) mutable {
    server.send("answer", rinfo.port(), rinfo.address());
  });
  server.bind(0, "127.0.0.1", [&t, server, client]() mutable {
    t.port(server, "server");
    client.send(
        "question", server.address().port, "127.0.0.1", [&t, client](const Error*, std::size_t) {
          t.port(client, "client");
        });
  });
  client.on(event::message, [client, server](const auto&, const auto&) mutable {
    client.close();
    server.close();
  });
}

NODE_SCENARIO("send/same-port-for-all") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  sender.on(event::listening, [&t, sender] { t.port(sender, "sender"); });
  receiver.bind(0, "127.0.0.1", [receiver, sender]() mutable {
    const int port = receiver.address().port;
    sender.send("first", port, "127.0.0.1");
    sender.send("second", port, "127.0.0.1");
    sender.send("third", port, "127.0.0.1");
  });
  receiver.on(event::message, [receiver, sender, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("send/keeps-the-order") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    for (int i = 0; i < 5; i++) {
      const std::string text = "number " + std::to_string(i);
      socket.send(
          text,
          socket.address().port,
          "127.0.0.1",
          [&t, text](const Error* error, std::size_t bytes) { t.sent(text, error, bytes); });
    }
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 5) socket.close();
  });
}

NODE_SCENARIO("send/slow-name-is-overtaken") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        if (hostname == "slow")
          t.set_timeout(50, [callback] { callback(nullptr, "127.0.0.1"); });
        else
          dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
      }));
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    socket.send("by name", port, "slow", [&t](const Error* error, std::size_t bytes) {
      t.sent("by name", error, bytes);
    });
    socket.send("by address", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("by address", error, bytes);
    });
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 2) socket.close();
  });
}

NODE_SCENARIO("send/to-a-name") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send(
        "x", socket.address().port, "localhost", [&t](const Error* error, std::size_t bytes) {
          t.sent("x", error, bytes);
        });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/to-a-short-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "127.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("x", error, bytes);
    });
  });
  socket.on(event::message, [&t, socket](const auto& msg, const auto& rinfo) mutable {
    t.message("socket", msg, rinfo);
    socket.close();
  });
}

NODE_SCENARIO("send/list-is-one-datagram") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const std::array list = {
        asio::const_buffer("Some ", 5), asio::const_buffer(), asio::const_buffer("bytes", 5)};
    socket.send(
        list, socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("list", error, bytes);
        });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/list-may-change") {
  // The list is copied, though not the bytes in it.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    std::vector<asio::const_buffer> list = {{"first ", 6}, {"second", 6}};
    socket.send(list, socket.address().port, "127.0.0.1");
    list[0] = {"changed ", 8};
    list.push_back({" and more", 9});
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/bytes-are-read-later") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    std::string buffer = "before";
    socket.send(buffer, socket.address().port, "127.0.0.1");
    buffer = "after!";
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/bytes-are-read-at-once-when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [socket](const Error*) mutable {
      std::string buffer = "before";
      socket.send(buffer);
      buffer = "after!";
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/buffer-is-free-in-the-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    const auto buffer = std::make_shared<std::string>("first");
    socket.send(
        *buffer, port, "127.0.0.1", [socket, port, buffer](const Error*, std::size_t) mutable {
          *buffer = "again";
          socket.send(*buffer, port, "127.0.0.1");
        });
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 2) socket.close();
  });
}

NODE_SCENARIO("send/largest") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send(std::string(65507, '\0'),
                socket.address().port,
                "127.0.0.1",
                [&t](const Error* error, std::size_t bytes) { t.sent("it", error, bytes); });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/many-buffers") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const std::vector<asio::const_buffer> list(1000, asio::const_buffer("x", 1));
    socket.send(
        list, socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("it", error, bytes);
        });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("send/udp6") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::message);
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    socket.send("to ::1", port, "::1");
    socket.send("to the default", port);
    socket.send("to a mapped address", port, "::ffff:127.0.0.1");
  });
  socket.on(event::message, [socket, messages = 0](const auto&, const auto&) mutable {
    if (++messages == 3) socket.close();
  });
}

NODE_SCENARIO("send/to-any-address") {
  // Linux takes it for the host itself.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "0.0.0.0", [&t](const Error* error, std::size_t bytes) {
      t.sent("x", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send/without-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message, event::error, event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("send", [&] { socket.send("x", socket.address().port, "127.0.0.1"); });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

}  // namespace node_send_test
