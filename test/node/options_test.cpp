// Options of a bound socket: scenarios/options.js.
#include "scenario.hpp"

namespace node_options_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

std::string text_of(bool value) {
  return value ? "true" : "false";
}

}  // namespace

NODE_SCENARIO("options/ttl") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("1", [&] { return socket.set_ttl(1); });
    t.returns("255", [&] { return socket.set_ttl(255); });
    t.throws("0", [&] { return socket.set_ttl(0); });
    t.throws("256", [&] { return socket.set_ttl(256); });
    t.throws("-1", [&] { return socket.set_ttl(-1); });
    socket.close();
  });
}

NODE_SCENARIO("options/ttl-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("16", [&] { return socket.set_ttl(16); });
  t.throws("0", [&] { return socket.set_ttl(0); });
  t.throws("256", [&] { return socket.set_ttl(256); });
  socket.close();
}

NODE_SCENARIO("options/multicast-ttl") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("0", [&] { return socket.set_multicast_ttl(0); });
    t.returns("255", [&] { return socket.set_multicast_ttl(255); });
    t.throws("-1", [&] { return socket.set_multicast_ttl(-1); });
    t.throws("256", [&] { return socket.set_multicast_ttl(256); });
    socket.close();
  });
}

NODE_SCENARIO("options/multicast-ttl-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("16", [&] { return socket.set_multicast_ttl(16); });
  t.throws("256", [&] { return socket.set_multicast_ttl(256); });
  socket.close();
}

NODE_NETWORK_SCENARIO("options/of-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  socket.bind(0, [&t, socket]() mutable {
    t.returns("setTTL", [&] { return socket.set_ttl(16); });
    t.returns("setMulticastTTL", [&] { return socket.set_multicast_ttl(16); });
    t.returns("setMulticastLoopback", [&] { return socket.set_multicast_loopback(false); });
    t.returns("setBroadcast", [&] { socket.set_broadcast(true); });
    t.throws("setTTL 256", [&] { return socket.set_ttl(256); });
    socket.close();
  });
}

NODE_SCENARIO("options/flags") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("setBroadcast true", [&] { socket.set_broadcast(true); });
    t.returns("setBroadcast false", [&] { socket.set_broadcast(false); });
    t.returns("setMulticastLoopback true", [&] { return socket.set_multicast_loopback(true); });
    t.returns("setMulticastLoopback false", [&] { return socket.set_multicast_loopback(false); });
    socket.close();
  });
}

NODE_SCENARIO("options/buffer-sizes") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("set recv", [&] { socket.set_recv_buffer_size(10000); });
    t.returns("set send", [&] { socket.set_send_buffer_size(12000); });
    t.returns("recv", [&] { return socket.get_recv_buffer_size(); });
    t.returns("send", [&] { return socket.get_send_buffer_size(); });
    socket.close();
  });
}

NODE_SCENARIO("options/bad-buffer-sizes") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.throws("recv -1", [&] { socket.set_recv_buffer_size(-1); });
    t.throws("send -1", [&] { socket.set_send_buffer_size(-1); });
    t.throws("recv 2^32", [&] { socket.set_recv_buffer_size(4294967296); });
    t.throws("send 2^32", [&] { socket.set_send_buffer_size(4294967296); });
    t.throws("recv 2^31", [&] { socket.set_recv_buffer_size(2147483648); });
    t.throws("send 2^31", [&] { socket.set_send_buffer_size(2147483648); });
    t.throws("recv 2^32 - 1", [&] { socket.set_recv_buffer_size(4294967295); });
    socket.close();
  });
}

NODE_SCENARIO("options/bad-buffer-sizes-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("recv -1", [&] { socket.set_recv_buffer_size(-1); });
  t.throws("recv 2^31", [&] { socket.set_recv_buffer_size(2147483648); });
  t.throws("recv 8192", [&] { socket.set_recv_buffer_size(8192); });
  t.throws("send -1", [&] { socket.set_send_buffer_size(-1); });
  t.throws("send 8192", [&] { socket.set_send_buffer_size(8192); });
  socket.close();
}

NODE_SCENARIO("options/buffer-size-zero") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.set_recv_buffer_size(10000);
    socket.set_send_buffer_size(12000);
    t.returns("set recv", [&] { socket.set_recv_buffer_size(0); });
    t.returns("set send", [&] { socket.set_send_buffer_size(0); });
    t.returns("recv", [&] { return socket.get_recv_buffer_size(); });
    t.returns("send", [&] { return socket.get_send_buffer_size(); });
    socket.close();
  });
}

NODE_SCENARIO("options/buffer-size-smallest") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("set recv", [&] { socket.set_recv_buffer_size(1); });
    t.log("granted more: " + text_of(socket.get_recv_buffer_size() > 2));
    t.returns("set send", [&] { socket.set_send_buffer_size(1); });
    t.log("granted more: " + text_of(socket.get_send_buffer_size() > 2));
    socket.close();
  });
}

NODE_SCENARIO("options/buffer-size-largest") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("set recv", [&] { socket.set_recv_buffer_size(2147483647); });
    t.log("granted less: " + text_of(socket.get_recv_buffer_size() < 2147483647));
    socket.close();
  });
}

NODE_SCENARIO("options/buffer-sizes-while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.close(); });
  t.throws("set recv", [&] { socket.set_recv_buffer_size(8192); });
  t.throws("get send", [&] { return socket.get_send_buffer_size(); });
}

NODE_SCENARIO("options/counters-after-sends") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(socket.address().port, "127.0.0.1", [&t, socket](const Error*) mutable {
      socket.send("x", [socket](const Error*, std::size_t) mutable { socket.close(); });
      t.returns("size", [&] { return socket.get_send_queue_size(); });
      t.returns("count", [&] { return socket.get_send_queue_count(); });
    });
  });
}

NODE_SCENARIO("options/address-is-asked-each-time") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("bound", [&] { return socket.address(); });
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("connected", [&] { return socket.address(); });
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

NODE_SCENARIO("options/address-is-a-copy") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    dgram::node::AddressInfo address = socket.address();
    address.port = 0;
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("options/chain") {
  Socket socket = create_socket(t.io, "udp4");
  socket.ref().unref().ref().bind(0, "127.0.0.1").on(event::listening, [&t, socket]() mutable {
    t.log("listening");
    socket.close();
  });
}

}  // namespace node_options_test
