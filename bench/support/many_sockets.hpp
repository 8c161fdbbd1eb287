// Thousands of bound sockets, for contenders to own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace bench {

/// Throws with what to do about it.
inline void allow_descriptors(std::size_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
  if (limit.rlim_cur >= count) return;
  const rlim_t before = limit.rlim_max;
  limit.rlim_cur = count;
  if (limit.rlim_max < count) limit.rlim_max = count;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::runtime_error(std::to_string(count) + " descriptors are needed, and " +
                             std::to_string(before) +
                             " are allowed: run as root, or raise the limit (ulimit -n)");
}

struct BoundSockets {
  std::vector<int> descriptors;
  std::vector<sockaddr_in> addresses;
};

/// On 127.0.0.1, ports by the system, non-blocking.
inline BoundSockets bind_sockets(std::size_t count) {
  BoundSockets sockets;
  for (std::size_t i = 0; i < count; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
    sockets.descriptors.push_back(descriptor);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor, generic, size) != 0 || ::getsockname(descriptor, generic, &size) != 0)
      throw std::system_error(errno, std::generic_category(), "bind");
    sockets.addresses.push_back(address);
  }
  return sockets;
}

}  // namespace bench
