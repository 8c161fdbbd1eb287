// dgram: a coroutine for each socket.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <dgram/dgram.hpp>
#include <list>
#include <memory>

#include "../support/rounds.hpp"
#include "loop.hpp"
#include "on_asio.hpp"

namespace bench::loop::with_dgram {

class Sockets {
 public:
  explicit Sockets(const std::vector<int>& descriptors) {
    for (const int descriptor : descriptors) {
      dgram::Socket& socket = sockets_.emplace_back(loop_.io);
      socket.adopt(descriptor);
      asio::co_spawn(loop_.io, receive(socket), rethrow);
    }
    loop_.io.poll();
  }
  void serve(int count) { loop_.serve(count); }

 private:
  asio::awaitable<void> receive(dgram::Socket& socket) {
    for (;;) {
      const dgram::Datagram datagram = co_await socket.recv();
      use(datagram.size());
      loop_.one_more();
    }
  }

  Counting loop_;
  std::list<dgram::Socket> sockets_;
};

inline Loop recv() {
  return {"recv", [](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors);
            return [sockets](int count) { sockets->serve(count); };
          }};
}

}  // namespace bench::loop::with_dgram
