// connect that fails, and what a connected socket hears when nobody listens at the other end:
// scenarios/connect_errors.js.
#include "scenario.hpp"

namespace node_connect_errors_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// Bounded, where JavaScript's recursion is not.
void send_until_refused(test::Trace& t, Socket socket, int left) {
  socket.send("x", [&t, socket, left](const Error* error, std::size_t bytes) mutable {
    if (!error && left > 0)
      return dgram::node::next_tick(
          t.io, [&t, socket, left] { send_until_refused(t, socket, left - 1); });
    t.sent("one of many", error, bytes);
    socket.close();
  });
}

}  // namespace

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
  t.throws("connect",
           [&] { socket.connect(0, "127.0.0.1", [&t](const Error*) { t.log("never called"); }); });
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

NODE_NETWORK_SCENARIO("connect_errors/ipv4-address-for-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("connect_errors/no-route") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "192.0.2.1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("connect_errors/broadcast") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "10.0.0.255", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.set_broadcast(true);
    socket.connect(9, "10.0.0.255", [&t, socket](const Error*) mutable {
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

NODE_SCENARIO("connect_errors/name-is-unknown") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
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

NODE_NETWORK_SCENARIO("connect_errors/nobody-at-the-other-end") {
  // The answer to a datagram is an ICMP error, which the next receive reports.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
  });
}

NODE_NETWORK_SCENARIO("connect_errors/nobody-at-either-end") {
  // The same without a listener.
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [socket](const Error*) mutable { socket.send("x"); });
}

NODE_NETWORK_SCENARIO("connect_errors/the-next-send-reports-it") {
  // Sends in a row, with no receive in between: one of them gets the ICMP error of an earlier one.
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [](const Error&) {});
  socket.connect(
      9, "127.0.0.1", [&t, socket](const Error*) { send_until_refused(t, socket, 10'000); });
}

NODE_NETWORK_SCENARIO("connect_errors/the-socket-stays-usable") {
  Socket socket = create_socket(t.io, "udp4");
  Socket peer = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::message, event::close);
  socket.connect(12345, "127.0.0.1", [socket](const Error*) mutable { socket.send("x"); });
  socket.on(event::error, [&t, socket, peer](const Error&) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    peer.bind(12345, "127.0.0.1", [socket, peer]() mutable {
      peer.send("here now", socket.address().port, "127.0.0.1");
    });
  });
  socket.on(event::message, [socket, peer](const auto&, const auto&) mutable {
    peer.close();
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("connect_errors/without-connection-nobody-hears") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.send("first", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("first", error, bytes);
    t.settle([&t, socket]() mutable {
      socket.send("second", 9, "127.0.0.1", [&t, socket](const Error* failure, std::size_t sent) {
        t.sent("second", failure, sent);
        t.settle([socket]() mutable { socket.close(); });
      });
    });
  });
}

}  // namespace node_connect_errors_test
