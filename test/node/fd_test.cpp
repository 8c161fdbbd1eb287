// bind({ fd }): adopting a descriptor that is there already: scenarios/fd.js. What is descriptor 3
// there is `fd` here.
#include <fcntl.h>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <string>

#include "scenario.hpp"
#include "support/descriptors.hpp"

namespace node_fd_test {

namespace event = dgram::node::event;
using dgram::node::BindOptions;
using dgram::node::create_socket;
using dgram::node::Socket;

NODE_SCENARIO("fd/listening-inside-bind") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close);
  t.tick("before");
  t.returns("bind", [&] { return socket.bind(BindOptions{.fd = fd}); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("fd/callback-inside-bind") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(BindOptions{.fd = fd}, [&t, socket]() mutable {
    t.log("callback");
    socket.close();
  });
  t.log("bind has returned");
}

NODE_SCENARIO("fd/port-and-address-are-ignored") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(BindOptions{.port = 1, .address = "192.0.2.1", .fd = fd});
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.close();
}

NODE_SCENARIO("fd/sends-and-receives") {
  const int fd = t.descriptor("udp4");
  Socket adopted = create_socket(t.io, "udp4");
  Socket other = create_socket(t.io, "udp4");
  t.on(adopted, "adopted", event::message);
  t.on(other, "other", event::message);
  adopted.bind(BindOptions{.fd = fd});
  t.port(adopted, "adopted");
  other.bind(0, "127.0.0.1", [&t, adopted, other]() mutable {
    t.port(other, "other");
    other.send("question", adopted.address().port, "127.0.0.1");
  });
  adopted.on(event::message, [adopted](const auto&, const auto& rinfo) mutable {
    adopted.send("answer", rinfo.port(), rinfo.address());
  });
  other.on(event::message, [adopted, other](const auto&, const auto&) mutable {
    adopted.close();
    other.close();
  });
}

NODE_SCENARIO("fd/wrong-type-tcp") {
  asio::ip::tcp::acceptor server(t.io, {asio::ip::make_address("127.0.0.1"), 0});
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = server.native_handle()}); });
  socket.close();
  server.close();
}

NODE_NETWORK_SCENARIO("fd/wrong-type-stream") {
  // A stream socket of the Unix domain, here one with a name in the abstract namespace.
  using asio::local::stream_protocol;
  stream_protocol::acceptor server(t.io,
                                   stream_protocol::endpoint(std::string("\0dgram-test", 11)));
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = server.native_handle()}); });
  socket.close();
  server.close();
}

NODE_SCENARIO("fd/wrong-type-terminal") {
  const test::Descriptor terminal(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = terminal.get()}); });
  socket.close();
}

NODE_SCENARIO("fd/not-open") {
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = 12345}); });
  socket.close();
}

NODE_SCENARIO("fd/of-a-socket-in-use") {
  // Two sockets of one event loop cannot read the same descriptor.
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    t.throws("bind", [&] { return second.bind(BindOptions{.fd = test::Trace::fd(first)}); });
    t.throws("bind again", [&] { return second.bind(0, "127.0.0.1"); });
    t.port(first, "first");
    t.returns("address of the first", [&] { return first.address(); });
    second.close();
    first.close();
  });
}

NODE_SCENARIO("fd/zero-and-negative-are-ignored") {
  Socket zero = create_socket(t.io, "udp4");
  Socket negative = create_socket(t.io, "udp4");
  zero.bind(BindOptions{.address = "127.0.0.1", .fd = 0}, [&t, zero]() mutable {
    t.port(zero, "zero");
    t.returns("zero", [&] { return zero.address(); });
    zero.close();
  });
  negative.bind(BindOptions{.address = "127.0.0.1", .fd = -1}, [&t, negative]() mutable {
    t.port(negative, "negative");
    t.returns("negative", [&] { return negative.address(); });
    negative.close();
  });
  t.log("both are binding");
}

NODE_SCENARIO("fd/when-bound") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket, fd]() mutable {
    t.throws("bind", [&] { return socket.bind(BindOptions{.fd = fd}); });
    socket.close();
  });
  t.throws("bind while binding", [&] { return socket.bind(BindOptions{.fd = fd}); });
}

NODE_SCENARIO("fd/already-connected") {
  const int fd = t.descriptor("udp4-connected");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(BindOptions{.fd = fd});
  t.port(socket, "socket");
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
  t.throws("send to nobody", [&] { socket.send("x"); });
  socket.send("x",
              socket.address().port,
              "127.0.0.1",
              [&t, socket](const dgram::node::Error* error, std::size_t bytes) mutable {
                t.sent("with destination", error, bytes);
                socket.close();
              });
}

NODE_SCENARIO("fd/wrong-type-file") {
  const test::Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close, event::error);
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = file.get()}); });
  t.throws("bind again", [&] { return socket.bind(0, "127.0.0.1"); });
  socket.close();
}

NODE_SCENARIO("fd/wrong-type-folder") {
  const test::Descriptor folder(::open("/", O_RDONLY | O_CLOEXEC));
  Socket socket = create_socket(t.io, "udp4");
  t.throws("bind", [&] { return socket.bind(BindOptions{.fd = folder.get()}); });
  socket.close();
}

}  // namespace node_fd_test
