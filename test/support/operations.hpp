// Every operation of a socket by name, so that one test can go through all of them.
#pragma once

#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "support/channel_kind.hpp"
#include "support/loopback.hpp"

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
  recv_error,
};

inline constexpr std::array receiving{Operation::recv,
                                      Operation::recv_for,
                                      Operation::recv_until,
                                      Operation::recv_many,
                                      Operation::recv_into,
                                      Operation::wait_readable};
inline constexpr std::array sending{
    Operation::send, Operation::send_many, Operation::send_segments, Operation::send_to_host};

/// Every operation that waits for something to come; recv_error is one where this build's channel
/// has reports.
inline std::vector<Operation> waiting() {
  std::vector<Operation> all(receiving.begin(), receiving.end());
  if (is_linux_channel()) all.push_back(Operation::recv_error);
  return all;
}

inline std::vector<Operation> all_operations() {
  std::vector<Operation> all = waiting();
  all.insert(all.end(), sending.begin(), sending.end());
  return all;
}

/// What a socket has to be to start the operation on it.
inline dgram::SocketOptions options_for(Operation operation) {
  dgram::SocketOptions options;
  options.receive_errors = operation == Operation::recv_error;
  return options;
}

/// Puts an error report into the kernel's queue of `socket`, which is not connected: a datagram
/// that nobody takes.
inline void put_report(dgram::Socket& socket) {
  asio::io_context io;
  std::error_code ec;
  if (!socket.try_send("to nobody", dead_port(io), ec)) throw dgram::Error(ec, "put_report");
  if (!await_error(socket)) throw std::runtime_error("no report came");
}

/// Puts into the kernel what the operation waits for.
inline void put_for(Operation operation, dgram::Socket& from, dgram::Socket& to) {
  if (operation == Operation::recv_error)
    put_report(to);
  else
    put(from, to, "here");
}

inline const char* name(Operation operation) {
  constexpr std::array names{"recv",
                             "recv_for",
                             "recv_until",
                             "recv_many",
                             "recv_into",
                             "wait_readable",
                             "send",
                             "send_many",
                             "send_segments",
                             "send to host",
                             "recv_error"};
  return names[static_cast<std::size_t>(operation)];
}

/// What the operations read and write while they are pending; one per operation.
struct Memory {
  std::array<dgram::Datagram, 2> many;
  std::array<std::byte, 2048> into{};
  std::array<dgram::Outgoing, 2> batch;
};

/// Gets the error and how much the operation did: datagrams that were received, or bytes or
/// datagrams that were sent.
using Done = std::function<void(std::error_code, std::size_t)>;

/// Starts an operation; `wrap` makes the completion token out of the handler (bind_executor and the
/// like). Sends put "ab" on their way to `to`: send_many and send_segments as two datagrams of one
/// byte.
template <class Wrap>
void start(Operation operation,
           dgram::Socket& socket,
           Memory& memory,
           const dgram::Endpoint& to,
           Wrap wrap,
           Done done) {
  using namespace std::chrono_literals;
  const auto sent = [done](std::error_code ec, std::size_t n) { done(ec, n); };
  const auto maybe = [done](std::error_code ec, std::optional<dgram::Datagram> d) {
    done(ec, d ? 1 : 0);
  };
  switch (operation) {
    case Operation::recv:
      return socket.async_recv(
          wrap([done](std::error_code ec, dgram::Datagram d) { done(ec, d ? 1 : 0); }));
    case Operation::recv_for:
      return socket.async_recv_for(1h, wrap(maybe));
    case Operation::recv_until:
      return socket.async_recv_until(std::chrono::steady_clock::now() + 1h, wrap(maybe));
    case Operation::recv_many:
      return socket.async_recv_many(memory.many, wrap(sent));
    case Operation::recv_into:
      return socket.async_recv_into(memory.into,
                                    wrap([done](std::error_code ec, dgram::Received r) {
                                      done(ec, r.remote.port() ? 1 : 0);
                                    }));
    case Operation::wait_readable:
      return socket.async_wait_readable(wrap([done](std::error_code ec) { done(ec, 0); }));
    case Operation::send:
      return socket.async_send("ab", to, wrap(sent));
    case Operation::send_many:
      memory.batch = {dgram::Outgoing(asio::buffer("a", 1), to),
                      dgram::Outgoing(asio::buffer("b", 1), to)};
      return socket.async_send_many(memory.batch, wrap(sent));
    case Operation::send_segments:
      return socket.async_send_segments("ab", 1, to, wrap(sent));
    case Operation::send_to_host:
      return socket.async_send("ab", to.address().to_string(), to.port(), wrap(sent));
    case Operation::recv_error:
      return socket.async_recv_error(wrap(
          [done](std::error_code ec, const dgram::ErrorReport& r) { done(ec, r.error ? 1 : 0); }));
  }
}

/// The handler as it is.
inline constexpr auto plain = [](auto handler) { return handler; };

}  // namespace test
