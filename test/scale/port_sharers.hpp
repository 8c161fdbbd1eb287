// Sockets that share a port, without threads: what the kernel makes of them.
#pragma once

#include <asio/io_context.hpp>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "support/loopback.hpp"

namespace test {

/// Numbered in the order in which they are bound.
inline std::vector<dgram::Socket> port_sharers(asio::io_context& io,
                                               std::size_t count,
                                               dgram::Endpoint local = any_port()) {
  dgram::SocketOptions options;
  options.reuse_port = true;
  std::vector<dgram::Socket> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.emplace_back(io, options);
    sockets.back().bind(local);
    local = sockets.back().local_endpoint();
  }
  return sockets;
}

/// All that waits in a socket.
inline std::vector<std::string> heard(dgram::Socket& socket) {
  std::vector<std::string> texts;
  std::error_code ec;
  while (const std::optional<dgram::Datagram> d = socket.try_recv(ec))
    texts.emplace_back(d->text());
  return texts;
}

/// The number of the socket that gets what `from` sends; the count of sockets when none does.
inline std::size_t receiver_of(std::vector<dgram::Socket>& sockets,
                               dgram::Socket& from,
                               dgram::Payload payload) {
  std::error_code ec;
  if (!from.try_send(payload, sockets.front().local_endpoint(), ec))
    throw dgram::Error(ec, "try_send");
  std::size_t receiver = sockets.size();
  for (std::size_t i = 0; i < sockets.size(); ++i)
    if (!heard(sockets[i]).empty()) receiver = i;
  return receiver;
}

}  // namespace test
