// What a socket has as an EventEmitter: the order of listeners, and what becomes of those that come
// and go: scenarios/emitter.js.
#include <memory>

#include "scenario.hpp"

namespace node_emitter_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::ListenerId;
using dgram::node::Socket;

NODE_SCENARIO("emitter/order") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] { t.log("second"); });
  socket.on(event::close, [&t] { t.log("third"); });
  socket.prepend(event::close, [&t] { t.log("first"); });
  socket.close();
}

NODE_SCENARIO("emitter/once") {
  Socket socket = create_socket(t.io, "udp4");
  socket.once(event::message, [&t](const auto&, const auto&) { t.log("once"); });
  socket.on(event::message, [&t, socket, messages = 0](const auto&, const auto&) mutable {
    t.log("always");
    if (++messages == 2) socket.close();
  });
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.send("1", socket.address().port, "127.0.0.1");
    socket.send("2", socket.address().port, "127.0.0.1");
  });
}

NODE_SCENARIO("emitter/once-is-removed-before-its-call") {
  Socket socket = create_socket(t.io, "udp4");
  socket.once(event::close, [&t, socket] {
    t.returns("listeners", [&] { return socket.listener_count(event::close); });
  });
  socket.close();
}

NODE_SCENARIO("emitter/added-while-emitting") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::message, [&t, socket, messages = 0](const auto&, const auto&) mutable {
    t.log("first");
    if (++messages == 1)
      socket.on(event::message, [&t](const auto&, const auto&) { t.log("added"); });
    else
      socket.close();
  });
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.send("1", socket.address().port, "127.0.0.1");
    socket.send("2", socket.address().port, "127.0.0.1");
  });
}

NODE_SCENARIO("emitter/removed-while-emitting") {
  Socket socket = create_socket(t.io, "udp4");
  const auto second = std::make_shared<ListenerId>();
  socket.on(event::message, [&t, socket, second, messages = 0](const auto&, const auto&) mutable {
    t.log("first");
    socket.off(event::message, *second);
    if (++messages == 2) socket.close();
  });
  *second = socket.on(event::message, [&t](const auto&, const auto&) { t.log("second"); });
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.send("1", socket.address().port, "127.0.0.1");
    socket.send("2", socket.address().port, "127.0.0.1");
  });
}

NODE_SCENARIO("emitter/same-listener-twice") {
  // It is called twice, and removed once.
  Socket socket = create_socket(t.io, "udp4");
  const auto listener = [&t] { t.log("listener"); };
  socket.on(event::close, listener);
  socket.on(event::close, listener);
  const ListenerId last = socket.on(event::close, listener);
  socket.off(event::close, last);
  t.returns("listeners", [&] { return socket.listener_count(event::close); });
  socket.close();
}

NODE_SCENARIO("emitter/error-monitor") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("listener", error);
    socket.close();
  });
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("emitter/error-monitor-handles-nothing") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error_monitor, [&t](const Error& error) { t.error("monitor", error); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("emitter/no-listeners-at-first") {
  Socket socket = create_socket(t.io, "udp4");
  t.returns("listening", [&] { return socket.listener_count(event::listening); });
  t.returns("connect", [&] { return socket.listener_count(event::connect); });
  t.returns("message", [&] { return socket.listener_count(event::message); });
  t.returns("error", [&] { return socket.listener_count(event::error); });
  t.returns("close", [&] { return socket.listener_count(event::close); });
  socket.close();
}

NODE_SCENARIO("emitter/remove-all") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::message, [&t] { t.log("never called"); });
  socket.on(event::close, [&t] { t.log("never called"); });
  socket.remove_all_listeners();
  socket.on(event::message, [&t, socket]() mutable {
    t.log("new listener");
    socket.close();
  });
  socket.bind(
      0, "127.0.0.1", [socket]() mutable { socket.send("x", socket.address().port, "127.0.0.1"); });
}

NODE_SCENARIO("emitter/prepend-once") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::message, [&t, socket, messages = 0]() mutable {
    t.log("always");
    if (++messages == 2) socket.close();
  });
  socket.prepend_once(event::message, [&t] { t.log("second, once"); });
  socket.prepend(event::message, [&t] { t.log("first"); });
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.send("1", socket.address().port, "127.0.0.1");
    socket.send("2", socket.address().port, "127.0.0.1");
  });
}

NODE_SCENARIO("emitter/remove-all-of-one-event") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::message, [&t] { t.log("never called"); });
  socket.once(event::message, [&t] { t.log("never called"); });
  socket.on(event::close, [&t] { t.log("close"); });
  t.returns("removeAllListeners", [&] { return socket.remove_all_listeners(event::message); });
  t.returns("of message", [&] { return socket.listener_count(event::message); });
  t.returns("of close", [&] { return socket.listener_count(event::close); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.send("x", socket.address().port, "127.0.0.1");
    socket.once(event::message, [&t, socket]() mutable {
      t.log("a new one");
      socket.close();
    });
  });
}

NODE_SCENARIO("emitter/remove-all-while-emitting") {
  // The event goes on with those that were there.
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t, socket] {
    t.log("first");
    socket.remove_all_listeners(event::close);
  });
  socket.on(event::close, [&t] { t.log("second"); });
  socket.once(event::close, [&t] { t.log("third, once"); });
  socket.close();
}

NODE_SCENARIO("emitter/remove-all-errors") {
  // Then nobody listens.
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t] { t.log("never called"); });
  socket.on(event::error_monitor, [&t] { t.log("never called"); });
  t.returns("removeAllListeners", [&] { return socket.remove_all_listeners(); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("emitter/remove-all-and-callbacks") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t] { t.log("bind"); });
  socket.remove_all_listeners();
  t.settle([&t, socket] {
    t.log("bound");
    socket.close([&t] { t.log("close"); });
    socket.remove_all_listeners(event::close);
  });
}

NODE_SCENARIO("emitter/remove-all-and-a-connect") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket] {
    socket.connect(9, "127.0.0.1", [&t] { t.log("connect"); });
    socket.remove_all_listeners();
    t.settle([socket] { socket.close(); });
  });
}

NODE_SCENARIO("emitter/remove-all-and-what-waits") {
  Socket socket = create_socket(t.io, "udp4");
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.remove_all_listeners();
  t.settle([&t, socket] {
    t.log("settled");
    socket.unref();
  });
}

}  // namespace node_emitter_test
