// The same by Node's API, which needs the module "node".
#include <asio/io_context.hpp>
#include <dgram/node.hpp>
#include <iostream>

int main() {
  asio::io_context io;
  dgram::node::Socket socket = dgram::node::create_socket(io, "udp4");

  socket.on(dgram::node::event::message,
            [&](const dgram::Datagram& message, const dgram::node::RemoteInfo&) {
              std::cout << message.text() << '\n';
              socket.close();
            });
  socket.bind(0, "127.0.0.1", [&] { socket.send("hello", socket.address().port, "127.0.0.1"); });
  io.run();
}
