// A datagram that is in several buffers, as Node's documentation sends it.
//
//   node_client_with_buffers  # to port 41234 on 127.0.0.1
//   node_client_with_buffers 9000 10.0.0.2
#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <dgram/node/socket.hpp>

#include "../support.hpp"

namespace {

void send_message(const example::Arguments& arguments) {
  if (arguments.size() > 2) throw example::UsageError("two arguments at most, please");
  const int port = arguments.empty() ? 41234 : example::port_number(arguments[0]);
  const std::string address = arguments.size() < 2 ? "" : arguments[1];

  asio::io_context io;
  const std::string buf1 = "Some ";
  const std::string buf2 = "bytes";
  dgram::node::Socket client = dgram::node::create_socket(io, "udp4");
  const std::array<asio::const_buffer, 2> message = {asio::buffer(buf1), asio::buffer(buf2)};
  // Without an address it goes to 127.0.0.1.
  client.send(message, port, address, [&](const dgram::node::Error* /*err*/, std::size_t) {
    client.close();
  });
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "[<port> [<host>]]\n"
                           "Sends one datagram out of two buffers: to port 41234 on 127.0.0.1,\n"
                           "unless others are given.",
                           send_message);
}
