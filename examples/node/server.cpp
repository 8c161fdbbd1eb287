// The server of Node's documentation: says where it listens, and prints what it gets.
//
//   node_server               # server listening 0.0.0.0:41234
//   node_client               # server got: Some bytes from 127.0.0.1:50123
#include <asio/io_context.hpp>
#include <dgram/node/socket.hpp>
#include <iostream>

#include "../support.hpp"

namespace {

namespace event = dgram::node::event;

void serve(const example::Arguments& arguments) {
  if (arguments.size() > 1) throw example::UsageError("one argument, please");
  const int port = arguments.empty() ? 41234 : example::port_number(arguments[0]);

  asio::io_context io;
  dgram::node::Socket server = dgram::node::create_socket(io, "udp4");

  server.on(event::error, [&](const dgram::node::Error& err) {
    std::cerr << "server error:\n" << err.name() << ": " << err.message() << std::endl;
    server.close();
  });

  server.on(event::message, [&](const dgram::Datagram& msg, const dgram::node::RemoteInfo& rinfo) {
    std::cout << "server got: " << msg.text() << " from " << rinfo.address() << ':' << rinfo.port()
              << std::endl;
  });

  server.on(event::listening, [&] {
    const dgram::node::AddressInfo address = server.address();
    std::cout << "server listening " << address.address << ':' << address.port << std::endl;
  });

  server.bind(port);
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "[<port>]\n"
      "Prints every datagram that comes to the port: 41234, unless another one\n"
      "is given. 0 lets the system choose one.",
      serve);
}
