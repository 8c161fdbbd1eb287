// The client of Node's documentation: one datagram, and closed when it has been sent.
//
//   node_client               # to port 41234 on localhost
//   node_client 9000 10.0.0.2
#include <asio/io_context.hpp>
#include <cstddef>
#include <dgram/node/socket.hpp>

#include "../support.hpp"

namespace {

void send_message(const example::Arguments& arguments) {
  if (arguments.size() > 2) throw example::UsageError("two arguments at most, please");
  const int port = arguments.empty() ? 41234 : example::port_number(arguments[0]);
  const std::string host = arguments.size() < 2 ? "localhost" : arguments[1];

  asio::io_context io;
  const std::string message = "Some bytes";
  dgram::node::Socket client = dgram::node::create_socket(io, "udp4");
  client.send(
      message, port, host, [&](const dgram::node::Error* /*err*/, std::size_t) { client.close(); });
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "[<port> [<host>]]\n"
      "Sends one datagram: to port 41234 on localhost, unless others are given.",
      send_message);
}
