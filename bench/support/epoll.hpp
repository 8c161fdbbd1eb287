// epoll for the raw contenders: registered as Asio registers the sockets that ours are compared on.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <system_error>

namespace bench {

class Epoll {
 public:
  Epoll() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  ~Epoll() { ::close(descriptor_); }

  void add(int socket) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLPRI | EPOLLET;
    event.data.fd = socket;
    if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, socket, &event) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

  /// Waits for at least one event; returns those that are there.
  std::span<const epoll_event> wait(std::span<epoll_event> room) const {
    for (;;) {
      const int count = ::epoll_wait(descriptor_, room.data(), static_cast<int>(room.size()), -1);
      if (count >= 0) return room.first(static_cast<std::size_t>(count));
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_wait");
    }
  }

 private:
  int descriptor_;
};

}  // namespace bench
