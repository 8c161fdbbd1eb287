// Sockets on the loopback interface, on ports that the kernel chooses.
#pragma once

#include <poll.h>

#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>

#include "support/options.hpp"

namespace test {

inline dgram::Endpoint any_port() {
  return dgram::Endpoint(asio::ip::address_v4::loopback(), 0);
}
inline dgram::Endpoint any_port_v6() {
  return dgram::Endpoint(asio::ip::address_v6::loopback(), 0);
}

/// A socket bound to 127.0.0.1 (or ::1, by `options.family`).
inline dgram::Socket bound(asio::io_context& io, const dgram::SocketOptions& options = {}) {
  dgram::Socket socket(io, options);
  socket.bind(options.family == dgram::Family::ipv6 ? any_port_v6() : any_port());
  return socket;
}

/// The same by its family alone.
inline dgram::Socket bound_in(asio::io_context& io, dgram::Family family) {
  return bound(io, of_family(family));
}

/// A port where nobody listens. The kernel gives a port that was just freed to the next one only by
/// chance in 28,000.
inline dgram::Endpoint dead_port(asio::io_context& io, dgram::Family family = dgram::Family::ipv4) {
  return bound_in(io, family).local_endpoint();
}

/// Waits until the kernel has an error for the socket: POLLERR comes unasked. False: there is none.
inline bool await_error(const dgram::Socket& socket) {
  pollfd error = {socket.native_handle(), 0, 0};
  return ::poll(&error, 1, 30'000) == 1;
}

/// Puts a datagram into the receive queue of `to`, in the kernel, before it returns.
inline void put(dgram::Socket& from, const dgram::Socket& to, dgram::Payload payload) {
  std::error_code ec;
  if (!from.try_send(payload, to.local_endpoint(), ec)) throw dgram::Error(ec, "put");
}

/// A receiver and a sender of one context.
struct SocketPair {
  explicit SocketPair(const dgram::SocketOptions& of_receiver = {})
      : receiver(bound(io, of_receiver)) {}
  asio::io_context io;
  dgram::Socket receiver;
  dgram::Socket sender = bound(io);
};

}  // namespace test
