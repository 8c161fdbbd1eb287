#include "error_queue.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(IP_RECVERR) && defined(IPV6_RECVERR) && defined(MSG_ERRQUEUE)

namespace {

bool is_on(NativeHandle handle, int level, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(handle, level, name, &value, &size) == 0 && value != 0;
}

}  // namespace

bool collects_reports(NativeHandle handle, Family family) noexcept {
  return is_on(handle, IPPROTO_IP, IP_RECVERR) ||
         (family == Family::ipv6 && is_on(handle, IPPROTO_IPV6, IPV6_RECVERR));
}

std::size_t drain_reports(NativeHandle handle) noexcept {
  std::size_t count = 0;
  for (; count < 64; ++count) {
    msghdr message = msghdr();  // no room for anything: the report is taken all the same
    if (::recvmsg(handle, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
  }
  return count;
}

#else

bool collects_reports(NativeHandle, Family) noexcept {
  return false;
}
std::size_t drain_reports(NativeHandle) noexcept {
  return 0;
}

#endif

}  // namespace detail
DGRAM_END_NAMESPACE
