// ref and unref: which sockets keep the context running: scenarios/ref.js. That one does is shown
// by a timer that does not.
#include "scenario.hpp"

namespace node_ref_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Socket;

NODE_SCENARIO("ref/unbound-socket") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
}

NODE_SCENARIO("ref/bound-socket") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.set_unref_timeout(100, [&t, socket]() mutable {
      t.log("still there");
      socket.close();
    });
  });
}

NODE_SCENARIO("ref/unref-when-bound") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.log("bound");
    t.set_unref_timeout(1000, [&t] { t.log("never"); });
    socket.unref();
  });
}

NODE_SCENARIO("ref/unref-before-bind") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  socket.unref();
  socket.bind(0, "127.0.0.1", [&t] {
    t.log("bound");
    t.set_unref_timeout(1000, [&t] { t.log("never"); });
  });
}

NODE_SCENARIO("ref/ref-again") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  socket.unref();
  socket.unref();
  socket.ref();
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.set_unref_timeout(100, [&t, socket]() mutable {
      t.log("still there");
      socket.close();
    });
  });
}

NODE_SCENARIO("ref/unref-twice") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.unref();
    socket.unref();
    t.log("bound");
    t.set_unref_timeout(1000, [&t] { t.log("never"); });
  });
}

NODE_SCENARIO("ref/unref-of-one-of-two") {
  t.on_exit([&t] { t.log("exit"); });
  Socket one = create_socket(t.io, "udp4");
  Socket two = create_socket(t.io, "udp4");
  one.bind(0, "127.0.0.1", [one]() mutable { one.unref(); });
  two.bind(0, "127.0.0.1", [&t, two]() mutable {
    t.set_unref_timeout(100, [&t, two]() mutable {
      t.log("still there");
      two.close();
    });
  });
}

NODE_SCENARIO("ref/unref-still-receives") {
  t.on_exit([&t] { t.log("exit"); });
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.on(event::message, [sender](const auto&, const auto&) mutable { sender.close(); });
  receiver.unref();
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
      t.port(sender, "sender");
      sender.send("x", receiver.address().port, "127.0.0.1");
    });
  });
}

NODE_SCENARIO("ref/unref-and-close") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.unref();
    socket.close();
  });
}

NODE_SCENARIO("ref/closed-socket") {
  t.on_exit([&t] { t.log("exit"); });
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.close();
    socket.ref();
  });
}

}  // namespace node_ref_test
