// bind that fails, as newer versions of Node report it: what is marked with `since` in
// scenarios/bind_errors.js. The others are in bind_errors_test.cpp.
#include "scenario.hpp"

namespace node_bind_errors_later_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Socket;

NODE_SCENARIO("bind_errors/callback-swallows-no-more") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
}

NODE_SCENARIO("bind_errors/callback-swallows-no-more-survived") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.returns("listeners of listening", [&] { return socket.listener_count(event::listening); });
    socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
      t.log("bound");
      socket.close();
    });
  });
}

NODE_SCENARIO("bind_errors/callback-is-no-listener-of-error") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("listeners in the callback", [&] { return socket.listener_count(event::error); });
    socket.close();
  });
  t.returns("listeners after bind", [&] { return socket.listener_count(event::error); });
}

}  // namespace node_bind_errors_later_test
