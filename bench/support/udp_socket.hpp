// A bound UDP socket as the kernel makes it, with the kernel's own count of what it dropped.
//
// The parent makes it and the contender inherits it: so all contenders have the same socket with
// the same buffer, and the parent sees what was lost without asking them.
#pragma once

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace bench {

/// What the receivers ask for; the kernel doubles it, and may give less.
inline constexpr int large_buffer = 4 << 20;

class UdpSocket {
 public:
  /// On 127.0.0.1, port by the system, non-blocking.
  /**
   * @param receive_buffer 0 keeps the system's default.
   */
  explicit UdpSocket(int receive_buffer = 0)
      : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) fail("socket");
    // Beyond the system's limit only root may; what was granted shows in what is dropped.
    if (receive_buffer != 0 && !set(SO_RCVBUFFORCE, receive_buffer) &&
        !set(SO_RCVBUF, receive_buffer))
      fail("SO_RCVBUF");
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    if (::bind(descriptor_, generic(&address_), size) != 0) fail("bind");
    if (::getsockname(descriptor_, generic(&address_), &size) != 0) fail("getsockname");
  }
  UdpSocket(const UdpSocket&) = delete;
  ~UdpSocket() { ::close(descriptor_); }

  int descriptor() const noexcept { return descriptor_; }
  const sockaddr_in& address() const noexcept { return address_; }

  void connect(const sockaddr_in& to) {
    sockaddr_in peer = to;
    if (::connect(descriptor_, generic(&peer), sizeof peer) != 0) fail("connect");
  }

  /// Datagrams that found no room, since the socket was made.
  std::uint32_t dropped() const { return memory()[SK_MEMINFO_DROPS]; }
  /// Bytes of buffer that are used, and that there are.
  std::uint32_t used() const { return memory()[SK_MEMINFO_RMEM_ALLOC]; }
  std::uint32_t capacity() const { return memory()[SK_MEMINFO_RCVBUF]; }

 private:
  static sockaddr* generic(sockaddr_in* address) noexcept {
    return reinterpret_cast<sockaddr*>(address);
  }
  [[noreturn]] static void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  bool set(int option, int value) const {
    return ::setsockopt(descriptor_, SOL_SOCKET, option, &value, sizeof value) == 0;
  }
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> values{};
    socklen_t size = sizeof values;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, values.data(), &size) != 0)
      fail("SO_MEMINFO");
    return values;
  }

  int descriptor_;
  sockaddr_in address_{};
};

}  // namespace bench
