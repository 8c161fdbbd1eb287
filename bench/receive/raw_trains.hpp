// Generic receive offload by hand: one slot for a whole train of datagrams, which stays in the
// cache.
#pragma once

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "../support/datagram_buffer.hpp"
#include "../support/rounds.hpp"
#include "raw.hpp"
#include "receiver.hpp"

namespace bench::receive::raw {

class TrainSlot {
 public:
  /// How many datagrams came, in one call.
  int receive(int socket) {
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    iovec bytes{slot_.data(), slot_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (size < 0) throw std::system_error(errno, std::generic_category(), "recvmsg");
    return split(static_cast<std::size_t>(size), segment_size(message, size));
  }

 private:
  static std::size_t segment_size(msghdr& message, ssize_t whole) {
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
      if (item->cmsg_level != SOL_UDP || item->cmsg_type != UDP_GRO) continue;
      int size = 0;
      std::memcpy(&size, CMSG_DATA(item), sizeof size);
      return static_cast<std::size_t>(size);
    }
    return static_cast<std::size_t>(whole);
  }
  static int split(std::size_t whole, std::size_t segment) {
    int count = 0;
    do {
      const std::size_t one = std::min(whole, segment);
      use(one);
      whole -= one;
      ++count;
    } while (whole != 0);
    return count;
  }

  DatagramBuffer slot_;
};

inline Drain recvmsg_gro(int descriptor, std::size_t) {
  const int on = 1;
  if (::setsockopt(descriptor, SOL_UDP, UDP_GRO, &on, sizeof on) != 0)
    throw std::system_error(errno, std::generic_category(), "UDP_GRO");
  auto socket = std::make_shared<Socket>(descriptor);
  auto slot = std::make_shared<TrainSlot>();
  return [socket, slot](int count) {
    const Stopwatch watch;
    for (int got = 0; got < count;) got += slot->receive(socket->descriptor());
    return watch.nanoseconds();
  };
}

}  // namespace bench::receive::raw
