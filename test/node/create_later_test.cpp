// createSocket, as newer versions of Node check its options: what is marked with `since` in
// scenarios/create.js. The others are in create_test.cpp.
#include <cstdint>

#include "scenario.hpp"

namespace node_create_later_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Socket;

NODE_SCENARIO("create/buffer-sizes-are-checked-at-once") {
  constexpr std::int64_t one = 1;
  t.throws("recv -1",
           [&] { return create_socket(t.io, {.type = "udp4", .recv_buffer_size = -1}); });
  t.throws("send -1",
           [&] { return create_socket(t.io, {.type = "udp4", .send_buffer_size = -1}); });
  t.throws("recv 2^32",
           [&] { return create_socket(t.io, {.type = "udp4", .recv_buffer_size = one << 32}); });
  t.throws("send 2^32",
           [&] { return create_socket(t.io, {.type = "udp4", .send_buffer_size = one << 32}); });
  t.throws("recv -2^40",
           [&] { return create_socket(t.io, {.type = "udp4", .recv_buffer_size = -(one << 40)}); });
  t.returns("recv 2^32 - 1", [&] {
    return create_socket(t.io, {.type = "udp4", .recv_buffer_size = (one << 32) - 1});
  });
  t.returns("zero", [&] {
    return create_socket(t.io, {.type = "udp4", .recv_buffer_size = 0, .send_buffer_size = 0});
  });
}

NODE_SCENARIO("create/order-of-the-checks") {
  t.throws("both sizes", [&] {
    return create_socket(t.io, {.type = "udp4", .recv_buffer_size = -2, .send_buffer_size = -1});
  });
  t.throws("size and type",
           [&] { return create_socket(t.io, {.type = "tcp4", .send_buffer_size = -1}); });
}

NODE_SCENARIO("create/buffer-size-that-the-system-refuses") {
  t.survive();
  Socket socket = create_socket(t.io, {.type = "udp4", .recv_buffer_size = std::int64_t{1} << 31});
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

}  // namespace node_create_later_test
