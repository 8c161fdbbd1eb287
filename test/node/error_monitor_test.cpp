// Listeners of error_monitor: they see every `error` before its listeners do, and handle none:
// scenarios/error_monitor.js. The simplest are in emitter_test.cpp.
#include <string>

#include "scenario.hpp"

namespace node_error_monitor_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::ListenerId;
using dgram::node::next_tick;
using dgram::node::Socket;

namespace {

/// The first lookup fails a tick later, the others answer with the name itself.
dgram::node::Lookup fails_at_first(test::Trace& t) {
  return [&t, lookups = 0](const std::string& hostname, int, auto callback) mutable {
    next_tick(t.io, [first = ++lookups == 1, hostname, callback] {
      const Error no = test::plain_error("no");
      callback(first ? &no : nullptr, hostname);
    });
  };
}

}  // namespace

NODE_SCENARIO("error_monitor/order") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t](const Error&) { t.log("first listener"); });
  socket.on(event::error_monitor, [&t](const Error&) { t.log("first monitor"); });
  socket.on(event::error, [&t, socket](const Error&) mutable {
    t.log("second listener");
    socket.close();
  });
  socket.on(event::error_monitor, [&t](const Error&) { t.log("second monitor"); });
  socket.prepend(event::error_monitor, [&t](const Error&) { t.log("monitor before them"); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("error_monitor/does-not-count-as-a-listener") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [](const Error&) {});
  socket.on(event::error_monitor, [](const Error&) {});
  socket.on(event::error, [](const Error&) {});
  t.returns("error", [&] { return socket.listener_count(event::error); });
  t.returns("errorMonitor", [&] { return socket.listener_count(event::error_monitor); });
  socket.close();
}

NODE_SCENARIO("error_monitor/the-process-goes-on") {
  // Nobody handled it, but the socket may be used on.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.bind(0, "192.0.2.1");
  t.settle([&t, socket]() mutable {
    socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
      t.log("bound");
      socket.close();
    });
  });
}

NODE_SCENARIO("error_monitor/once") {
  Socket socket = create_socket(t.io, "udp4");
  socket.once(event::error_monitor, [&t, socket](const Error&) {
    t.log("once");
    t.returns("monitors", [&] { return socket.listener_count(event::error_monitor); });
  });
  socket.on(event::error_monitor, [&t](const Error&) { t.log("always"); });
  socket.on(event::error, [socket, errors = 0](const Error&) mutable {
    if (++errors < 2)
      socket.bind(0, "192.0.2.1");
    else
      socket.close();
  });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("error_monitor/off") {
  Socket socket = create_socket(t.io, "udp4");
  const ListenerId monitor =
      socket.on(event::error_monitor, [&t](const Error&) { t.log("never called"); });
  socket.off(event::error_monitor, monitor);
  t.returns("monitors", [&] { return socket.listener_count(event::error_monitor); });
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("error_monitor/throws") {
  // Then the listeners of 'error' are not called.
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error&) {
    t.log("first monitor");
    throw test::plain_error("from the monitor");
  });
  socket.on(event::error_monitor, [&t](const Error&) { t.log("never called"); });
  socket.on(event::error, [&t](const Error&) { t.log("never called"); });
  socket.bind(0, "192.0.2.1");
  t.settle([&t, socket]() mutable {
    socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
      t.log("bound");
      socket.close();
    });
  });
}

NODE_SCENARIO("error_monitor/closes") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.on(event::error_monitor, [&t, socket](const Error&) mutable {
    t.log("monitor");
    socket.close();
  });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("error_monitor/binds-again") {
  // The socket is free when the monitor hears of it.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.once(event::error_monitor, [&t, socket](const Error&) mutable {
    t.returns("bind", [&] { return socket.bind(0, "127.0.0.1"); });
  });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("error_monitor/callback-of-bind") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("error_monitor/callback-of-bind-later") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
}

NODE_SCENARIO("error_monitor/connect-without-callback") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.connect(9, "::1"); });
}

NODE_SCENARIO("error_monitor/what-callbacks-get-is-no-event") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error&) { t.log("never called"); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
      t.error("connect", *error);
      socket.send("x", 9, "::1", [&t, socket](const Error* failure, std::size_t bytes) mutable {
        t.sent("x", failure, bytes);
        socket.close();
      });
    });
  });
}

NODE_SCENARIO("error_monitor/what-is-thrown-is-no-event") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error&) { t.log("never called"); });
  t.throws("connect", [&] { socket.connect(0, "127.0.0.1"); });
  t.throws("address", [&] { return socket.address(); });
  socket.close();
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
}

NODE_SCENARIO("error_monitor/exception-of-a-listener-is-no-event") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error&) { t.log("never called"); });
  socket.bind(0, "127.0.0.1", [] { throw test::plain_error("from the callback"); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("error_monitor/lookup-of-a-send-fails") {
  const auto lookup = [&t](const std::string& hostname, int, auto callback) {
    next_tick(t.io, [callback, hostname] {
      const Error no = test::plain_error("no");
      callback(hostname == "somewhere" ? &no : nullptr, hostname);
    });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup});
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.send("x", 9, "somewhere"); });
}

NODE_NETWORK_SCENARIO("error_monitor/nobody-at-the-other-end") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.connect(9, "127.0.0.1", [socket](const Error*) mutable { socket.send("x"); });
}

NODE_SCENARIO("error_monitor/dropped-queue") {
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = fails_at_first(t)});
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    socket.send("y", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
      t.sent("y", error, bytes);
      socket.close();
    });
  });
}

NODE_SCENARIO("error_monitor/sends-while-the-queue-is-there") {
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = fails_at_first(t)});
  socket.once(event::error_monitor, [&t, socket](const Error&) mutable {
    t.log("monitor");
    socket.send("y", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  });
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("error_monitor/sends-when-the-queue-is-dropped") {
  // A monitor that was added after the first send comes when the queue is gone: what it sends is in
  // a new one.
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = fails_at_first(t)});
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  socket.once(event::error_monitor, [&t, socket](const Error&) mutable {
    t.log("monitor");
    socket.send("y", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
      t.sent("y", error, bytes);
      socket.close();
    });
  });
}

NODE_SCENARIO("error_monitor/closes-while-the-queue-is-there") {
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = fails_at_first(t)});
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.once(event::error_monitor, [&t, socket](const Error&) mutable {
    t.returns("close", [&] { return socket.close(); });
  });
  socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.throws("address", [&] { return socket.address(); });
    socket.close();
  });
}

}  // namespace node_error_monitor_test
