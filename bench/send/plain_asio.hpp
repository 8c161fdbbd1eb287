// Asio's own UDP socket, as its documentation uses it.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include "../support/context.hpp"
#include "../support/rounds.hpp"
#include "sender.hpp"

namespace bench::send::plain_asio {

/// Sends to the first peer.
class Socket {
 public:
  Socket(int descriptor, const Work& work)
      : socket_(io_, asio::ip::udp::v4(), descriptor),
        to_(asio::ip::address_v4::loopback(), ntohs(work.peers.front().sin_port)),
        payload_(work.size, 'x') {}

  double by_callback(int count) {
    left_ = count;
    const Stopwatch watch;
    send_next(watch);
    run();
    return spent_;
  }

  double by_coroutine(int count) {
    asio::co_spawn(io_, send_all(count), rethrow);
    run();
    return spent_;
  }

 private:
  void run() {
    io_.restart();
    io_.run();
  }

  void send_next(const Stopwatch& watch) {
    socket_.async_send_to(
        asio::buffer(payload_), to_, [this, watch](std::error_code ec, std::size_t size) {
          if (ec) throw std::system_error(ec, "async_send_to");
          use(size);
          if (--left_ == 0)
            spent_ = watch.nanoseconds();
          else
            send_next(watch);
        });
  }

  asio::awaitable<void> send_all(int count) {
    const Stopwatch watch;
    for (int i = 0; i < count; ++i) {
      const std::size_t size =
          co_await socket_.async_send_to(asio::buffer(payload_), to_, asio::use_awaitable);
      use(size);
    }
    spent_ = watch.nanoseconds();
  }

  Context io_;
  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint to_;
  std::string payload_;
  int left_ = 0;
  double spent_ = 0;
};

inline Senders senders() {
  const auto callback = [](int descriptor, const Work& work) -> Send {
    auto socket = std::make_shared<Socket>(descriptor, work);
    return [socket](int count) { return socket->by_callback(count); };
  };
  const auto coroutine = [](int descriptor, const Work& work) -> Send {
    auto socket = std::make_shared<Socket>(descriptor, work);
    return [socket](int count) { return socket->by_coroutine(count); };
  };
  return {{"asio_callback", callback}, {"asio_use_awaitable", coroutine}};
}

}  // namespace bench::send::plain_asio
