// The smallest service: a socket that sends itself a datagram. Each way to consume dgram builds and
// runs this file.
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <exception>
#include <iostream>

namespace {

asio::awaitable<void> serve(dgram::Socket& socket) {
  co_await socket.send("hello", socket.local_endpoint());
  dgram::Datagram datagram = co_await socket.recv();
  std::cout << datagram.text() << '\n';
}

}  // namespace

int main() {
  asio::io_context io;
  dgram::Socket socket(io);
  socket.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));

  std::exception_ptr failure;
  asio::co_spawn(io, serve(socket), [&](std::exception_ptr e) { failure = e; });
  io.run();
  if (failure) std::rethrow_exception(failure);
}
