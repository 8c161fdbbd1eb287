// A service that takes over the sockets which systemd opened for it (socket activation), and opens
// its own when there are none. It answers each datagram in capital letters.
//
// Two files and no libsystemd:
//
//   shout.socket
//     [Socket]
//     ListenDatagram=127.0.0.1:9000
//
//   shout.service
//     [Service]
//     ExecStart=/usr/local/bin/systemd_service
#include <asio/signal_set.hpp>
#include <cctype>
#include <csignal>
#include <dgram/dgram.hpp>
#include <dgram/process/passed_sockets.hpp>
#include <iostream>
#include <list>
#include <optional>
#include <utility>

#include "support.hpp"

namespace {

asio::awaitable<void> shout(dgram::Socket& socket, dgram::Datagram datagram) {
  if (!example::may_answer(datagram.remote(), socket.local_endpoint())) co_return;
  for (std::byte& byte : datagram.data())
    byte = static_cast<std::byte>(std::toupper(std::to_integer<unsigned char>(byte)));
  const dgram::SendOptions from_there = datagram.reply_options();
  std::error_code ec;
  co_await socket.send(datagram, datagram.remote(), from_there, ec);
  if (ec)
    std::cerr << "no answer to " << dgram::to_string(datagram.remote()) << ": " << ec.message()
              << '\n';
}

asio::awaitable<void> shout(dgram::Socket& socket) {
  std::cout << "listening on " << dgram::to_string(socket.local_endpoint()) << std::endl;
  std::error_code ec;
  for (;;) {
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec == asio::error::eof) co_return;
    if (ec) throw dgram::Error(ec, "recv");
    co_await shout(socket, std::move(datagram));
  }
}

void serve(const example::Arguments& arguments) {
  if (arguments.size() != 0 && arguments.size() != 2)
    throw example::UsageError("no arguments or two, please");
  asio::io_context io;
  std::list<dgram::Socket> sockets;

  dgram::SocketOptions options;
  options.receive_local_address =
      true;  // a socket of all addresses has to answer from the one that was asked
  // systemd keeps the socket open: when this process dies, what it has not taken out is there for
  // the next one. So it takes one at a time.
  options.batch = 1;

  dgram::NamedDescriptors passed = dgram::passed_sockets();
  for (const std::string& name : passed.names()) {
    dgram::Socket& socket = sockets.emplace_back(io, options);
    socket.adopt(passed.take());  // refuses what is not a UDP socket, by name
    std::cout << "adopted \"" << name << '"' << std::endl;
  }

  const bool are_passed = !sockets.empty();
  if (!are_passed) {
    dgram::Socket& socket = sockets.emplace_back(io, options);
    socket.bind(arguments.empty()
                    ? dgram::make_endpoint("127.0.0.1", 0)
                    : dgram::make_endpoint(arguments[0], example::port_number(arguments[1])));
    std::cout << "no descriptors passed, bound a socket" << std::endl;
  }

  // `systemctl restart` and `stop`: what was taken out is answered, the rest waits for the next
  // process. A socket that this process has made ends with it, so all of it is answered.
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const std::error_code& ec, int) {
    if (ec) return;
    for (dgram::Socket& socket : sockets)
      if (are_passed)
        socket.stop_receiving();
      else
        socket.drain();
  });
  std::size_t running = sockets.size();
  for (dgram::Socket& socket : sockets)
    asio::co_spawn(io, shout(socket), [&signals, &running](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
      if (--running == 0) signals.cancel();
    });
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "[<address> <port>]\n"
      "Answers UDP datagrams in capital letters, on the sockets that systemd passed, else on the\n"
      "address given (127.0.0.1 and any port when none is).",
      serve);
}
