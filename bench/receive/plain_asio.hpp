// Asio's own UDP socket, as its documentation uses it.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <system_error>

#include "../support/context.hpp"
#include "../support/datagram_buffer.hpp"
#include "../support/rounds.hpp"
#include "receiver.hpp"

namespace bench::receive::plain_asio {

class Socket {
 public:
  explicit Socket(int descriptor) : socket_(io_, asio::ip::udp::v4(), descriptor) {}

  double by_callback(int count) {
    left_ = count;
    const Stopwatch watch;
    receive_next(watch);
    run();
    return spent_;
  }

  double by_coroutine(int count) {
    asio::co_spawn(io_, take(count), rethrow);
    run();
    return spent_;
  }

 private:
  void run() {
    io_.restart();
    io_.run();
  }

  void receive_next(const Stopwatch& watch) {
    socket_.async_receive_from(
        asio::buffer(buffer_), from_, [this, watch](std::error_code ec, std::size_t size) {
          if (ec) throw std::system_error(ec, "async_receive_from");
          use(size);
          if (--left_ == 0)
            spent_ = watch.nanoseconds();
          else
            receive_next(watch);
        });
  }

  asio::awaitable<void> take(int count) {
    const Stopwatch watch;
    for (int i = 0; i < count; ++i) {
      const std::size_t size =
          co_await socket_.async_receive_from(asio::buffer(buffer_), from_, asio::use_awaitable);
      use(size);
    }
    spent_ = watch.nanoseconds();
  }

  Context io_;
  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint from_;
  DatagramBuffer buffer_;
  int left_ = 0;
  double spent_ = 0;
};

inline Receivers receivers() {
  const auto callback = [](int descriptor, std::size_t) -> Drain {
    auto socket = std::make_shared<Socket>(descriptor);
    return [socket](int count) { return socket->by_callback(count); };
  };
  const auto coroutine = [](int descriptor, std::size_t) -> Drain {
    auto socket = std::make_shared<Socket>(descriptor);
    return [socket](int count) { return socket->by_coroutine(count); };
  };
  return {{"asio_callback", callback}, {"asio_use_awaitable", coroutine}};
}

}  // namespace bench::receive::plain_asio
