// dgram::node: what Node programs look like in C++.
#include <asio/io_context.hpp>
#include <dgram/node/socket.hpp>
#include <utility>

#include "../support/context.hpp"
#include "peers.hpp"

namespace bench::adapter {

namespace {

namespace event = dgram::node::event;

void run(int descriptor, const ToParent& parent, asio::io_context& io, dgram::node::Socket socket) {
  dgram::node::BindOptions options;
  options.fd = descriptor;
  socket.bind(options, [&parent] { parent.ready(); });
  io.run();
}

void receive(int descriptor, const ToParent& parent) {
  Context io;
  Tally tally(parent);
  dgram::node::Socket socket = dgram::node::create_socket(io, "udp4");
  socket.on(event::message,
            [&tally](const dgram::Datagram& message) { tally.take(message.size()); });
  run(descriptor, parent, io, socket);
}

void echo(int descriptor, const ToParent& parent) {
  Context io;
  dgram::node::Socket socket = dgram::node::create_socket(io, "udp4");
  socket.on(event::message,
            [socket](const dgram::Datagram& message, const dgram::node::RemoteInfo& rinfo) {
              socket.send(message, rinfo.port(), rinfo.address());
            });
  run(descriptor, parent, io, socket);
}

}  // namespace

Peer receiver() {
  return {"node_adapter", receive};
}

Peer echo_server() {
  return {"node_adapter", echo};
}

}  // namespace bench::adapter
