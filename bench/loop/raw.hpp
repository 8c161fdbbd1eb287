// System calls on an edge-triggered epoll: each socket is read until it has nothing more.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <system_error>

#include "../receive/raw_slots.hpp"
#include "../support/datagram_buffer.hpp"
#include "../support/epoll.hpp"
#include "../support/rounds.hpp"
#include "loop.hpp"

namespace bench::loop::raw {

class Sockets {
 public:
  explicit Sockets(const std::vector<int>& descriptors) : descriptors_(descriptors) {
    for (const int descriptor : descriptors) epoll_.add(descriptor);
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    for (const int descriptor : descriptors_) ::close(descriptor);
  }

  /// @param read Empties a socket; returns how many there were.
  template <class Read>
  void serve(int count, Read read) {
    std::array<epoll_event, 128> events;  // as many as Asio asks for
    while (count > 0)
      for (const epoll_event& event : epoll_.wait(events)) count -= read(event.data.fd);
  }

 private:
  Epoll epoll_;
  std::vector<int> descriptors_;
};

inline int read_one_by_one(int socket, std::span<char> slot) {
  for (int count = 0;; ++count) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto* const sender = reinterpret_cast<sockaddr*>(&from);
    const ssize_t size =
        ::recvfrom(socket, slot.data(), slot.size(), MSG_DONTWAIT, sender, &from_size);
    if (size < 0 && errno == EAGAIN) return count;
    if (size < 0) throw std::system_error(errno, std::generic_category(), "recvfrom");
    use(static_cast<std::size_t>(size));
  }
}

/// A batch that is not full has emptied the socket: what comes later makes a new edge.
inline int read_batches(int socket, receive::raw::Slots& slots) {
  int count = 0;
  for (;;) {
    const unsigned now = slots.receive(socket);
    for (unsigned i = 0; i < now; ++i) use(slots.size(i));
    count += static_cast<int>(now);
    if (now < receive::batch) return count;
  }
}

inline Loop epoll_recvfrom() {
  return {"raw_epoll_recvfrom", [](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors);
            auto slot = std::make_shared<DatagramBuffer>();
            return [sockets, slot](int count) {
              sockets->serve(count, [&](int socket) { return read_one_by_one(socket, *slot); });
            };
          }};
}

inline Loop epoll_recvmmsg() {
  return {"raw_epoll_recvmmsg", [](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors);
            auto slots = std::make_shared<receive::raw::Slots>(std::size_t{0});
            return [sockets, slots](int count) {
              sockets->serve(count, [&](int socket) { return read_batches(socket, *slots); });
            };
          }};
}

}  // namespace bench::loop::raw
