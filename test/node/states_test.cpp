// Which calls do what in which state: scenarios/states.js.
#include "scenario.hpp"

namespace node_states_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// The calls that change no state.
void calls(test::Trace& t, Socket& socket) {
  t.returns("address", [&] { return socket.address(); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  t.returns("send without destination", [&] { socket.send("x"); });
  t.returns("setBroadcast", [&] { socket.set_broadcast(true); });
  t.returns("setTTL", [&] { return socket.set_ttl(16); });
  t.returns("setMulticastTTL", [&] { return socket.set_multicast_ttl(16); });
  t.returns("setMulticastLoopback", [&] { return socket.set_multicast_loopback(true); });
  t.returns("setMulticastInterface", [&] { socket.set_multicast_interface("127.0.0.1"); });
  t.returns("setRecvBufferSize", [&] { socket.set_recv_buffer_size(8192); });
  t.returns("setSendBufferSize", [&] { socket.set_send_buffer_size(8192); });
  t.returns("getRecvBufferSize", [&] { return socket.get_recv_buffer_size(); });
  t.returns("getSendBufferSize", [&] { return socket.get_send_buffer_size(); });
  t.returns("getSendQueueSize", [&] { return socket.get_send_queue_size(); });
  t.returns("getSendQueueCount", [&] { return socket.get_send_queue_count(); });
  t.returns("ref", [&] { return socket.ref(); });
  t.returns("unref", [&] { return socket.unref(); });
}

}  // namespace

NODE_SCENARIO("states/calls-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  calls(t, socket);
  t.throws("disconnect", [&] { socket.disconnect(); });
  socket.close();
}

NODE_SCENARIO("states/calls-binding") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1");
  calls(t, socket);
  t.throws("disconnect", [&] { socket.disconnect(); });
  socket.close();
}

NODE_SCENARIO("states/calls-bound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    calls(t, socket);
    t.throws("disconnect", [&] { socket.disconnect(); });
    socket.close();
  });
}

NODE_SCENARIO("states/calls-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(9, "127.0.0.1");
    calls(t, socket);
    t.throws("disconnect", [&] { socket.disconnect(); });
    socket.close();
  });
}

NODE_SCENARIO("states/calls-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      calls(t, socket);
      t.returns("disconnect", [&] { socket.disconnect(); });
      socket.close();
    });
  });
}

// ---- bind

NODE_SCENARIO("states/bind-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [socket](const Error*) mutable { socket.close(); });
    t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
  });
}

NODE_SCENARIO("states/bind-connecting-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [socket](const Error*) mutable { socket.close(); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
}

NODE_SCENARIO("states/bind-sending-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.send("x", 9, "127.0.0.1", [socket](const Error*, std::size_t) mutable { socket.close(); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
}

NODE_SCENARIO("states/bind-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
    socket.close();
  });
}

// ---- connect

NODE_SCENARIO("states/connect-after-send") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.connect(9, "127.0.0.1", [socket](const Error*) mutable { socket.close(); });
}

NODE_SCENARIO("states/connect-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
    t.throws("connect", [&] {
      socket.connect(10, "127.0.0.1", [&t](const Error*) { t.log("never called"); });
    });
  });
}

NODE_SCENARIO("states/connect-disconnected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.disconnect();
    t.returns("connect", [&] {
      socket.connect(10, "127.0.0.1", [&t, socket](const Error*) mutable {
        t.returns("remoteAddress", [&] { return socket.remote_address(); });
        socket.close();
      });
    });
  });
}

// ---- send

NODE_SCENARIO("states/send-connecting-loses") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1");
    socket.send("x",
                socket.address().port,
                "127.0.0.1",
                [&t, socket](const Error* error, std::size_t bytes) mutable {
                  t.sent("x", error, bytes);
                  socket.close();
                });
  });
}

NODE_SCENARIO("states/send-connecting-loses-silently") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::error, event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1");
    socket.send("x", socket.address().port, "127.0.0.1");
    t.settle([socket]() mutable { socket.close(); });
  });
}

NODE_SCENARIO("states/send-connecting-wins") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        if (hostname == "slow")
          t.set_timeout(50, [callback] { callback(nullptr, "127.0.0.1"); });
        else
          dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
      }));
  t.on(socket, "socket", event::connect, event::error, event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(
        socket.address().port, "slow", [socket](const Error*) mutable { socket.close(); });
    socket.send(
        "x", socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("x", error, bytes);
        });
  });
}

// ---- close

NODE_SCENARIO("states/close-bound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("close", [&] { return socket.close(); });
    t.throws("address", [&] { return socket.address(); });
  });
}

NODE_SCENARIO("states/close-connected") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("close", [&] { return socket.close(); });
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
  });
}

NODE_SCENARIO("states/close-with-a-queue") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close);
  socket.connect(9, "127.0.0.1");
  t.returns("close", [&] { return socket.close(); });
  t.throws("address", [&] { return socket.address(); });
  socket.on(event::listening,
            [&t, socket] { t.throws("address in listening", [&] { return socket.address(); }); });
}

// ---- memberships

NODE_NETWORK_SCENARIO("states/membership-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  t.returns("addMembership", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  t.returns("setTTL", [&] { return socket.set_ttl(16); });
  socket.once(event::error, [&t, socket](const Error&) mutable {
    socket.send("x", 9, "10.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
    socket.once(event::error,
                [&t, socket](const Error&) { t.settle([socket]() mutable { socket.close(); }); });
  });
  socket.bind(0);
}

NODE_NETWORK_SCENARIO("states/membership-bound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    t.returns("addMembership", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
    t.returns("dropMembership", [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("states/membership-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("dropMembership when connected",
                [&] { socket.drop_membership("224.0.0.114", "10.0.0.1"); });
      socket.close();
    });
    t.returns("addMembership when connecting",
              [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
  });
}

NODE_NETWORK_SCENARIO("states/membership-binding") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.bind(12345);
  t.returns("addMembership", [&] { socket.add_membership("224.0.0.114", "10.0.0.1"); });
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.on(event::listening, [&t, socket]() mutable {
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

}  // namespace node_states_test
