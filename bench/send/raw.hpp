// System calls.
#pragma once

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "../support/epoll.hpp"
#include "../support/rounds.hpp"
#include "sender.hpp"

namespace bench::send::raw {

class Socket {
 public:
  /// @param registered With epoll, as a socket in a loop is: that makes a send dearer.
  Socket(int descriptor, const Work& work, bool registered)
      : descriptor_(descriptor), peers_(work.peers), size_(work.size), payload_(65536, 'x') {
    if (registered) epoll_.emplace().add(descriptor);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }

  void sendto(int count) {
    for (int i = 0; i < count; ++i) {
      const sockaddr_in& to = peer(i);
      const auto* address = reinterpret_cast<const sockaddr*>(&to);
      check(::sendto(descriptor_, payload_.data(), size_, flags, address, sizeof to), "sendto");
    }
  }

  void sendmmsg(int count) {
    std::array<mmsghdr, batch> messages;
    std::array<iovec, batch> bytes;
    for (int i = 0; i < count;) {
      const int now = std::min(batch, count - i);
      for (int k = 0; k < now; ++k) {
        const auto at = static_cast<std::size_t>(k);
        bytes[at] = {payload_.data(), size_};
        messages[at] = mmsghdr();
        aim(messages[at].msg_hdr, peer(i + k), bytes[at]);
      }
      const int sent = ::sendmmsg(descriptor_, messages.data(), static_cast<unsigned>(now), flags);
      check(sent, "sendmmsg");
      i += sent;
    }
  }

  /// To the first peer alone: runs that the kernel cuts, as long as it takes them.
  void sendmsg_gso(int count) {
    const int longest = static_cast<int>(std::min<std::size_t>(64, 65507 / size_));
    for (int i = 0; i < count;) {
      const int now = std::min(longest, count - i);
      iovec bytes{payload_.data(), static_cast<std::size_t>(now) * size_};
      msghdr message{};
      aim(message, peers_.front(), bytes);
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* const item = CMSG_FIRSTHDR(&message);
      item->cmsg_level = SOL_UDP;
      item->cmsg_type = UDP_SEGMENT;
      item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto segment = static_cast<std::uint16_t>(size_);
      std::memcpy(CMSG_DATA(item), &segment, sizeof segment);
      check(::sendmsg(descriptor_, &message, flags), "sendmsg with UDP_SEGMENT");
      i += now;
    }
  }

 private:
  static constexpr int batch = 32;
  static constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

  const sockaddr_in& peer(int i) const {
    return peers_[static_cast<std::size_t>(i) % peers_.size()];
  }
  static void aim(msghdr& message, const sockaddr_in& to, iovec& bytes) {
    message.msg_name = const_cast<sockaddr_in*>(&to);
    message.msg_namelen = sizeof to;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
  }
  static void check(ssize_t result, const char* call) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  }

  int descriptor_;
  std::vector<sockaddr_in> peers_;
  std::size_t size_;
  std::vector<char> payload_;
  std::optional<Epoll> epoll_;
};

inline Sender sender(const char* name, void (Socket::*way)(int), bool registered = true) {
  return {name, [way, registered](int descriptor, const Work& work) -> Send {
            auto socket = std::make_shared<Socket>(descriptor, work, registered);
            return [socket, way](int count) {
              const Stopwatch watch;
              (*socket.*way)(count);
              return watch.nanoseconds();
            };
          }};
}

}  // namespace bench::send::raw
