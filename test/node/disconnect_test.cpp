// disconnect: what it leaves of the address, and who is heard and can be sent to afterwards:
// scenarios/disconnect.js.
#include "scenario.hpp"

namespace node_disconnect_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("disconnect/is-synchronous") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::error, event::close);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.returns("disconnect", [&] { socket.disconnect(); });
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    t.throws("disconnect again", [&] { socket.disconnect(); });
    socket.close();
  });
}

NODE_SCENARIO("disconnect/a-port-of-the-kernel-is-lost") {
  // Linux takes it back. The next send gets another one.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.port(socket, "socket");
      t.returns("connected", [&] { return socket.address(); });
      socket.disconnect();
      t.returns("disconnected", [&] { return socket.address(); });
      socket.send("x", 9, "127.0.0.1", [&t, socket](const Error*, std::size_t) mutable {
        t.log(std::string("the next send gets a port: ") +
              (socket.address().port != 0 ? "true" : "false"));
        socket.close();
      });
    });
  });
}

NODE_NETWORK_SCENARIO("disconnect/a-given-port-is-kept") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("bound", [&] { return socket.address(); });
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("connected", [&] { return socket.address(); });
      socket.disconnect();
      t.returns("disconnected", [&] { return socket.address(); });
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("disconnect/a-given-address-is-kept") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.disconnect();
      t.returns("address", [&] { return socket.address(); });
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("disconnect/everybody-is-heard-again") {
  Socket socket = create_socket(t.io, "udp4");
  Socket other = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, "127.0.0.1", [&t, socket, other]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket, other](const Error*) mutable {
      socket.disconnect();
      other.bind(0, "127.0.0.1", [&t, other]() mutable {
        t.port(other, "other");
        other.send("hello", 12345, "127.0.0.1");
      });
    });
  });
  socket.on(event::message, [socket, other](const auto&, const auto&) mutable {
    socket.close();
    other.close();
  });
}

NODE_SCENARIO("disconnect/sends-need-a-destination-again") {
  Socket peer = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(peer, "peer", event::message);
  peer.bind(0, "127.0.0.1", [&t, peer, socket]() mutable {
    const int port = peer.address().port;
    socket.connect(port, "127.0.0.1", [&t, socket, port](const Error*) mutable {
      socket.disconnect();
      t.throws("send without", [&] { socket.send("x"); });
      socket.send("with", port, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) {
        t.port(socket, "socket");
        t.sent("with", error, bytes);
      });
    });
  });
  peer.on(event::message, [peer, socket](const auto&, const auto&) mutable {
    peer.close();
    socket.close();
  });
}

NODE_SCENARIO("disconnect/connect-again") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect);
  t.on(second, "second", event::message);
  first.bind(0, "127.0.0.1", [&t, first, second, socket]() mutable {
    t.port(first, "first");
    second.bind(0, "127.0.0.1", [&t, first, second, socket]() mutable {
      t.port(second, "second");
      socket.connect(first.address().port, "127.0.0.1", [&t, second, socket](const Error*) mutable {
        t.returns("remoteAddress", [&] { return socket.remote_address(); });
        socket.disconnect();
        socket.connect(second.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
          t.port(socket, "socket");
          t.returns("remoteAddress", [&] { return socket.remote_address(); });
          socket.send("hello");
        });
      });
    });
  });
  second.on(event::message, [first, second, socket](const auto&, const auto&) mutable {
    first.close();
    second.close();
    socket.close();
  });
}

NODE_SCENARIO("disconnect/in-the-connect-event") {
  // The callback of connect comes after this listener, and still comes.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.on(event::connect,
              [&t, socket]() mutable { t.returns("disconnect", [&] { socket.disconnect(); }); });
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.throws("remoteAddress in the callback", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

}  // namespace node_disconnect_test
