#include "support/network_changes.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace test {
namespace {

using Clock = std::chrono::steady_clock;

class Changes {
 public:
  Changes() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
    sockaddr_nl all = sockaddr_nl();
    all.nl_family = AF_NETLINK;
    all.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                    RTMGRP_IPV6_ROUTE;
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0)
      throw std::system_error(errno, std::generic_category(), "rtnetlink");
  }
  Changes(const Changes&) = delete;
  ~Changes() { ::close(fd_); }

  /// Until something has changed, or `limit` has come. What has changed is forgotten.
  void await(Clock::time_point limit) const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - Clock::now());
    pollfd changed = {fd_, POLLIN, 0};
    ::poll(&changed, 1, left.count() < 0 ? 0 : static_cast<int>(left.count()) + 1);
    char message[4096];
    while (::recv(fd_, message, sizeof message, MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
    }
  }

 private:
  int fd_;
};

}  // namespace

bool await_network(const std::function<bool()>& holds, std::chrono::seconds limit) {
  const Changes changes;  // before the first look, so that nothing is missed behind it
  const Clock::time_point deadline = Clock::now() + limit;
  while (!holds()) {
    if (Clock::now() >= deadline) return false;
    changes.await(deadline);
  }
  return true;
}

}  // namespace test
