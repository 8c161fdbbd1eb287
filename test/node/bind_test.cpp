// bind: its forms, what it reports and when: scenarios/bind.js.
#include "scenario.hpp"

namespace node_bind_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::RemoteInfo;
using dgram::node::Socket;

NODE_SCENARIO("bind/returns-the-socket") {
  Socket socket = create_socket(t.io, "udp4");
  t.returns("bind", [&] { return socket.bind(0, "127.0.0.1"); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("bind/without-arguments") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
  socket.bind();
}

NODE_SCENARIO("bind/only-a-callback") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind([&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/port-and-callback") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/port-address-and-callback") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/options") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind({.port = 0, .address = "127.0.0.1"}, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/empty-options") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(dgram::node::BindOptions(), [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/exclusive") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind({.port = 0, .address = "127.0.0.1", .exclusive = true}, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/callback-is-a-listener") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t] { t.log("listener before"); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.log("callback");
    t.returns("listeners in the callback", [&] { return socket.listener_count(event::listening); });
    socket.close();
  });
  t.returns("listeners after bind", [&] { return socket.listener_count(event::listening); });
  socket.on(event::listening, [&t] { t.log("listener after"); });
}

NODE_SCENARIO("bind/listening-is-emitted-once") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::message, event::close);
  socket.bind(0, "127.0.0.1");
  socket.once(event::listening, [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("bind/default-address-of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/empty-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/a-name") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "localhost", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("bind/given-port") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, "127.0.0.1", [&t, socket]() mutable {
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("bind/port-is-truncated") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(70000, "127.0.0.1", [&t, socket]() mutable {
    t.returns("70000", [&] { return socket.address(); });
    socket.close();
    Socket next = create_socket(t.io, "udp4");
    next.bind(-60536, "127.0.0.1", [&t, next]() mutable {
      t.returns("-60536", [&] { return next.address(); });
      next.close();
      Socket last = create_socket(t.io, "udp4");
      last.bind(65536, "127.0.0.1", [&t, last]() mutable {
        t.log(std::string("65536 is any port: ") +
              (last.address().port >= 32768 ? "true" : "false"));
        last.close();
      });
    });
  });
}

NODE_NETWORK_SCENARIO("bind/link-local-address") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(12345, "fe80::ff:fe00:1%eth0", [&t, socket]() mutable {
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("bind/while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t] { t.log("first callback"); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); }); });
  socket.on(event::listening, [&t, socket]() mutable {
    t.returns("listeners", [&] { return socket.listener_count(event::listening); });
    socket.close();
  });
}

NODE_SCENARIO("bind/when-bound") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.throws("bind in the callback", [&] { return socket.bind(0, "127.0.0.1"); });
    t.set_immediate([&t, socket]() mutable {
      t.throws("bind later", [&] { return socket.bind(0, "127.0.0.1"); });
      socket.close();
    });
  });
}

NODE_SCENARIO("bind/nothing-works-before-listening") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address in the callback", [&] { return socket.address(); });
    socket.close();
  });
  t.throws("address", [&] { return socket.address(); });
  t.throws("setTTL", [&] { return socket.set_ttl(16); });
}

NODE_SCENARIO("bind/receives-from-listening-on") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "127.0.0.1");
  });
  socket.on(event::listening, [&t, socket]() mutable {
    socket.on(event::message,
              [&t, socket](const dgram::Datagram& message, const RemoteInfo& rinfo) mutable {
                t.message("socket", message, rinfo);
                socket.close();
              });
  });
  socket.bind(0, "127.0.0.1");
}

NODE_SCENARIO("bind/two-sockets") {
  Socket a = create_socket(t.io, "udp4");
  Socket b = create_socket(t.io, "udp4");
  t.on(a, "a", event::listening, event::message, event::close);
  t.on(b, "b", event::listening, event::message, event::close);
  a.bind(0, "127.0.0.1");
  b.bind(0, "127.0.0.1", [&t, a, b]() mutable {
    t.port(a, "a");
    t.port(b, "b");
    a.send("question", b.address().port, "127.0.0.1");
  });
  b.on(event::message, [b](const dgram::Datagram&, const RemoteInfo& rinfo) mutable {
    b.send("answer", rinfo.port(), rinfo.address());
  });
  a.on(event::message, [a, b](const auto&, const auto&) mutable {
    a.close();
    b.close();
  });
}

}  // namespace node_bind_test
