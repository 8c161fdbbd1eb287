// The program of README.md, block by block.
#include <dgram/dgram.hpp>

asio::awaitable<void> echo(dgram::Socket& socket) {
  for (;;) {
    std::error_code ec;  // a value: no datagram of a stranger, and no answer that fails, ends this
    dgram::Datagram d = co_await socket.recv(ec);
    if (ec == asio::error::eof || !socket.is_open()) co_return;
    if (d) co_await socket.send(d, d.remote(), ec);
  }
}

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>

int main() {
  asio::io_context io;
  dgram::Socket socket(io);
  socket.bind(dgram::make_endpoint("127.0.0.1", 9000));

  asio::co_spawn(io, echo(socket), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io.run();
}
