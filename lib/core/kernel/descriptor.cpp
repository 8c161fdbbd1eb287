// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asio/error.hpp>
#include <cerrno>
#include <cstdint>
#include <dgram/descriptor.hpp>
#include <dgram/error.hpp>

#include "descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code comparable(const std::error_code& ec) noexcept {
  if (ec.category() != asio::system_category()) return ec;
  switch (ec.value()) {
    // asio::error has no name for these codes, and the system category of older Asio versions does
    // not map them to std::errc either. Unconverted, they would compare equal to no named code.
    case EADDRNOTAVAIL:
    case EDESTADDRREQ:
    case EEXIST:
    case EHOSTDOWN:
    case EIO:
    case ELOOP:
    case ENAMETOOLONG:
    case ENFILE:
    case ENODEV:
    case ENOENT:
    case ENOSYS:
    case ENOTDIR:
    case ENXIO:
    case EPROTO:
    case EPROTOTYPE:
    case EROFS:
#if defined(ENONET)
    case ENONET:
#endif
      return std::error_code(ec.value(), std::system_category());
    default:
      return ec;
  }
}

std::error_code last_error() noexcept {
  return comparable(std::error_code(errno, asio::system_category()));
}

std::error_code make_nonblocking(NativeHandle handle) noexcept {
  const int flags = ::fcntl(handle, F_GETFL, 0);
  if (flags < 0 || ::fcntl(handle, F_SETFL, flags | O_NONBLOCK) < 0) return last_error();
  return {};
}

bool is_readable(NativeHandle handle) noexcept {
  pollfd asked = {handle, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & POLLIN) != 0;
}

std::uint64_t network_of([[maybe_unused]] NativeHandle handle) noexcept {
  std::uint64_t cookie = 0;
#if defined(__linux__)
  constexpr int so_netns_cookie = 71;  // asm-generic/socket.h, since Linux 5.14
  socklen_t size = sizeof cookie;
  if (::getsockopt(handle, SOL_SOCKET, so_netns_cookie, &cookie, &size) != 0) return 0;
#endif
  return cookie;
}

bool are_worlds_apart(NativeHandle a, NativeHandle b) noexcept {
  const std::uint64_t one = network_of(a);
  const std::uint64_t other = network_of(b);
  return one != 0 && other != 0 && one != other;
}

void close_descriptor(NativeHandle handle) noexcept {
  ::close(handle);
}

NativeHandle make_descriptor(Family family, std::error_code& ec) noexcept {
  const int domain = family == Family::ipv6 ? AF_INET6 : AF_INET;
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  const int handle = ::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  ec = handle < 0 ? last_error() : std::error_code();
#else
  const int handle = ::socket(domain, SOCK_DGRAM, IPPROTO_UDP);
  ec = handle < 0 ? last_error() : std::error_code();
  if (!ec && ::fcntl(handle, F_SETFD, FD_CLOEXEC) < 0) ec = last_error();
  if (!ec) ec = make_nonblocking(handle);
  if (ec && handle >= 0) ::close(handle);
#endif
  return ec ? invalid_handle : handle;
}

namespace {

int integer_option(int handle, int level, int name) noexcept {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(handle, level, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

std::error_code check_descriptor(NativeHandle handle, Family& family) noexcept {
  sockaddr_storage name;
  socklen_t size = sizeof name;
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) != 0)
    return errno == ENOTSOCK ? make_error_code(Errc::not_udp) : last_error();
  const bool is_inet = name.ss_family == AF_INET || name.ss_family == AF_INET6;
  if (!is_inet || integer_option(handle, SOL_SOCKET, SO_TYPE) != SOCK_DGRAM) return Errc::not_udp;
#if defined(SO_PROTOCOL)
  // ICMP "ping" sockets are datagram sockets too.
  if (integer_option(handle, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_UDP) return Errc::not_udp;
#endif
  family = name.ss_family == AF_INET6 ? Family::ipv6 : Family::ipv4;
  return {};
}

}  // namespace detail

void Descriptor::reset(NativeHandle handle) noexcept {
  if (handle_ != invalid_handle) detail::close_descriptor(handle_);
  handle_ = handle;
}

DGRAM_END_NAMESPACE
