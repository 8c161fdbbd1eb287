// connect: its forms, what it reports and when, and what it changes: scenarios/connect.js.
#include <memory>
#include <optional>

#include "scenario.hpp"

namespace node_connect_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("connect/bound") {
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error, event::close);
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    t.port(peer, "peer");
    socket.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
      t.returns("connect", [&] {
        socket.connect(peer.address().port, "127.0.0.1", [&t, peer, socket](const Error*) mutable {
          t.log("callback");
          t.returns("remoteAddress", [&] { return socket.remote_address(); });
          socket.close();
          peer.close();
        });
      });
    });
  });
}

NODE_SCENARIO("connect/unbound") {
  // Binds to any address first. The connection then chooses the address.
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  socket.on(event::listening, [&t, socket] {
    t.port(socket, "socket");
    t.returns("address when listening", [&] { return socket.address(); });
  });
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    t.port(peer, "peer");
    socket.connect(peer.address().port, "127.0.0.1", [&t, peer, socket](const Error*) mutable {
      t.returns("address when connected", [&] { return socket.address(); });
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
      peer.close();
    });
    t.throws("address after connect", [&] { return socket.address(); });
  });
}

NODE_SCENARIO("connect/while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect/default-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("connect/default-address-of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect(9, [&t, socket](const Error*) mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect/port-only") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::connect, [&t, socket]() mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
  socket.connect(9);
}

NODE_SCENARIO("connect/a-name") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "localhost", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect/callback-has-no-arguments") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error* error) mutable {
    t.log(error ? "an error" : "no error");
    t.returns("listeners", [&] { return socket.listener_count(event::connect); });
    socket.close();
  });
}

NODE_SCENARIO("connect/callback-of-a-bound-socket") {
  // It is a listener from the call of connect on.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.on(event::connect, [&t] { t.log("listener before"); });
    socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("callback"); });
    t.returns("listeners", [&] { return socket.listener_count(event::connect); });
    socket.on(event::connect, [&t, socket]() mutable {
      t.log("listener after");
      socket.close();
    });
  });
}

NODE_SCENARIO("connect/callback-of-an-unbound-socket") {
  // It becomes a listener when the socket is listening.
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::connect, [&t] { t.log("listener before"); });
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.log("callback");
    socket.close();
  });
  t.returns("listeners", [&] { return socket.listener_count(event::connect); });
  socket.on(event::connect, [&t] { t.log("listener after"); });
}

NODE_SCENARIO("connect/state-before-the-event") {
  // Connected when the system has done it: one tick before the event.
  const auto itself = std::make_shared<std::optional<Socket>>();  // until it is closed
  const auto lookup = [&t, itself](const std::string& hostname, int, auto callback) {
    if (hostname == "0.0.0.0") return callback(nullptr, hostname);  // that of bind
    dgram::node::next_tick(t.io, [&t, itself, hostname, callback] {
      t.throws("remoteAddress before the answer", [&] { return (*itself)->remote_address(); });
      callback(nullptr, hostname);
      t.returns("remoteAddress after the answer", [&] { return (*itself)->remote_address(); });
    });
  };
  Socket socket = create_socket(t.io, test::udp4_with_lookup(lookup));
  *itself = socket;
  socket.bind(0, [&t, socket, itself]() mutable {
    t.on(socket, "socket", event::connect);
    socket.connect(9, "127.0.0.1", [socket, itself](const Error*) mutable {
      socket.close();
      itself->reset();
    });
  });
}

NODE_SCENARIO("connect/while-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
  t.throws("connect",
           [&] { socket.connect(10, "127.0.0.1", [&t](const Error*) { t.log("never called"); }); });
}

NODE_SCENARIO("connect/when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.throws("connect", [&] {
      socket.connect(10, "127.0.0.1", [&t](const Error*) { t.log("never called"); });
    });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("connect/only-the-peer-is-heard") {
  Socket peer = create_socket(t.io, "udp4");
  Socket stranger = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  peer.bind(0, "127.0.0.1", [&t, peer, stranger, socket]() mutable {
    t.port(peer, "peer");
    socket.connect(
        peer.address().port, "127.0.0.1", [peer, stranger, socket](const Error*) mutable {
          const int port = socket.address().port;
          stranger.send("from a stranger",
                        port,
                        "127.0.0.1",
                        [peer, port](const Error*, std::size_t) mutable {
                          peer.send("from the peer", port, "127.0.0.1");
                        });
        });
  });
  socket.on(event::message, [peer, stranger, socket](const auto&, const auto&) mutable {
    peer.close();
    stranger.close();
    socket.close();
  });
}

NODE_SCENARIO("connect/earlier-datagrams-of-others-are-delivered") {
  // What waits in the kernel when the connection is made stays there.
  Socket stranger = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  stranger.bind(0, "127.0.0.1", [&t, stranger, socket]() mutable {
    t.port(stranger, "stranger");
    socket.bind(0, "127.0.0.1", [&t, stranger, socket]() mutable {
      stranger.connect(
          socket.address().port, "127.0.0.1", [&t, stranger, socket](const Error*) mutable {
            stranger.send("before connect");
            t.readable(socket);
            socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("connected"); });
          });
    });
  });
  socket.on(event::message, [stranger, socket](const auto&, const auto&) mutable {
    stranger.close();
    socket.close();
  });
}

NODE_SCENARIO("connect/echo") {
  Socket server = create_socket(t.io, "udp4");
  Socket client = create_socket(t.io, "udp4");
  t.on(server, "server", event::message);
  t.on(client, "client", event::message);
  server.on(event::message, [server](const auto& msg, const auto& rinfo) mutable {
    server.send(msg, rinfo.port(), rinfo.address());
  });
  server.bind(0, "127.0.0.1", [&t, server, client]() mutable {
    t.port(server, "server");
    client.connect(server.address().port, "127.0.0.1", [&t, client](const Error*) mutable {
      t.port(client, "client");
      client.send("hello",
                  [&t](const Error* error, std::size_t bytes) { t.sent("hello", error, bytes); });
    });
  });
  client.on(event::message, [client, server](const auto&, const auto&) mutable {
    client.close();
    server.close();
  });
}

NODE_NETWORK_SCENARIO("connect/mapped-peer") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect(9, "::ffff:127.0.0.1", [&t, socket](const Error*) mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("connect/link-local-peer") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect(9, "fe80::1%eth1", [&t, socket](const Error*) mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

}  // namespace node_connect_test
