// Sends a text and prints the answer.
#include <chrono>
#include <dgram/dgram.hpp>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;

asio::awaitable<void> ask(dgram::Socket& socket, std::string host, int port, std::string text) {
  // A connected socket: the kernel lets only this peer's datagrams in, and tells when nobody
  // listens there.
  co_await socket.connect(host, port);

  for (int attempt = 1; attempt <= 3; ++attempt) {
    co_await socket.send(text);
    const std::optional<dgram::Datagram> answer = co_await socket.recv_for(1s);
    if (answer) {
      std::cout << answer->text() << std::endl;
      co_return;
    }
  }
  throw std::runtime_error("no answer from " + dgram::to_string(socket.remote_endpoint()));
}

void ask_with(const example::Arguments& arguments) {
  if (arguments.size() != 3) throw example::UsageError("three arguments, please");
  asio::io_context io;
  dgram::Socket socket(io);
  example::run(io, ask(socket, arguments[0], example::port_number(arguments[1]), arguments[2]));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "<host> <port> <text>\n"
                           "Sends the text to an echo server and prints what comes back.\n"
                           "Tries three times, a second each.",
                           ask_with);
}
