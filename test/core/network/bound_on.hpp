// Sockets of dgram on hosts.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <string_view>

#include "support/network.hpp"
#include "support/run_until.hpp"

namespace test {

/// A socket of the host, bound to `local`.
inline dgram::Socket bound_on(const Host& host,
                              asio::io_context& io,
                              const dgram::Endpoint& local,
                              const dgram::SocketOptions& options = {}) {
  const Here here = host.enter();
  dgram::Socket socket(io, options);
  socket.bind(local);
  return socket;
}

/// Bound to an address of the host, or to any, "0.0.0.0" or "::", and a port that the kernel
/// chooses.
inline dgram::Socket bound_on(const Host& host,
                              asio::io_context& io,
                              std::string_view address,
                              const dgram::SocketOptions& options = {}) {
  const Here here = host.enter();  // a zone is looked up there
  return bound_on(host, io, dgram::make_endpoint(address, 0), options);
}

}  // namespace test
