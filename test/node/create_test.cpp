// createSocket: the types, the options and what they do once the socket is bound, the signal that
// closes it: scenarios/create.js.
#include <memory>
#include <optional>
#include <stop_token>

#include "scenario.hpp"

namespace node_create_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using dgram::node::SocketOptions;

namespace {

SocketOptions options_of(const char* type) {
  SocketOptions options;
  options.type = type;
  return options;
}

/// { type: 'udp4', reuseAddr: true }
SocketOptions reusing() {
  SocketOptions options = options_of("udp4");
  options.reuse_addr = true;
  return options;
}

}  // namespace

NODE_SCENARIO("create/types") {
  t.returns("udp4", [&] { return create_socket(t.io, "udp4").type(); });
  t.returns("udp6", [&] { return create_socket(t.io, "udp6").type(); });
  t.returns("options", [&] { return create_socket(t.io, options_of("udp6")).type(); });
}

NODE_SCENARIO("create/bad-types") {
  t.throws("udp", [&] { return create_socket(t.io, "udp"); });
  t.throws("upper case", [&] { return create_socket(t.io, "UDP4"); });
  t.throws("empty", [&] { return create_socket(t.io, ""); });
  t.throws("options", [&] { return create_socket(t.io, options_of("tcp4")); });
}

NODE_SCENARIO("create/no-os-socket-yet") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("address", [&] { return socket.address(); });
  t.returns("close", [&] { return socket.close(); });
}

NODE_SCENARIO("create/listener-is-first-for-message") {
  Socket socket = create_socket(
      t.io, "udp4", [&t](const auto&, const auto&) { t.log("listener of createSocket"); });
  socket.on(event::message, [&t, socket](const auto&, const auto&) mutable {
    t.log("listener of on");
    socket.close();
  });
  socket.bind(
      0, "127.0.0.1", [socket]() mutable { socket.send("x", socket.address().port, "127.0.0.1"); });
}

NODE_SCENARIO("create/listener-in-options-form") {
  const auto itself = std::make_shared<std::optional<Socket>>();
  Socket socket =
      create_socket(t.io, options_of("udp4"), [&t, itself](const auto& msg, const auto& rinfo) {
        t.message("socket", msg, rinfo);
        (*itself)->close();
      });
  *itself = socket;
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("x", socket.address().port, "127.0.0.1");
  });
}

NODE_SCENARIO("create/signal-closes") {
  std::stop_source controller;
  Socket socket = create_socket(t.io, test::udp4_with_signal(controller));
  t.on(socket, "socket", event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket, controller]() mutable {
    t.log("bound");
    t.tick("before");
    controller.request_stop();
    t.throws("address", [&] { return socket.address(); });
    t.tick("after");
  });
}

NODE_SCENARIO("create/signal-already-aborted") {
  std::stop_source controller;
  controller.request_stop();
  Socket socket = create_socket(t.io, test::udp4_with_signal(controller));
  t.on(socket, "socket", event::close, event::error);
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
  t.throws("close", [&] { return socket.close(); });
  t.log("end of the main program");
}

NODE_SCENARIO("create/signal-before-listening") {
  std::stop_source controller;
  Socket socket = create_socket(t.io, test::udp4_with_signal(controller));
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t] { t.log("bind callback"); });
  controller.request_stop();
}

NODE_SCENARIO("create/signal-after-close") {
  std::stop_source controller;
  Socket socket = create_socket(t.io, test::udp4_with_signal(controller));
  t.on(socket, "socket", event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket, controller]() mutable {
    socket.close();
    controller.request_stop();
    dgram::node::next_tick(t.io, [&t, controller]() mutable {
      controller.request_stop();
      t.log("aborted");
    });
  });
}

NODE_SCENARIO("create/signal-behind-a-queue") {
  // An abort is a close: it waits behind the send that waits for 'listening'.
  std::stop_source controller;
  Socket socket = create_socket(t.io, test::udp4_with_signal(controller));
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  controller.request_stop();
  t.log("aborted");
}

NODE_SCENARIO("create/buffer-sizes") {
  // Linux grants the double of what it was asked for.
  SocketOptions options = options_of("udp4");
  options.recv_buffer_size = 8192;
  options.send_buffer_size = 10240;
  Socket socket = create_socket(t.io, options);
  socket.bind(0, "127.0.0.1");
  socket.on(event::listening, [&t, socket]() mutable {
    t.returns("recv", [&] { return socket.get_recv_buffer_size(); });
    t.returns("send", [&] { return socket.get_send_buffer_size(); });
    socket.close();
  });
}

NODE_SCENARIO("create/buffer-size-zero-is-unset") {
  Socket usual = create_socket(t.io, "udp4");
  SocketOptions options = options_of("udp4");
  options.recv_buffer_size = 0;
  options.send_buffer_size = 0;
  Socket zero = create_socket(t.io, options);
  usual.bind(0, "127.0.0.1", [&t, usual, zero]() mutable {
    zero.bind(0, "127.0.0.1", [&t, usual, zero]() mutable {
      t.returns("same recv",
                [&] { return zero.get_recv_buffer_size() == usual.get_recv_buffer_size(); });
      t.returns("same send",
                [&] { return zero.get_send_buffer_size() == usual.get_send_buffer_size(); });
      usual.close();
      zero.close();
    });
  });
}

NODE_SCENARIO("create/bad-buffer-size") {
  t.survive();
  std::optional<Socket> created;
  t.returns("created", [&] {
    SocketOptions options = options_of("udp4");
    options.recv_buffer_size = -1;
    created = create_socket(t.io, options);
    return *created;
  });
  Socket socket = *created;
  t.on(socket, "socket", event::listening, event::close, event::error, event::message);
  socket.bind(0, "127.0.0.1", [&t] { t.log("bind callback"); });
  t.settle([&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.send("it receives", socket.address().port, "127.0.0.1");
    socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
  });
}

NODE_SCENARIO("create/reuse-addr-of-both") {
  Socket first = create_socket(t.io, reusing());
  Socket second = create_socket(t.io, reusing());
  Socket sender = create_socket(t.io, "udp4");
  t.on(first, "first", event::message, event::error);
  t.on(second, "second", event::message, event::error);
  first.bind(0, "127.0.0.1", [&t, first, second, sender]() mutable {
    second.bind(first.address().port, "127.0.0.1", [&t, first, sender]() mutable {
      t.log("both are bound");
      sender.bind(0, "127.0.0.1", [&t, first, sender]() mutable {
        t.port(sender, "sender");
        sender.send("to the last that was bound", first.address().port, "127.0.0.1");
      });
    });
  });
  second.on(event::message, [first, second, sender](const auto&, const auto&) mutable {
    first.close();
    second.close();
    sender.close();
  });
}

NODE_SCENARIO("create/reuse-addr-of-the-second") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, reusing());
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    t.port(first, "first");
    second.bind(first.address().port, "127.0.0.1");
  });
  second.on(event::error, [&t, first, second](const Error& error) mutable {
    t.error("second", error);
    first.close();
    second.close();
  });
}

NODE_SCENARIO("create/reuse-addr-of-the-first") {
  Socket first = create_socket(t.io, reusing());
  Socket second = create_socket(t.io, "udp4");
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    t.port(first, "first");
    second.bind(first.address().port, "127.0.0.1");
  });
  second.on(event::error, [&t, first, second](const Error& error) mutable {
    t.error("second", error);
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("create/ipv6-only") {
  SocketOptions options = options_of("udp6");
  options.ipv6_only = true;
  Socket six = create_socket(t.io, options);
  Socket four = create_socket(t.io, "udp4");
  t.on(four, "four", event::listening, event::error);
  six.bind(12345, "::", [six, four]() mutable {
    four.bind(12345, "0.0.0.0", [six, four]() mutable {
      six.close();
      four.close();
    });
  });
}

NODE_NETWORK_SCENARIO("create/not-ipv6-only") {
  Socket six = create_socket(t.io, "udp6");
  Socket four = create_socket(t.io, "udp4");
  six.bind(12345, "::", [four]() mutable { four.bind(12345, "0.0.0.0"); });
  four.on(event::error, [&t, six, four](const Error& error) mutable {
    t.error("four", error);
    six.close();
    four.close();
  });
}

NODE_SCENARIO("create/ipv6-only-for-udp4") {
  SocketOptions options = options_of("udp4");
  options.ipv6_only = true;
  Socket socket = create_socket(t.io, options);
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    socket.close();
  });
  socket.bind(0, "127.0.0.1");
}

}  // namespace node_create_test
