// Which of the two kernel channels this build has: what POSIX alone offers is a part of what Linux
// offers.
#pragma once

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>

#include "support/loopback.hpp"

namespace test {

/// True on the channel that uses what Linux offers beyond POSIX: metadata, drop counts.
inline bool is_linux_channel() {
  asio::io_context io;
  dgram::SocketOptions options;
  options.receive_hop_limit = true;
  dgram::Socket socket(io, options);
  std::error_code ec;
  socket.bind(any_port(), ec);
  return ec != asio::error::operation_not_supported;
}

}  // namespace test
