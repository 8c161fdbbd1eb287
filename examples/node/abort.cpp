// A server that is closed by a signal, as Node's documentation does it with an AbortController:
// here a std::stop_source, which any thread may ask to stop.
//
//   node_abort                # prints what it gets, until it is interrupted
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <dgram/node/socket.hpp>
#include <iostream>
#include <stop_token>

#include "../support.hpp"

namespace {

namespace event = dgram::node::event;

void serve(const example::Arguments& arguments) {
  if (arguments.size() > 1) throw example::UsageError("one argument, please");
  const int port = arguments.empty() ? 41234 : example::port_number(arguments[0]);

  asio::io_context io;
  std::stop_source controller;
  dgram::node::Socket server =
      dgram::node::create_socket(io, {.type = "udp4", .signal = controller.get_token()});

  server.on(event::message, [&](const dgram::Datagram& msg, const dgram::node::RemoteInfo& rinfo) {
    std::cout << "server got: " << msg.text() << " from " << rinfo.address() << ':' << rinfo.port()
              << std::endl;
  });
  server.on(event::listening, [&] {
    std::cout << "server listening " << server.address().address << ':' << server.address().port
              << std::endl;
  });
  server.on(event::close, [&] { std::cout << "server closed" << std::endl; });
  server.bind(port);

  // Later, when you want to close the server.
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](std::error_code, int) { controller.request_stop(); });
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "[<port>]\n"
      "Prints every datagram that comes to the port: 41234, unless another one\n"
      "is given. SIGINT and SIGTERM close the socket, and that ends the program.",
      serve);
}
