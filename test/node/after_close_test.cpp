// Calls of a closed socket: scenarios/after_close.js.
#include "scenario.hpp"

namespace node_after_close_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("after_close/not-running") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    const auto never_called = [&t](const Error*, std::size_t) { t.log("never called"); };
    socket.close();
    t.throws("address", [&] { return socket.address(); });
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    t.throws("bind", [&] { return socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); }); });
    t.throws("close", [&] { return socket.close(); });
    t.throws("send", [&] { socket.send("x", 9, "127.0.0.1", never_called); });
    t.throws("sendto", [&] { socket.send("x", 0, 1, 9, "127.0.0.1", never_called); });
    t.throws("setMulticastInterface", [&] { socket.set_multicast_interface("127.0.0.1"); });
    t.throws("addMembership", [&] { socket.add_membership("224.0.0.114"); });
    t.throws("dropMembership", [&] { socket.drop_membership("224.0.0.114"); });
    t.throws("addSourceSpecificMembership",
             [&] { socket.add_source_specific_membership("127.0.0.1", "232.0.0.1"); });
    t.throws("dropSourceSpecificMembership",
             [&] { socket.drop_source_specific_membership("127.0.0.1", "232.0.0.1"); });
  });
}

NODE_SCENARIO("after_close/comes-before-other-checks") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close();
  t.throws("bad group", [&] { socket.add_membership("nonsense"); });
  t.throws("no group", [&] { socket.add_membership(""); });
  t.throws("bad interface", [&] { socket.set_multicast_interface("nonsense"); });
  t.throws("bad descriptor", [&] {
    return socket.bind({.port = 0, .address = {}, .exclusive = false, .fd = 12345});
  });
}

NODE_SCENARIO("after_close/ref-and-unref") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.returns("ref", [&] { return socket.ref(); });
    t.returns("unref", [&] { return socket.unref(); });
  });
}

NODE_SCENARIO("after_close/set-options") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.throws("setBroadcast", [&] { socket.set_broadcast(true); });
    t.throws("setTTL", [&] { return socket.set_ttl(16); });
    t.throws("setMulticastTTL", [&] { return socket.set_multicast_ttl(16); });
    t.throws("setMulticastLoopback", [&] { return socket.set_multicast_loopback(true); });
  });
}

NODE_SCENARIO("after_close/buffer-sizes") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.throws("getRecvBufferSize", [&] { return socket.get_recv_buffer_size(); });
    t.throws("getSendBufferSize", [&] { return socket.get_send_buffer_size(); });
    t.throws("setRecvBufferSize", [&] { socket.set_recv_buffer_size(8192); });
    t.throws("setSendBufferSize", [&] { socket.set_send_buffer_size(8192); });
  });
}

NODE_SCENARIO("after_close/bad-buffer-size") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close();
  t.throws("setRecvBufferSize", [&] { socket.set_recv_buffer_size(-1); });
  t.throws("setSendBufferSize", [&] { socket.set_send_buffer_size(-1); });
}

NODE_SCENARIO("after_close/counters") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.throws("getSendQueueSize", [&] { return socket.get_send_queue_size(); });
    t.throws("getSendQueueCount", [&] { return socket.get_send_queue_count(); });
  });
}

NODE_SCENARIO("after_close/disconnect-when-not-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.throws("disconnect", [&] { socket.disconnect(); });
  });
}

NODE_SCENARIO("after_close/disconnect-when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.close();
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    t.throws("disconnect", [&] { socket.disconnect(); });
  });
}

NODE_SCENARIO("after_close/connect-when-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close();
  t.throws("connect", [&] { socket.connect(9, "127.0.0.1"); });
  t.throws("connect again", [&] { socket.connect(9, "127.0.0.1"); });
}

NODE_SCENARIO("after_close/connect-when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.close();
    t.throws("connect", [&] { socket.connect(9, "127.0.0.1"); });
  });
}

NODE_SCENARIO("after_close/connect-when-bound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.throws("connect", [&] {
      socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("never called"); });
    });
  });
}

NODE_SCENARIO("after_close/send-when-connected") {
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
    socket.close();
    t.throws("send", [&] { socket.send("x"); });
    t.throws("send with destination", [&] {
      socket.send("x", 9, "127.0.0.1", [&t](const Error*, std::size_t) { t.log("never called"); });
    });
  });
}

NODE_SCENARIO("after_close/listeners-may-come-and-go") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close([&t, socket]() mutable {
    t.on(socket, "socket", event::close, event::message, event::error);
    t.returns("listeners", [&] { return socket.listener_count(event::message); });
    socket.remove_all_listeners();
    t.returns("listeners after removal", [&] { return socket.listener_count(event::message); });
  });
}

}  // namespace node_after_close_test
