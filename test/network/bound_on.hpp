// Sockets of dgram on hosts.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <string_view>

#include "support/network.hpp"
#include "support/run_until.hpp"

namespace test {

/// Bound to an address of the host, or to any: "0.0.0.0", "::".
inline dgram::Socket bound_on(const Host& host,
                              asio::io_context& io,
                              std::string_view address,
                              const dgram::SocketOptions& options = {}) {
  const Here here = host.enter();
  dgram::Socket socket(io, options);
  socket.bind(dgram::make_endpoint(address, 0));
  return socket;
}

}  // namespace test
