// send that fails: with a callback the callback gets the error. Without one, errors of the lookup
// become 'error' events, and those of the system call are lost: scenarios/send_errors.js.
#include <vector>

#include "scenario.hpp"

namespace node_send_errors_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// A lookup that knows addresses, and no names.
dgram::node::SocketOptions no_names(test::Trace& t) {
  return test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
    if (hostname.find_first_not_of("0123456789.:") == std::string::npos)
      return dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
    dgram::node::next_tick(t.io,
                           [callback, error = test::not_found(hostname)] { callback(&error, {}); });
  });
}

}  // namespace

NODE_SCENARIO("send_errors/too-large") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send(std::string(65508, '\0'),
                socket.address().port,
                "127.0.0.1",
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("65508 bytes", error, bytes);
                  socket.close();
                });
    t.tick("after send");
  });
}

NODE_SCENARIO("send_errors/too-large-connected") {
  // Then the error names no destination.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.send(std::string(65508, '\0'),
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("65508 bytes", error, bytes);
                  socket.close();
                });
    t.tick("after send");
  });
}

NODE_SCENARIO("send_errors/too-large-without-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.send(std::string(65508, '\0'), socket.address().port, "127.0.0.1");
    t.settle([&t, socket]() mutable {
      t.log("nothing was reported");
      socket.close();
    });
  });
}

NODE_SCENARIO("send_errors/too-large-connected-without-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("send", [&] { socket.send(std::string(65508, '\0')); });
    t.settle([&t, socket]() mutable {
      t.log("nothing was reported");
      socket.close();
    });
  });
}

NODE_SCENARIO("send_errors/too-many-buffers") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const std::vector<asio::const_buffer> list(2000, asio::const_buffer("x", 1));
    socket.send(list,
                socket.address().port,
                "127.0.0.1",
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("2000 buffers", error, bytes);
                  socket.close();
                });
  });
}

NODE_SCENARIO("send_errors/names-what-was-asked-for") {
  // The error names the host as it was given, not the address that it was found to have.
  Socket socket = create_socket(t.io, "udp4");
  socket.send(std::string(65508, '\0'),
              9,
              "localhost",
              [&t, socket](const Error* error, std::size_t bytes) mutable {
                t.sent("by name", error, bytes);
                socket.close();
              });
}

NODE_SCENARIO("send_errors/names-the-default") {
  Socket socket = create_socket(t.io, "udp4");
  socket.send(
      std::string(65508, '\0'), 9, [&t, socket](const Error* error, std::size_t bytes) mutable {
        t.sent("to the default", error, bytes);
        socket.close();
      });
}

NODE_SCENARIO("send_errors/ipv6-address-for-udp4") {
  Socket socket = create_socket(t.io, "udp4");
  socket.send("x", 9, "::1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("send_errors/ipv4-address-for-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("send_errors/no-route") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.send("x", 9, "192.0.2.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.send("x", 9, "192.0.2.1");
    t.settle([socket]() mutable { socket.close(); });
  });
}

NODE_SCENARIO("send_errors/unknown-name-callback") {
  Socket socket = create_socket(t.io, no_names(t));
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.send(
        "x", 9, "nowhere.invalid", [&t, socket](const Error* error, std::size_t bytes) mutable {
          t.sent("x", error, bytes);
          socket.close();
        });
  });
}

NODE_SCENARIO("send_errors/unknown-name-event") {
  Socket socket = create_socket(t.io, no_names(t));
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("send", [&] { socket.send("x", 9, "nowhere.invalid"); });
    socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  });
}

NODE_SCENARIO("send_errors/unknown-name-nobody-listens") {
  Socket socket = create_socket(t.io, no_names(t));
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.send("x", 9, "nowhere.invalid"); });
}

NODE_SCENARIO("send_errors/unknown-name-unbound") {
  // The socket is bound all the same.
  Socket socket = create_socket(t.io, no_names(t));
  t.on(socket, "socket", event::listening, event::error);
  socket.send(
      "x", 9, "nowhere.invalid", [&t, socket](const Error* error, std::size_t bytes) mutable {
        t.sent("x", error, bytes);
        t.port(socket, "socket");
        t.returns("address", [&] { return socket.address(); });
        socket.close();
      });
}

NODE_SCENARIO("send_errors/goes-on-after-an-error") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    socket.send(
        std::string(65508, '\0'), port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("too large", error, bytes);
        });
    socket.send("small", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("small", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_errors/implicit-bind-fails") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string&, int, auto callback) {
        dgram::node::next_tick(
            t.io, [callback, error = test::plain_error("no")] { callback(&error, {}); });
      }));
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.settle([socket]() mutable { socket.close(); });
}

}  // namespace node_send_errors_test
