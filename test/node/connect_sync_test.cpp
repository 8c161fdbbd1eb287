// connect_sync: what it does inside the call, and when `connect` comes: scenarios/connect_sync.js.
#include <stop_token>

#include "scenario.hpp"

namespace node_connect_sync_test {

namespace event = dgram::node::event;
using dgram::node::AddressInfo;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("connect_sync/bound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
  });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/unbound") {
  // Binds to any address first. The connection then chooses the address.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.returns("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/after-bind-sync") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  const AddressInfo address = socket.bind_sync();
  t.port(socket, "socket");
  t.returns("bindSync", [&] { return address; });
  socket.connect_sync(9, "127.0.0.1");
  t.returns("address", [&] { return socket.address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/default-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect_sync(9);
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_SCENARIO("connect_sync/empty-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect_sync(9, "");
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync/default-address-of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect_sync(9);
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync/mapped-peer") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect_sync(9, "::ffff:127.0.0.1");
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync/link-local-peer") {
  Socket socket = create_socket(t.io, "udp6");
  socket.connect_sync(9, "fe80::1%eth1");
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.close();
}

NODE_NETWORK_SCENARIO("connect_sync/address-of-the-route") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect_sync(9, "10.0.1.77");
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("connect_sync/connect-on-the-next-tick") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.on(socket, "socket", event::connect);
    t.tick("before");
    socket.connect_sync(9, "127.0.0.1");
    t.log("connectSync has returned");
    t.tick("after");
    t.immediate("after");
    socket.on(event::connect, [&t, socket]() mutable {
      t.log("listener that was added afterwards");
      socket.close();
    });
  });
}

NODE_SCENARIO("connect_sync/listening-comes-first") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::listening);
  socket.on(event::listening, [&t, socket] {
    t.returns("remoteAddress when listening", [&] { return socket.remote_address(); });
    t.tick("of listening");
  });
  socket.connect_sync(9, "127.0.0.1");
  t.tick("after");
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/closed-before-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  socket.connect_sync(9, "127.0.0.1");
  t.returns("close", [&] { return socket.close(); });
  t.tick("after close");
}

NODE_SCENARIO("connect_sync/closed-when-listening") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  socket.on(event::listening, [socket]() mutable { socket.close(); });
  socket.connect_sync(9, "127.0.0.1");
}

NODE_SCENARIO("connect_sync/closed-by-a-signal") {
  std::stop_source controller;
  Socket socket = create_socket(t.io, {.type = "udp4", .signal = controller.get_token()});
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  socket.connect_sync(9, "127.0.0.1");
  controller.request_stop();
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
}

NODE_SCENARIO("connect_sync/send-at-once") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening, event::connect);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect_sync(receiver.address().port, "127.0.0.1");
    t.port(sender, "sender");
    sender.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
    t.readable(receiver);
    t.log("it is there when send returns");
    t.tick("after send");
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("connect_sync/echo") {
  Socket server = create_socket(t.io, "udp4");
  Socket client = create_socket(t.io, "udp4");
  t.on(server, "server", event::message);
  t.on(client, "client", event::message);
  const int port = server.bind_sync({.address = "127.0.0.1"}).port;
  t.port(server, "server");
  client.connect_sync(port, "127.0.0.1");
  t.port(client, "client");
  client.send("hello");
  server.on(event::message, [server](const auto& msg, const auto& rinfo) mutable {
    server.send(msg, rinfo.port(), rinfo.address());
  });
  client.on(event::message, [server, client](const auto&, const auto&) mutable {
    client.close();
    server.close();
  });
}

NODE_SCENARIO("connect_sync/only-the-peer-is-heard") {
  Socket peer = create_socket(t.io, "udp4");
  Socket stranger = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  const int port = peer.bind_sync({.address = "127.0.0.1"}).port;
  t.port(peer, "peer");
  socket.connect_sync(port, "127.0.0.1");
  const int own = socket.address().port;
  stranger.send(
      "from a stranger", own, "127.0.0.1", [peer, own](const Error*, std::size_t) mutable {
        peer.send("from the peer", own, "127.0.0.1");
      });
  socket.on(event::message, [peer, stranger, socket](const auto&, const auto&) mutable {
    peer.close();
    stranger.close();
    socket.close();
  });
}

NODE_SCENARIO("connect_sync/lookup-is-not-asked") {
  // Neither for the peer nor for the bind.
  const auto lookup = [&t](const std::string& hostname, int, const auto&) {
    t.log("never asked: " + hostname);
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  t.on(socket, "socket", event::listening, event::connect);
  socket.connect_sync(9);
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/disconnect-and-again") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind_sync({.address = "127.0.0.1"});
  socket.once(event::connect, [&t, socket]() mutable {
    t.log("connected");
    t.returns("disconnect", [&] { socket.disconnect(); });
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    socket.connect_sync(10, "127.0.0.2");
    t.returns("remoteAddress again", [&] { return socket.remote_address(); });
    socket.once(event::connect, [&t, socket]() mutable {
      t.log("connected again");
      socket.close();
    });
  });
  socket.connect_sync(9, "127.0.0.1");
}

NODE_SCENARIO("connect_sync/disconnect-before-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::close);
  socket.bind_sync({.address = "127.0.0.1"});
  socket.connect_sync(9, "127.0.0.1");
  t.returns("disconnect", [&] { socket.disconnect(); });
  socket.on(event::connect,
            [&t, socket] { t.throws("remoteAddress", [&] { return socket.remote_address(); }); });
  t.set_immediate([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/twice-before-connect") {
  // Each has its event.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::close);
  socket.bind_sync({.address = "127.0.0.1"});
  socket.connect_sync(9, "127.0.0.1");
  socket.disconnect();
  socket.connect_sync(10, "127.0.0.1");
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  t.set_immediate([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_sync/after-a-disconnected-connect") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.disconnect();
      t.returns("connectSync", [&] { socket.connect_sync(10, "127.0.0.1"); });
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

NODE_SCENARIO("connect_sync/exception-in-connect") {
  // It leaves the tick, not connectSync.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::connect, [] { throw test::plain_error("from the listener"); });
  socket.on(event::connect, [&t] { t.log("never called"); });
  socket.connect_sync(9, "127.0.0.1");
  t.log("connectSync has returned");
  t.settle([&t, socket]() mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

}  // namespace node_connect_sync_test
