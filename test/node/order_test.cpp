// In which order things happen: scenarios/order.js.
#include "scenario.hpp"

namespace node_order_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("order/bind-an-address") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t] {
    t.log("listener before");
    t.tick("of the listener before");
  });
  t.tick("before bind");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.log("callback");
    t.tick("of the callback");
    socket.close();
  });
  socket.on(event::listening, [&t] { t.log("listener after"); });
  t.tick("after bind");
  t.immediate("after bind");
  t.log("bind has returned");
}

NODE_SCENARIO("order/bind-a-name") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "localhost", [&t, socket]() mutable {
    t.log("callback");
    socket.close();
  });
  t.tick("after bind");
  t.log("bind has returned");
}

NODE_SCENARIO("order/send") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send(
        "x", socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("x", error, bytes);
          t.tick("of the callback");
        });
    t.log("send has returned");
    dgram::node::next_tick(t.io, [&t] {
      t.log("tick after send");
      t.tick("of the tick after send");
    });
  });
}

NODE_SCENARIO("order/send-connected") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
      t.log("send has returned");
      t.tick("after send");
    });
  });
}

NODE_SCENARIO("order/message-and-immediate") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.on(event::message, [&t, socket](const auto&, const auto&) mutable {
    t.tick("of the message");
    socket.close();
  });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("x");
      t.readable(socket);
      t.immediate("after send");
      t.tick("after send");
    });
  });
}

NODE_SCENARIO("order/sends-of-an-unbound-socket") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening);
  t.tick("before send");
  socket.send("1", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("1", error, bytes);
    t.tick("of the first callback");
  });
  socket.send("2", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("2", error, bytes);
    socket.close();
  });
  t.tick("after send");
  t.immediate("after send");
  t.log("send has returned");
}

NODE_SCENARIO("order/connect-an-unbound-socket") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect);
  t.tick("before connect");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    t.log("callback");
    socket.close();
  });
  t.tick("after connect");
  t.immediate("after connect");
  t.log("connect has returned");
}

NODE_SCENARIO("order/connect-a-bound-socket") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.tick("before connect");
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.log("callback");
      socket.close();
    });
    t.tick("after connect");
    t.log("connect has returned");
  });
}

NODE_SCENARIO("order/close") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.tick("before close");
    socket.close([&t] {
      t.log("callback");
      t.tick("of the callback");
    });
    t.tick("after close");
    t.immediate("after close");
    t.log("close has returned");
  });
}

NODE_SCENARIO("order/abort") {
  std::stop_source controller;
  dgram::node::SocketOptions options;
  options.type = "udp4";
  options.signal = controller.get_token();
  Socket socket = create_socket(t.io, std::move(options));
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [&t, socket, controller]() mutable {
    t.tick("before abort");
    controller.request_stop();
    t.throws("address", [&] { return socket.address(); });
    t.tick("after abort");
  });
}

NODE_SCENARIO("order/descriptor") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t] {
    t.log("listener");
    t.tick("of the listener");
  });
  t.tick("before bind");
  socket.bind({.fd = fd}, [&t, socket]() mutable {
    t.log("callback");
    socket.close();
  });
  t.tick("after bind");
  t.log("bind has returned");
}

NODE_SCENARIO("order/lookup-that-answers-at-once") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::listening, event::message, event::close);
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [&t] { t.log("callback"); });
  t.log("bind has returned");
  t.port(socket, "socket");
  socket.send("x", socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.readable(socket);
  t.log("send has returned, and the datagram is on its way");
  t.tick("after send");
}

NODE_SCENARIO("order/error-of-bind") {
  Socket socket = create_socket(t.io, "udp4");
  t.tick("before bind");
  socket.bind(0, "192.0.2.1");
  t.tick("after bind");
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    t.tick("of the error");
    socket.close();
  });
}

NODE_SCENARIO("order/error-of-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.tick("before connect");
    socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
      t.error("callback", *error);
      socket.close();
    });
    t.tick("after connect");
    dgram::node::next_tick(t.io, [&t] { t.tick("of a tick after connect"); });
  });
}

NODE_SCENARIO("order/two-sockets-that-bind") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  t.on(first, "first", event::listening, event::close);
  t.on(second, "second", event::listening, event::close);
  first.bind(0, "127.0.0.1", [&t, first]() mutable {
    t.tick("of the first");
    first.close();
  });
  second.bind(0, "127.0.0.1", [&t, second]() mutable {
    t.tick("of the second");
    second.close();
  });
}

NODE_SCENARIO("order/microtasks-between-callbacks") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("1", [&t](const Error*, std::size_t) {
        t.log("first callback");
        t.tick("of the first callback");
      });
      socket.send("2", [&t, socket](const Error*, std::size_t) mutable {
        t.log("second callback");
        socket.close();
      });
    });
  });
}

}  // namespace node_order_test
