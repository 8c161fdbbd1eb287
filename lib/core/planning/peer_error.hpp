// Errors that an ICMP message about an earlier datagram may have left on a socket.
#pragma once

#include <asio/error.hpp>
#include <cerrno>
#include <dgram/config.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// True when the value is an errno.
inline bool is_system_error(const std::error_code& ec) noexcept {
  return ec.category() == asio::system_category() || ec.category() == std::system_category() ||
         ec.category() == std::generic_category();
}

/// True for what the kernel makes of ICMP messages (icmp_err_convert in net/ipv4/icmp.c,
/// tab_unreach in net/ipv6/icmp.c). The call that gets it has done nothing, and may be made again.
inline bool is_peer_error(const std::error_code& ec) noexcept {
  if (!is_system_error(ec)) return false;
  switch (ec.value()) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case EMSGSIZE:
    case EACCES:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPROTO:
#if defined(ENONET)
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
