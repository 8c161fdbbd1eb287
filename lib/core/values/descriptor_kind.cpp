// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "descriptor_kind.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

std::string file_kind(NativeHandle handle, mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISCHR(mode)) return ::isatty(handle) != 0 ? "terminal" : "character device";
  if (S_ISBLK(mode)) return "block device";
  return "not a socket";  // an eventfd, an epoll descriptor and the like have no type of a file
}

std::string unix_kind(int type) {
  switch (type) {
    case SOCK_STREAM:
      return "Unix stream socket";
    case SOCK_DGRAM:
      return "Unix datagram socket";
    default:
      return "Unix socket";
  }
}

std::string internet_kind(int type, int protocol) {
  if (type == SOCK_RAW) return "raw socket";
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP socket";
    case IPPROTO_UDP:
      return "UDP socket";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return "ICMP socket";
    default:
      return "socket of IP protocol " + std::to_string(protocol);
  }
}

// Where the system does not tell the protocol, the usual one of the type.
int protocol_of([[maybe_unused]] NativeHandle handle, int type) {
  int protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
#if defined(SO_PROTOCOL)
  socklen_t size = sizeof protocol;
  ::getsockopt(handle, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
#endif
  return protocol;
}

}  // namespace

std::string descriptor_kind(NativeHandle handle) {
  struct stat status;
  if (::fstat(handle, &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return file_kind(handle, status.st_mode);
  sockaddr_storage name;
  socklen_t size = sizeof name;
  int type = 0;
  socklen_t type_size = sizeof type;
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      ::getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0)
    return "socket of another kind";
  switch (name.ss_family) {
    case AF_UNIX:
      return unix_kind(type);
    case AF_INET:
      return internet_kind(type, protocol_of(handle, type)) + " over IPv4";
    case AF_INET6:
      return internet_kind(type, protocol_of(handle, type)) + " over IPv6";
    default:
      return "socket of address family " + std::to_string(name.ss_family);
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
