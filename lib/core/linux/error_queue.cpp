#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
// Behind <time.h>, which it needs and does not include.
#include <linux/errqueue.h>

#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>

#include "../kernel/descriptor.hpp"
#include "../kernel/system.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

ErrorReport::Origin origin_of(const sock_extended_err& error) noexcept {
  switch (error.ee_origin) {
    case SO_EE_ORIGIN_LOCAL:
      return ErrorReport::Origin::local;
    case SO_EE_ORIGIN_ICMP:
      return ErrorReport::Origin::icmp;
    case SO_EE_ORIGIN_ICMP6:
      return ErrorReport::Origin::icmpv6;
    default:
      return ErrorReport::Origin::other;
  }
}

/// Who sent the ICMP message: behind the error in the same control message (SO_EE_OFFENDER).
asio::ip::address offender_of(const cmsghdr& header) noexcept {
  const std::size_t room = header.cmsg_len - CMSG_LEN(sizeof(sock_extended_err));
  sockaddr_storage offender = sockaddr_storage();
  std::memcpy(&offender,
              CMSG_DATA(&header) + sizeof(sock_extended_err),
              room < sizeof offender ? room : sizeof offender);
  Endpoint name;
  const bool v4 = offender.ss_family == AF_INET && room >= sizeof(sockaddr_in);
  const bool v6 = offender.ss_family == AF_INET6 && room >= sizeof(sockaddr_in6);
  if (!v4 && !v6) return {};
  const std::size_t size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  std::memcpy(name.data(), &offender, size);
  name.resize(size);
  return name.address();
}

bool is_error(const cmsghdr& header) noexcept {
  return ((header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RECVERR) ||
          (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_RECVERR)) &&
         header.cmsg_len >= CMSG_LEN(sizeof(sock_extended_err));
}

void read_report(msghdr& message, ErrorReport& report) noexcept {
  report.origin = ErrorReport::Origin::other;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (!is_error(*header)) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(header), sizeof error);
    report.error =
        comparable(std::error_code(static_cast<int>(error.ee_errno), asio::system_category()));
    report.origin = origin_of(error);
    report.type = error.ee_type;
    report.code = error.ee_code;
    if (error.ee_errno == EMSGSIZE) report.mtu = error.ee_info;
    if (report.origin != ErrorReport::Origin::local) report.offender = offender_of(*header);
  }
}

}  // namespace

std::size_t read_error_queue(NativeHandle handle, std::span<ErrorReport> reports) noexcept {
  std::size_t count = 0;
  for (; count < reports.size(); ++count) {
    ErrorReport& report = reports[count];
    report = ErrorReport();
    // The name is the original destination; the quoted payload is not looked at.
    alignas(cmsghdr) std::array<std::byte, 512> control;
    msghdr message = msghdr();
    message.msg_name = report.destination.data();
    message.msg_namelen = static_cast<socklen_t>(report.destination.capacity());
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(handle, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    read_report(message, report);
  }
  return count;
}

}  // namespace detail
DGRAM_END_NAMESPACE
