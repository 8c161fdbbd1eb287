// connect that fails, and what a connected socket hears when nobody listens at the other end:
// scenarios/connect_errors.js.
#include "scenario.hpp"

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("connect_errors/bad-ports") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("0", [&] { socket.connect(0, "127.0.0.1"); });
  t.throws("65536", [&] { socket.connect(65536, "127.0.0.1"); });
  t.throws("-1", [&] { socket.connect(-1, "127.0.0.1"); });
  socket.close();
}

NODE_SCENARIO("connect_errors/bad-port-changes-nothing") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.throws("connect", [&] { socket.connect(0, "127.0.0.1", [&t](const Error*) { t.log("never called"); }); });
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect_errors/callback-gets-it") {
  // Then there is no event.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
      t.error("callback", *error);
      t.returns("listeners", [&] { return socket.listener_count(event::connect); });
      socket.close();
    });
    t.tick("after connect");
  });
}

NODE_SCENARIO("connect_errors/event-without-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.connect(9, "::1"); });
}

NODE_SCENARIO("connect_errors/nobody-listens-for-it") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.connect(9, "::1"); });
}

NODE_SCENARIO("connect_errors/unbound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_SCENARIO("connect_errors/again") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

NODE_SCENARIO("connect_errors/name-is-unknown") {
  Socket socket = create_socket(t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
    if (hostname == "0.0.0.0") return callback(nullptr, hostname);
    dgram::node::next_tick(t.io, [hostname, callback] {
      const Error error = test::not_found(hostname);
      callback(&error, {});
    });
  }));
  t.on(socket, "socket", event::connect, event::error);
  socket.connect(9, "nowhere.invalid", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.connect(9, "nowhere.invalid");
    socket.once(event::error, [socket](const Error&) mutable { socket.close(); });
  });
}

NODE_SCENARIO("connect_errors/implicit-bind-fails") {
  const auto lookup = [&t, lookups = 0](const std::string& hostname, int, auto callback) mutable {
    dgram::node::next_tick(t.io, [first = ++lookups == 1, hostname, callback] {
      const Error error = test::plain_error("no");
      callback(first ? &error : nullptr, hostname);
    });
  };
  Socket socket = create_socket(t.io, test::udp4_with_lookup(lookup));
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.connect(9, "127.0.0.1", [&t](const Error* error) {
    if (error) t.error("callback", *error);
  });
  t.settle([&t, socket]() mutable {
    t.throws("connect", [&] { socket.connect(9, "127.0.0.1"); });
    t.throws("disconnect", [&] { socket.disconnect(); });
    socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
      t.sent("with destination", error, bytes);
      socket.close();
    });
  });
}
