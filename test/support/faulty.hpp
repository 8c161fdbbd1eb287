// A socket on a fault channel, a well-behaved peer, and operations with the error as a value.
#pragma once

#include <asio/awaitable.hpp>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <memory>
#include <string>
#include <support/catch2.hpp>
#include <support/loopback.hpp>
#include <support/os.hpp>
#include <system_error>

namespace test {

/// Sockets made on `io` from now on follow the script.
inline std::shared_ptr<dgram::FaultScript> make_faulty(
    asio::io_context& io,
    std::shared_ptr<dgram::FaultScript> script = std::make_shared<dgram::FaultScript>()) {
  dgram::set_channel_factory(io, [script](const asio::any_io_executor& executor) {
    return dgram::make_fault_channel(dgram::make_kernel_channel(executor), script);
  });
  return script;
}

/// A call that does so many of what it is asked for, and then ends with the error.
inline dgram::FaultScript::Fault at_most(std::size_t n, std::error_code ec = {}) {
  dgram::FaultScript::Fault fault;
  fault.at_most = n;
  fault.error = ec;
  return fault;
}

/// A peer of which nothing goes wrong, and a bound socket that follows `script`.
struct Faulty {
  explicit Faulty(const dgram::SocketOptions& options = {})
      : peer(bound(io)), script(make_faulty(io)), socket(bound(io, options)) {}

  /// Puts a datagram into the kernel's queue of `socket`.
  void put(dgram::Payload payload) { test::put(peer, socket, payload); }

  /// What the peer has received, each on a line of its own; without waiting.
  std::string received() {
    std::string all;
    std::error_code ec;
    while (const std::optional<dgram::Datagram> datagram = peer.try_recv(ec))
      all += std::string(datagram->text()) + '\n';
    return all;
  }

  asio::io_context io;
  dgram::Socket peer;
  std::shared_ptr<dgram::FaultScript> script;
  dgram::Socket socket;
};

/// recv, with what arrived as text, or the name of the error in brackets.
inline asio::awaitable<std::string> recv_text(dgram::Socket& socket) {
  std::error_code ec;
  const dgram::Datagram datagram = co_await socket.recv(ec);
  if (!ec) co_return std::string(datagram.text());
  co_return '<' + std::string(dgram::code_name(ec)) + '>';
}

/// The next receive brings exactly this, in the form of recv_text().
inline asio::awaitable<void> expect(dgram::Socket& socket, std::string_view text) {
  const std::string got = co_await recv_text(socket);
  CHECK(got == text);
}

/// send, with the error as a value.
inline asio::awaitable<std::error_code> send_code(dgram::Socket& socket,
                                                  std::string_view bytes,
                                                  dgram::Endpoint to) {
  std::error_code ec;
  try {
    co_await socket.send(bytes, to);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  co_return ec;
}

}  // namespace test
