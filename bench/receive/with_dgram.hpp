// dgram's calls, each as its documentation uses it.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <memory>
#include <span>

#include "../support/context.hpp"
#include "../support/rounds.hpp"
#include "receiver.hpp"

namespace bench::receive::with_dgram {

/// recv() as a coroutine with a frame, which is what it is where its awaitable is not specialised.
class Socket : public dgram::Socket {
 public:
  using dgram::Socket::Socket;
  asio::awaitable<dgram::Datagram> recv_by_coroutine() {
    return dgram::detail::perform<executor_type, dgram::detail::RecvRequest>(
        *core(), dgram::detail::RecvRequest(), nullptr);
  }
};

/// One way to take `count` datagrams.
using Take = asio::awaitable<void> (*)(Socket& socket, int count);

inline asio::awaitable<void> recv(Socket& socket, int count) {
  for (int i = 0; i < count; ++i) {
    const dgram::Datagram datagram = co_await socket.recv();
    use(datagram.size());
  }
}

inline asio::awaitable<void> recv_by_coroutine(Socket& socket, int count) {
  for (int i = 0; i < count; ++i) {
    const dgram::Datagram datagram = co_await socket.recv_by_coroutine();
    use(datagram.size());
  }
}

inline asio::awaitable<void> recv_many(Socket& socket, int count) {
  std::array<dgram::Datagram, batch> datagrams;
  for (int got = 0; got < count;) {
    const std::size_t now = co_await socket.recv_many(datagrams);
    for (std::size_t i = 0; i < now; ++i) use(datagrams[i].size());
    got += static_cast<int>(now);
  }
}

inline asio::awaitable<void> recv_into(Socket& socket, int count) {
  std::array<std::byte, 16384> buffer;
  const std::span<std::byte> room(buffer);
  for (int i = 0; i < count; ++i) {
    const dgram::Received received = co_await socket.recv_into(room);
    use(received.size);
  }
}

class Drainer {
 public:
  Drainer(int descriptor, Take take, const dgram::SocketOptions& options)
      : socket_(io_, options), take_(take) {
    socket_.adopt(descriptor);
  }
  double drain(int count) {
    asio::co_spawn(io_, measure(count), rethrow);
    io_.restart();
    io_.run();
    return spent_;
  }

 private:
  asio::awaitable<void> measure(int count) {
    const Stopwatch watch;
    co_await take_(socket_, count);
    spent_ = watch.nanoseconds();
  }

  Context io_;
  Socket socket_;
  Take take_;
  double spent_ = 0;
};

inline Receiver receiver(const char* name, Take take, const dgram::SocketOptions& options = {}) {
  return {name, [take, options](int descriptor, std::size_t) -> Drain {
            auto drainer = std::make_shared<Drainer>(descriptor, take, options);
            return [drainer](int count) { return drainer->drain(count); };
          }};
}

inline Receivers receivers() {
  return {receiver("recv", recv),
          receiver("recv_plain_coroutine", recv_by_coroutine),
          receiver("recv_many", recv_many),
          receiver("recv_into", recv_into)};
}

inline Receivers gro_receivers() {
  dgram::SocketOptions options;
  options.gro = true;
  return {receiver("recv", recv, options), receiver("recv_many", recv_many, options)};
}

/// recv() with one option each.
inline Receivers receivers_with_options() {
  Receivers all = {receiver("none", recv)};
  const auto add = [&](const char* name, auto set) {
    dgram::SocketOptions options;
    set(options);
    all.push_back(receiver(name, recv, options));
  };
  using Options = dgram::SocketOptions;
  add("batch_1", [](Options& o) { o.batch = 1; });
  add("batch_4", [](Options& o) { o.batch = 4; });
  add("batch_8", [](Options& o) { o.batch = 8; });
  add("batch_32", [](Options& o) { o.batch = 32; });
  add("batch_64", [](Options& o) { o.batch = 64; });
  add("receive_local_address", [](Options& o) { o.receive_local_address = true; });
  add("receive_ecn", [](Options& o) { o.receive_ecn = true; });
  add("receive_hop_limit", [](Options& o) { o.receive_hop_limit = true; });
  add("receive_timestamp", [](Options& o) { o.receive_timestamp = true; });
  add("receive_errors", [](Options& o) { o.receive_errors = true; });
  add("gro", [](Options& o) { o.gro = true; });
  return all;
}

}  // namespace bench::receive::with_dgram
