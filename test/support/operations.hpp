// Every operation of a socket by name, so that one test can go through all of them.
#pragma once

#include <array>
#include <asio/buffer.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <functional>
#include <system_error>
#include <utility>

namespace test {

enum class Operation {
  recv,
  recv_for,
  recv_until,
  recv_many,
  recv_into,
  wait_readable,
  send,
  send_many,
  send_segments,
  send_to_host,
};

inline constexpr std::array receiving{Operation::recv,      Operation::recv_for,  Operation::recv_until,
                                      Operation::recv_many, Operation::recv_into, Operation::wait_readable};
inline constexpr std::array sending{Operation::send, Operation::send_many, Operation::send_segments,
                                    Operation::send_to_host};

inline const char* name(Operation operation) {
  constexpr std::array names{"recv",          "recv_for", "recv_until", "recv_many",     "recv_into",
                             "wait_readable", "send",     "send_many",  "send_segments", "send to host"};
  return names[static_cast<std::size_t>(operation)];
}

/// What the operations read and write while they are pending; one per operation.
struct Memory {
  std::array<dgram::Datagram, 2> many;
  std::array<std::byte, 2048> into{};
  std::array<dgram::Outgoing, 2> batch;
};

/// Gets the error and how much the operation did: datagrams that were received, or bytes or datagrams that were sent.
using Done = std::function<void(std::error_code, std::size_t)>;

/// Starts an operation; `wrap` makes the completion token out of the handler (bind_executor and the like). Sends put "ab" on their way to
/// `to`: send_many and send_segments as two datagrams of one byte.
template <class Wrap>
void start(Operation operation, dgram::Socket& socket, Memory& memory, const dgram::Endpoint& to, Wrap wrap, Done done) {
  using namespace std::chrono_literals;
  const auto sent = [done](std::error_code ec, std::size_t n) { done(ec, n); };
  const auto maybe = [done](std::error_code ec, std::optional<dgram::Datagram> d) { done(ec, d ? 1 : 0); };
  switch (operation) {
    case Operation::recv:
      return socket.async_recv(wrap([done](std::error_code ec, dgram::Datagram d) { done(ec, d ? 1 : 0); }));
    case Operation::recv_for:
      return socket.async_recv_for(1h, wrap(maybe));
    case Operation::recv_until:
      return socket.async_recv_until(std::chrono::steady_clock::now() + 1h, wrap(maybe));
    case Operation::recv_many:
      return socket.async_recv_many(memory.many, wrap(sent));
    case Operation::recv_into:
      return socket.async_recv_into(
          memory.into, wrap([done](std::error_code ec, dgram::Received r) { done(ec, r.remote.port() ? 1 : 0); }));
    case Operation::wait_readable:
      return socket.async_wait_readable(wrap([done](std::error_code ec) { done(ec, 0); }));
    case Operation::send:
      return socket.async_send("ab", to, wrap(sent));
    case Operation::send_many:
      memory.batch = {dgram::Outgoing(asio::buffer("a", 1), to), dgram::Outgoing(asio::buffer("b", 1), to)};
      return socket.async_send_many(memory.batch, wrap(sent));
    case Operation::send_segments:
      return socket.async_send_segments("ab", 1, to, wrap(sent));
    case Operation::send_to_host:
      return socket.async_send("ab", to.address().to_string(), to.port(), wrap(sent));
  }
}

/// The handler as it is.
inline constexpr auto plain = [](auto handler) { return handler; };

}  // namespace test
