// A context, sockets in it, and how their sends ended.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <dgram/node/socket.hpp>
#include <map>
#include <string>
#include <support/run.hpp>

#include "held_lookups.hpp"

namespace test {

/// What a socket has counted of its own, in one line.
inline std::string own_counts(const dgram::node::Socket& socket) {
  const dgram::node::Stats stats = socket.stats();
  return std::to_string(stats.unsent) + " unsent, " + std::to_string(stats.blocked_messages) +
         " blocked, " + std::to_string(stats.unheard_messages) + " unheard";
}

/// Such a line.
inline std::string unsent(int n) {
  return std::to_string(n) + " unsent, 0 blocked, 0 unheard";
}

struct CountedSends {
  dgram::node::SendCallback count() {
    return [this](const dgram::node::Error* error, std::size_t) {
      ++ended[error ? error->code() : "ok"];
    };
  }
  /// How often sends ended with a code: "ENOBUFS 2, ok 1".
  std::string ends() const {
    std::string text;
    for (const auto& [code, times] : ended)
      text += (text.empty() ? "" : ", ") + code + ' ' + std::to_string(times);
    return text;
  }

  static dgram::node::SocketOptions udp4() {
    dgram::node::SocketOptions options;
    options.type = "udp4";
    return options;
  }
  /// A socket bound to a port of 127.0.0.1.
  dgram::node::Socket bound(const dgram::node::SocketOptions& options = udp4()) {
    dgram::node::Socket socket = dgram::node::create_socket(io, options);
    socket.bind_sync({.port = 0, .address = "127.0.0.1"});
    return socket;
  }

  void run() { test::run(io); }
  /// What can run at once, and what that leads to.
  void run_ready() {
    io.restart();
    io.poll();
  }
  /// Puts datagrams into the kernel's queue of a socket, before it returns.
  void put(const dgram::node::Socket& to, int count = 1) {
    const dgram::Endpoint endpoint = dgram::make_endpoint("127.0.0.1", to.address().port);
    std::error_code ec;
    for (int i = 0; i < count; ++i)
      if (!sender.try_send("x", endpoint, ec)) throw dgram::Error(ec, "put");
  }

  asio::io_context io;
  HeldLookups lookups;
  dgram::Socket sender = dgram::Socket(io);
  std::map<std::string, int> ended;
};

}  // namespace test
