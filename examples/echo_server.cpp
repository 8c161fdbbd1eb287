// Sends every datagram back to where it came from.
#include <dgram/dgram.hpp>
#include <iostream>

#include "support.hpp"

namespace {

asio::awaitable<void> echo(dgram::Socket& socket) {
  const dgram::Endpoint local = socket.local_endpoint();
  std::cout << "listening on " << dgram::to_string(local) << std::endl;

  for (;;) {
    std::error_code ec;
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec == asio::error::eof || !socket.is_open()) co_return;
    if (ec) {  // no memory for a moment, say: the next datagrams are served again
      std::cerr << "nothing received: " << ec.message() << '\n';
      continue;
    }
    if (!example::may_answer(datagram.remote(), local)) continue;

    // A socket that is bound to all addresses would answer from the one that the routing table
    // prefers, and a client that asked another one would not know the answer as its own.
    // reply_options() names the address that was asked; where that was all hosts of a link, the one
    // of this host there; and the interface for link-local peers.
    const dgram::SendOptions from_there = datagram.reply_options();

    // One peer that cannot be reached is no reason to stop serving the others: the error is a value
    // here.
    co_await socket.send(datagram, datagram.remote(), from_there, ec);
    if (ec)
      std::cerr << "no answer to " << dgram::to_string(datagram.remote()) << ": " << ec.message()
                << '\n';
  }
}

void serve(const example::Arguments& arguments) {
  if (arguments.size() != 2) throw example::UsageError("two arguments, please");
  const dgram::Endpoint local =
      dgram::make_endpoint(arguments[0], example::port_number(arguments[1]));

  dgram::SocketOptions options;
  options.receive_local_address =
      local.address().is_unspecified();  // else there is only one address to answer from

  asio::io_context io;
  dgram::Socket socket(io, options);
  socket.bind(local);
  example::run(io, echo(socket));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<address> <port>\n"
      "Echoes UDP datagrams. Address: 127.0.0.1, ::1, 0.0.0.0 (all). Port 0 lets the system\n"
      "choose one.",
      serve);
}
