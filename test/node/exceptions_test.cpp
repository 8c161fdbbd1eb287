// Exceptions that leave a callback, and what goes on where the process does:
// scenarios/exceptions.js.
#include "scenario.hpp"

namespace node_exceptions_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("exceptions/end-the-process") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t] {
    t.tick("that never runs");
    throw test::plain_error("from the callback");
  });
}

NODE_SCENARIO("exceptions/in-message") {
  // The other listeners do not hear of this datagram. The next one is delivered to all.
  t.survive();
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  receiver.on(event::message, [&t](const auto& msg, const auto& rinfo) {
    t.message("first listener", msg, rinfo);
    if (msg.text() == "1") throw test::plain_error("from the listener");
  });
  receiver.on(event::message, [&t, receiver](const auto& msg, const auto& rinfo) mutable {
    t.message("second listener", msg, rinfo);
    receiver.close();
  });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect(
        receiver.address().port, "127.0.0.1", [&t, receiver, sender](const Error*) mutable {
          t.port(sender, "sender");
          sender.send("1");
          t.readable(receiver);
          sender.send("2");
          t.readable(receiver, 2);
          sender.close();
        });
  });
}

NODE_SCENARIO("exceptions/in-the-callback-of-send") {
  // The callbacks of other sends come as ever.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("1",
                  [](const Error*, std::size_t) { throw test::plain_error("from the callback"); });
      socket.send("2", [&t](const Error* error, std::size_t bytes) { t.sent("2", error, bytes); });
    });
  });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("exceptions/in-listening") {
  // The callback of bind does not come any more. The socket is bound and receives.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.on(event::listening, [] { throw test::plain_error("from the listener"); });
  socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); });
  socket.on(event::listening, [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.send("it receives", socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("exceptions/in-the-callback-of-bind") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t] { t.log("listener before"); });
  socket.bind(0, "127.0.0.1", [] { throw test::plain_error("from the callback"); });
  socket.on(event::listening, [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("exceptions/in-connect") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::connect, [] { throw test::plain_error("from the listener"); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("never called"); });
  });
  t.settle([&t, socket]() mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    socket.close();
  });
}

NODE_SCENARIO("exceptions/in-the-callback-of-connect") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.connect(
        9, "127.0.0.1", [](const Error*) { throw test::plain_error("from the callback"); });
  });
  t.settle([&t, socket]() mutable {
    t.returns("remoteAddress", [&] { return socket.remote_address(); });
    t.returns("listeners", [&] { return socket.listener_count(event::connect); });
    socket.close();
  });
}

NODE_SCENARIO("exceptions/in-the-failed-callback-of-connect") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "::1", [&t](const Error* error) {
      t.error("callback", *error);
      throw test::plain_error("from the callback");
    });
  });
  t.settle([&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.log("connected");
      socket.close();
    });
  });
}

NODE_SCENARIO("exceptions/in-close") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] {
    t.log("listener throws");
    throw test::plain_error("from the listener");
  });
  socket.bind(
      0, "127.0.0.1", [&t, socket]() mutable { socket.close([&t] { t.log("never called"); }); });
  t.settle([&t, socket] { t.throws("address", [&] { return socket.address(); }); });
}

NODE_SCENARIO("exceptions/in-error") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t](const Error& error) {
    t.error("first listener", error);
    throw test::plain_error("from the listener");
  });
  socket.on(event::error, [&t](const Error&) { t.log("never called"); });
  socket.bind(0, "192.0.2.1");
  t.settle([&t, socket]() mutable {
    socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
      t.log("bound");
      socket.close();
    });
  });
}

NODE_SCENARIO("exceptions/in-a-listener-inside-bind") {
  // Where the event is emitted inside the call, the exception leaves the call.
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        callback(nullptr, hostname);
      }));
  socket.on(event::listening, [] { throw test::plain_error("from the listener"); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); }); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

}  // namespace node_exceptions_test
