// A UDP socket on a host without dgram: the tests of the network itself, and a peer that is not
// ours.
#pragma once

#include <poll.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/network.hpp"

namespace test {

class PlainSocket {
 public:
  using Endpoint = asio::ip::udp::endpoint;

  /// Bound to an address of the host, or to any: "0.0.0.0", "::".
  PlainSocket(const Host& host, const asio::ip::address& local, unsigned short local_port = 0)
      : socket_(open(io_, host, Endpoint(local, local_port))) {}
  PlainSocket(const Host& host, std::string_view local, unsigned short local_port = 0)
      : PlainSocket(host, asio::ip::make_address(std::string(local)), local_port) {}

  asio::ip::udp::socket& operator*() noexcept { return socket_; }
  asio::ip::udp::socket* operator->() noexcept { return &socket_; }
  Endpoint local() const { return socket_.local_endpoint(); }

  void send(std::string_view text, const Endpoint& to) {
    socket_.send_to(asio::buffer(text.data(), text.size()), to);
  }

  /// Waits for the next datagram.
  std::string receive() {
    pollfd readable = {socket_.native_handle(), POLLIN, 0};
    if (::poll(&readable, 1, 30'000) != 1) throw std::runtime_error("no datagram came");
    return take();
  }

  /// What comes until `last` came, that included. To see that something does not come, send it, and
  /// then something that does: nobody needs to sleep.
  std::vector<std::string> receive_until(std::string_view last) {
    std::vector<std::string> all;
    do all.push_back(receive());
    while (all.back() != last);
    while (socket_.available() != 0) all.push_back(take());
    return all;
  }

  /// Who sent what was received last.
  const Endpoint& remote() const noexcept { return remote_; }

 private:
  static asio::ip::udp::socket open(asio::io_context& io, const Host& host, const Endpoint& local) {
    const Here here = host.enter();
    return asio::ip::udp::socket(io, local);
  }

  std::string take() {
    std::array<char, 2048> block;
    return std::string(block.data(), socket_.receive_from(asio::buffer(block), remote_));
  }

  asio::io_context io_;
  asio::ip::udp::socket socket_;
  Endpoint remote_;
};

}  // namespace test
