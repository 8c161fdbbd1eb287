// dgram's calls, each as its documentation uses it.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../support/context.hpp"
#include "../support/rounds.hpp"
#include "sender.hpp"

namespace bench::send::with_dgram {

class Socket {
 public:
  Socket(int descriptor, const Work& work) : socket_(io_), payload_(work.size, 'x') {
    socket_.adopt(descriptor);
    for (const sockaddr_in& peer : work.peers)
      peers_.emplace_back(asio::ip::address_v4::loopback(), ntohs(peer.sin_port));
  }

  /// Does one of the ways below, and says how long it took.
  double measure(asio::awaitable<void> (Socket::*way)(int), int count) {
    return measure((this->*way)(count));
  }
  double measure(asio::awaitable<void> work) {
    double spent = 0;
    asio::co_spawn(io_, timed(std::move(work), spent), rethrow);
    io_.restart();
    io_.run();
    return spent;
  }

  asio::awaitable<void> send(int count) {
    for (int i = 0; i < count; ++i) {
      const std::size_t size = co_await socket_.send(payload_, peer(i));
      use(size);
    }
  }

  asio::awaitable<void> try_send(int count) {
    std::error_code ec;
    for (int i = 0; i < count; ++i)
      if (!socket_.try_send(payload_, peer(i), ec)) throw dgram::Error(ec, "try_send");
    co_return;
  }

  asio::awaitable<void> send_many(int count) {
    batch_.clear();
    for (int i = 0; i < count; ++i) batch_.emplace_back(asio::buffer(payload_), peer(i));
    const std::size_t sent = co_await socket_.send_many(batch_);
    use(sent);
  }

  /// To the first peer alone, so many in each batch.
  asio::awaitable<void> send_in_batches(int count, int length) {
    const std::vector<dgram::Outgoing> prepared(
        static_cast<std::size_t>(length), dgram::Outgoing(asio::buffer(payload_), peers_.front()));
    for (int i = 0; i < count; i += length) {
      batch_.assign(prepared.begin(), prepared.begin() + std::min(length, count - i));
      const std::size_t sent = co_await socket_.send_many(batch_);
      use(sent);
    }
  }
  void set_segmentation(dgram::Segmentation segmentation) {
    socket_.set_segmentation(segmentation);
  }

  /// To the first peer alone.
  asio::awaitable<void> send_segments(int count) {
    segments_.resize(payload_.size() * static_cast<std::size_t>(count), 'x');
    const std::size_t sent =
        co_await socket_.send_segments(segments_, payload_.size(), peers_.front());
    use(sent);
  }

  /// Many sends that are started in one turn of the loop: their socket flushes them together.
  double started_together(int count) {
    constexpr int together = 64;
    const Stopwatch watch;
    for (int i = 0; i < count; i += together) {
      for (int k = i; k < std::min(i + together, count); ++k)
        socket_.async_send(payload_, peer(k), [](std::error_code ec, std::size_t size) {
          if (ec) throw std::system_error(ec, "async_send");
          use(size);
        });
      io_.restart();
      io_.run();
    }
    return watch.nanoseconds();
  }

 private:
  static asio::awaitable<void> timed(asio::awaitable<void> work, double& spent) {
    const Stopwatch watch;
    co_await std::move(work);
    spent = watch.nanoseconds();
  }
  const dgram::Endpoint& peer(int i) const {
    return peers_[static_cast<std::size_t>(i) % peers_.size()];
  }

  Context io_;
  dgram::Socket socket_;
  std::vector<dgram::Endpoint> peers_;
  std::string payload_;
  std::string segments_;
  std::vector<dgram::Outgoing> batch_;
};

inline Sender sender(const char* name, asio::awaitable<void> (Socket::*way)(int)) {
  return {name, [way](int descriptor, const Work& work) -> Send {
            auto socket = std::make_shared<Socket>(descriptor, work);
            return [socket, way](int count) { return socket->measure(way, count); };
          }};
}

inline Sender in_batches(const char* name, int length, dgram::Segmentation segmentation) {
  return {name, [=](int descriptor, const Work& work) -> Send {
            auto socket = std::make_shared<Socket>(descriptor, work);
            socket->set_segmentation(segmentation);
            return
                [=](int count) { return socket->measure(socket->send_in_batches(count, length)); };
          }};
}

inline Sender started_together() {
  return {"async_send_together", [](int descriptor, const Work& work) -> Send {
            auto socket = std::make_shared<Socket>(descriptor, work);
            return [socket](int count) { return socket->started_together(count); };
          }};
}

}  // namespace bench::send::with_dgram
