// Calls that wait for 'listening': scenarios/queue.js.
#include <memory>

#include "scenario.hpp"

namespace node_queue_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Lookup;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::plain_error;
using test::udp4_with_lookup;

namespace {

/// A lookup that fails for the address that an implicit bind asks for, and succeeds otherwise.
Lookup no_bind(test::Trace& t) {
  return [&t](const std::string& hostname, int, auto callback) {
    if (hostname == "0.0.0.0")
      next_tick(t.io, [callback, error = plain_error("no bind")] { callback(&error, {}); });
    else
      next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
  };
}

/// A lookup that fails while *fail.
Lookup failing_while(test::Trace& t, const std::shared_ptr<bool>& fail) {
  return [&t, fail](const std::string& hostname, int, auto callback) {
    next_tick(t.io, [callback, hostname, failed = *fail, error = plain_error("no")] {
      callback(failed ? &error : nullptr, hostname);
    });
  };
}

}  // namespace

NODE_SCENARIO("queue/sends-in-order") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening);
  sender.on(event::listening, [&t, sender] { t.port(sender, "sender"); });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    const int port = receiver.address().port;
    for (const std::string text : {"one", "two", "three"}) {
      sender.send(text, port, "127.0.0.1", [&t, text](const Error* error, std::size_t bytes) {
        t.sent(text, error, bytes);
      });
    }
  });
  receiver.on(event::message, [receiver, sender, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("queue/sends-while-binding") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.bind(0, "127.0.0.1", [&t, sender] {
      t.port(sender, "sender");
      t.returns("address", [&] { return sender.address(); });
    });
    sender.send(
        "hello", receiver.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("hello", error, bytes);
        });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("queue/sends-in-listeners") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    const int port = receiver.address().port;
    sender.on(event::listening, [&t, sender, port]() mutable {
      t.log("listener before");
      t.port(sender, "sender");
      sender.send("in the listener before", port, "127.0.0.1");
    });
    sender.send("waiting", port, "127.0.0.1");
    sender.on(event::listening, [&t, sender, port]() mutable {
      t.log("listener after");
      sender.send("in the listener after", port, "127.0.0.1");
    });
  });
  receiver.on(event::message, [receiver, sender, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("queue/is-not-in-the-counters") {
  Socket socket = create_socket(t.io, "udp4");
  socket.send("hello", 9, "127.0.0.1");
  t.returns("size", [&] { return socket.get_send_queue_size(); });
  t.returns("count", [&] { return socket.get_send_queue_count(); });
  socket.close();
}

NODE_SCENARIO("queue/close-drops-the-sends") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening, event::close, event::error);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    t.port(receiver, "receiver");
    sender.send(
        "x", receiver.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
          t.sent("x", error, bytes);
        });
    t.returns("close", [&] { return sender.close([&t] { t.log("close callback"); }); });
    t.settle([receiver]() mutable { receiver.close(); });
  });
}

NODE_SCENARIO("queue/close-behind-a-connect") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::connect, event::close, event::error);
  socket.connect(9, "127.0.0.1", [&t](const Error* error) {
    t.log("never called");
    if (error) t.error("connect", *error);
  });
  socket.close([&t] { t.log("close callback"); });
}

NODE_SCENARIO("queue/close-twice") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.returns("close", [&] { return socket.close(); });
  t.returns("close again", [&] { return socket.close(); });
}

NODE_SCENARIO("queue/send-behind-close") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.returns("close", [&] { return socket.close(); });
  t.returns("send", [&] {
    socket.send("y", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("y", error, bytes);
    });
  });
}

NODE_SCENARIO("queue/bind-fails-and-drops-sends") {
  Socket socket = create_socket(t.io, udp4_with_lookup(no_bind(t)));
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.send("y", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("y", error, bytes);
  });
  t.settle([&t, socket]() mutable {
    t.log("nothing more happened");
    socket.close();
  });
}

NODE_SCENARIO("queue/bind-fails-and-drops-close") {
  Socket socket = create_socket(t.io, udp4_with_lookup(no_bind(t)));
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.send("x", 9, "127.0.0.1");
  socket.close([&t] { t.log("first close callback"); });
  t.settle([&t, socket]() mutable {
    t.log("nothing more happened");
    socket.close([&t] { t.log("second close callback"); });
  });
}

NODE_SCENARIO("queue/bind-fails-and-nobody-listens") {
  Socket socket = create_socket(t.io, udp4_with_lookup(no_bind(t)));
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
}

NODE_SCENARIO("queue/works-after-a-failed-bind") {
  const auto fail = std::make_shared<bool>(true);
  Socket socket = create_socket(t.io, udp4_with_lookup(failing_while(t, fail)));
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.once(event::error, [&t, socket, fail](const Error&) mutable {
    *fail = false;
    t.set_immediate([&t, socket]() mutable {
      socket.send("y", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
        t.sent("y", error, bytes);
        socket.close();
      });
    });
  });
}

NODE_SCENARIO("queue/monitor-drops-before-handlers") {
  const auto fail = std::make_shared<bool>(true);
  Socket socket = create_socket(t.io, udp4_with_lookup(failing_while(t, fail)));
  t.on(socket, "socket", event::listening);
  socket.on(event::error, [&t, socket, fail](const Error& error) mutable {
    t.error("socket", error);
    *fail = false;
    socket.send("y", 9, "127.0.0.1", [&t, socket](const Error* failure, std::size_t bytes) mutable {
      t.sent("y", failure, bytes);
      socket.close();
    });
  });
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
}

NODE_SCENARIO("queue/connect-and-send") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening, event::connect);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    t.port(receiver, "receiver");
    const int port = receiver.address().port;
    sender.connect(port, "127.0.0.1");
    t.throws("send to the peer", [&] { sender.send("x"); });
    sender.send("x",
                port,
                "127.0.0.1",
                [&t, receiver, sender](const Error* error, std::size_t bytes) mutable {
                  t.sent("x", error, bytes);
                  receiver.close();
                  sender.close();
                });
  });
}

NODE_SCENARIO("queue/send-and-connect") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::listening, event::connect);
  sender.on(event::listening, [&t, sender] { t.port(sender, "sender"); });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    const int port = receiver.address().port;
    sender.send("first", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("first", error, bytes);
    });
    sender.connect(port, "127.0.0.1");
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("queue/listener-throws-before-it") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t] {
    t.log("listener throws");
    throw plain_error("from the listener");
  });
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.on(event::close, [&t] { t.log("never emitted"); });
  t.settle([&t, socket]() mutable {
    socket.send("y", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
      t.sent("y", error, bytes);
    });
    t.returns("close", [&] { return socket.close(); });
    t.settle([&t, socket]() mutable {
      t.log(std::string("still open: ") + (socket.address().port != 0 ? "true" : "false"));
      socket.unref();
    });
  });
}

NODE_SCENARIO("queue/fails-inside-send") {
  const auto fail = std::make_shared<bool>(true);
  Socket socket =
      create_socket(t.io, udp4_with_lookup([fail](const std::string& hostname, int, auto callback) {
                      const Error no = plain_error("no");
                      if (*fail)
                        callback(&no, {});
                      else
                        callback(nullptr, hostname);
                    }));
  t.on(socket, "socket", event::error, event::listening, event::close);
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.log("send has returned");
  *fail = false;
  t.returns("close", [&] { return socket.close(); });
  t.settle([&t, socket] { t.throws("address", [&] { return socket.address(); }); });
}

}  // namespace node_queue_test
