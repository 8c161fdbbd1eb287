// System calls, with what a program needs that is told the sender of every datagram.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "../support/datagram_buffer.hpp"
#include "../support/epoll.hpp"
#include "../support/rounds.hpp"
#include "raw_slots.hpp"
#include "receiver.hpp"

namespace bench::receive::raw {

/// A socket that epoll knows, as it knows ours.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) { epoll_.add(descriptor); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }

  int descriptor() const noexcept { return descriptor_; }
  void wait() {
    epoll_event event{};
    epoll_.wait(std::span<epoll_event>(&event, 1));
  }

 private:
  Epoll epoll_;
  int descriptor_;
};

/// False when there is none.
inline bool receive_one(int socket, std::span<char> into) {
  sockaddr_storage from{};
  socklen_t from_size = sizeof from;
  const ssize_t size = ::recvfrom(socket,
                                  into.data(),
                                  into.size(),
                                  MSG_DONTWAIT,
                                  reinterpret_cast<sockaddr*>(&from),
                                  &from_size);
  if (size < 0 && errno != EAGAIN)
    throw std::system_error(errno, std::generic_category(), "recvfrom");
  if (size >= 0) use(static_cast<std::size_t>(size));
  return size >= 0;
}

inline Drain recvfrom(int descriptor, std::size_t) {
  auto socket = std::make_shared<Socket>(descriptor);
  auto slot = std::make_shared<DatagramBuffer>();
  return [socket, slot](int count) {
    const Stopwatch watch;
    for (int i = 0; i < count; ++i)
      if (!receive_one(socket->descriptor(), *slot)) throw std::runtime_error("a datagram is gone");
    return watch.nanoseconds();
  };
}

/// A loop as one writes it on an edge-triggered epoll: waits, then reads until nothing is there.
inline Drain epoll_recvfrom(int descriptor, std::size_t) {
  auto socket = std::make_shared<Socket>(descriptor);
  auto slot = std::make_shared<DatagramBuffer>();
  return [socket, slot](int count) {
    const Stopwatch watch;
    for (int got = 0; got < count;) {
      socket->wait();
      while (receive_one(socket->descriptor(), *slot)) ++got;
    }
    return watch.nanoseconds();
  };
}

inline Drain recvmmsg(int descriptor, std::size_t size) {
  auto socket = std::make_shared<Socket>(descriptor);
  auto slots = std::make_shared<Slots>(size);
  return [socket, slots](int count) {
    const Stopwatch watch;
    for (int got = 0; got < count;) {
      const unsigned now = slots->receive(socket->descriptor());
      if (now == 0) throw std::runtime_error("a datagram is gone");
      for (unsigned i = 0; i < now; ++i) use(slots->size(i));
      got += static_cast<int>(now);
    }
    return watch.nanoseconds();
  };
}

inline Receivers receivers() {
  return {{"raw_recvfrom", recvfrom},
          {"raw_recvmmsg", recvmmsg},
          {"raw_epoll_recvfrom", epoll_recvfrom}};
}

}  // namespace bench::receive::raw
