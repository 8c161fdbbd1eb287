// Asio's own UDP sockets, which share one buffer.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <list>
#include <memory>
#include <system_error>

#include "../support/datagram_buffer.hpp"
#include "../support/rounds.hpp"
#include "loop.hpp"
#include "on_asio.hpp"

namespace bench::loop::plain_asio {

class Sockets {
 public:
  Sockets(const std::vector<int>& descriptors, bool coroutines) {
    for (const int descriptor : descriptors) {
      sockets_.emplace_back(loop_.io, asio::ip::udp::v4(), descriptor);
      if (coroutines)
        asio::co_spawn(loop_.io, receive(sockets_.back()), rethrow);
      else
        receive_next(sockets_.back());
    }
    loop_.io.poll();
  }
  void serve(int count) { loop_.serve(count); }

 private:
  void receive_next(asio::ip::udp::socket& socket) {
    socket.async_receive_from(
        asio::buffer(buffer_), from_, [this, &socket](std::error_code ec, std::size_t size) {
          if (ec) throw std::system_error(ec, "async_receive_from");
          use(size);
          loop_.one_more();
          receive_next(socket);
        });
  }

  asio::awaitable<void> receive(asio::ip::udp::socket& socket) {
    for (;;) {
      const std::size_t size =
          co_await socket.async_receive_from(asio::buffer(buffer_), from_, asio::use_awaitable);
      use(size);
      loop_.one_more();
    }
  }

  Counting loop_;
  std::list<asio::ip::udp::socket> sockets_;
  DatagramBuffer buffer_;
  asio::ip::udp::endpoint from_;
};

inline Loop by(const char* name, bool coroutines) {
  return {name, [coroutines](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors, coroutines);
            return [sockets](int count) { sockets->serve(count); };
          }};
}
inline Loop callback() {
  return by("asio_callback", false);
}
inline Loop use_awaitable() {
  return by("asio_use_awaitable", true);
}

}  // namespace bench::loop::plain_asio
