// Takes CAP_NET_ADMIN from this thread for a while, and says what the system allows without it.
#pragma once

#if defined(__linux__)

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <string>

namespace test {

/// While it lives, this thread is a user without CAP_NET_ADMIN.
class WithoutPrivilege {
 public:
  WithoutPrivilege() {
    if (::syscall(SYS_capget, &header_, before_.data()) != 0) throw std::runtime_error("capget");
    std::array<__user_cap_data_struct, 2> reduced = before_;
    reduced[0].effective &= ~(1u << CAP_NET_ADMIN);
    set(reduced);
  }
  WithoutPrivilege(const WithoutPrivilege&) = delete;
  ~WithoutPrivilege() { ::syscall(SYS_capset, &header_, before_.data()); }

  bool had_it() const noexcept { return (before_[0].effective & 1u << CAP_NET_ADMIN) != 0; }

 private:
  void set(std::array<__user_cap_data_struct, 2>& data) {
    if (::syscall(SYS_capset, &header_, data.data()) != 0) throw std::runtime_error("capset");
  }
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before_ = {};
};

/// net.core.rmem_max or wmem_max: the largest buffer that everybody can have.
inline int buffer_limit(const std::string& sysctl) {
  std::ifstream file("/proc/sys/net/core/" + sysctl);
  int limit = 0;
  if (!(file >> limit)) throw std::runtime_error("no net.core." + sysctl);
  return limit;
}

}  // namespace test

#endif
