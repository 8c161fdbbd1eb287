// A service that takes over the sockets which systemd opened for it (socket activation), and opens
// its own when there are none. It answers each datagram in capital letters.
//
// As systemd hands them over: LISTEN_FDS says how many, LISTEN_PID for which process, and they
// start at descriptor 3 (sd_listen_fds(3)). Two files and no libsystemd:
//
//   shout.socket
//     [Socket]
//     ListenDatagram=127.0.0.1:9000
//
//   shout.service
//     [Service]
//     ExecStart=/usr/local/bin/systemd_service
#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <dgram/dgram.hpp>
#include <iostream>
#include <list>

#include "support.hpp"

namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START

/// How many descriptors are meant for this process, and not for a parent whose environment it
/// inherited.
int passed_descriptors() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  const bool for_us = pid && count && std::strtol(pid, nullptr, 10) == ::getpid();
  const long descriptors = for_us ? std::strtol(count, nullptr, 10) : 0;
  // Children of this process shall not take them for theirs.
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  return descriptors > 0 && descriptors <= 1024 ? static_cast<int>(descriptors) : 0;
}

asio::awaitable<void> shout(dgram::Socket& socket) {
  const dgram::Endpoint local = socket.local_endpoint();
  std::cout << "listening on " << dgram::to_string(local) << std::endl;
  for (;;) {
    dgram::Datagram datagram = co_await socket.recv();
    if (!example::may_answer(datagram.remote(), local)) continue;
    for (std::byte& byte : datagram.data())
      byte = static_cast<std::byte>(std::toupper(std::to_integer<unsigned char>(byte)));
    const dgram::SendOptions from_there = datagram.reply_options();
    std::error_code ec;
    co_await socket.send(datagram, datagram.remote(), from_there, ec);
    if (ec)
      std::cerr << "no answer to " << dgram::to_string(datagram.remote()) << ": " << ec.message()
                << '\n';
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

  const int passed = passed_descriptors();
  for (int handle = first_descriptor; handle < first_descriptor + passed; ++handle) {
    ::fcntl(handle, F_SETFD, FD_CLOEXEC);
    dgram::Socket& socket = sockets.emplace_back(io, options);
    socket.adopt(handle);  // refuses what is not a UDP socket, by name
    std::cout << "adopted descriptor " << handle << std::endl;
  }

  if (sockets.empty()) {
    dgram::Socket& socket = sockets.emplace_back(io, options);
    socket.bind(arguments.empty()
                    ? dgram::make_endpoint("127.0.0.1", 0)
                    : dgram::make_endpoint(arguments[0], example::port_number(arguments[1])));
    std::cout << "no descriptors passed, bound a socket" << std::endl;
  }

  for (dgram::Socket& socket : sockets)
    asio::co_spawn(io, shout(socket), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
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
