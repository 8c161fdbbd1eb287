// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "descriptor_type.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

std::string_view descriptor_type(NativeHandle handle) noexcept {
  struct stat status;
  if (::isatty(handle) != 0) return "TTY";
  if (::fstat(handle, &status) != 0) return "UNKNOWN";
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) return "FILE";
  if (S_ISFIFO(status.st_mode)) return "PIPE";
  sockaddr_storage name;
  socklen_t size = sizeof name;
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) != 0) return "UNKNOWN";
  int type = 0;
  size = sizeof type;
  if (::getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
    return "UNKNOWN";
  const bool is_inet = name.ss_family == AF_INET || name.ss_family == AF_INET6;
  return is_inet ? "TCP" : "PIPE";  // a Unix stream socket is a pipe
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
