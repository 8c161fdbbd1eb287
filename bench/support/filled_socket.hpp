// A socket that is filled with datagrams outside of the timing.
#pragma once

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "udp_socket.hpp"

namespace bench {

class FilledSocket {
 public:
  /// @param train Sends runs that the kernel cuts (UDP_SEGMENT), as GRO needs them on loopback.
  explicit FilledSocket(std::size_t size, bool train = false)
      : socket_(large_buffer), payload_(65536, 'x'), size_(size), train_(train) {
    sender_.connect(socket_.address());
    const int segment = static_cast<int>(size);
    if (train && ::setsockopt(sender_.descriptor(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment))
      throw std::system_error(errno, std::generic_category(), "UDP_SEGMENT");
  }

  /// A descriptor of the same socket, for a contender to own.
  int duplicate() const {
    const int descriptor = ::dup(socket_.descriptor());
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "dup");
    return descriptor;
  }

  /// Throws when one did not fit: then less would be measured than is said.
  void fill(int count) {
    const std::uint32_t dropped = socket_.dropped();
    if (train_)
      send_trains(count);
    else
      send_single(count);
    if (socket_.dropped() != dropped)
      throw std::runtime_error(std::to_string(count) + " datagrams of " + std::to_string(size_) +
                               " bytes do not fit a receive buffer of " +
                               std::to_string(socket_.capacity()) +
                               " bytes; raise net.core.rmem_max to 4194304");
  }

  /// Datagrams of which each costs the same buffer: the largest power of two that fits, up to
  /// `most`.
  int what_fits(int most) {
    fill(1);
    const std::uint32_t each = std::max<std::uint32_t>(socket_.used(), 1);
    char byte = 0;
    if (::recv(socket_.descriptor(), &byte, sizeof byte, MSG_DONTWAIT) < 0)
      throw std::system_error(errno, std::generic_category(), "recv");
    int count = most;
    while (count > 16 && static_cast<std::uint64_t>(count) * each > socket_.capacity()) count /= 2;
    return count;
  }

 private:
  void send_single(int count) {
    constexpr int batch = 64;
    std::array<mmsghdr, batch> messages{};
    iovec bytes{payload_.data(), size_};
    for (mmsghdr& message : messages) {
      message.msg_hdr.msg_iov = &bytes;
      message.msg_hdr.msg_iovlen = 1;
    }
    for (int sent = 0; sent < count;) {
      const int now = ::sendmmsg(sender_.descriptor(),
                                 messages.data(),
                                 static_cast<unsigned>(std::min(batch, count - sent)),
                                 0);
      if (now < 0) throw std::system_error(errno, std::generic_category(), "sendmmsg");
      sent += now;
    }
  }

  void send_trains(int count) {
    const int longest = static_cast<int>(std::min<std::size_t>(64, 65507 / size_));
    for (int sent = 0; sent < count;) {
      const int now = std::min(longest, count - sent);
      const std::size_t bytes = static_cast<std::size_t>(now) * size_;
      if (::send(sender_.descriptor(), payload_.data(), bytes, 0) < 0)
        throw std::system_error(errno, std::generic_category(), "send with UDP_SEGMENT");
      sent += now;
    }
  }

  UdpSocket socket_;
  UdpSocket sender_;
  std::vector<char> payload_;
  std::size_t size_;
  bool train_;
};

}  // namespace bench
