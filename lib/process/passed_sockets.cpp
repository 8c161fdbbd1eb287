// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cstdlib>
#include <dgram/error.hpp>
#include <dgram/process/passed_sockets.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../core/kernel/descriptor.hpp"
#include "text.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

/// Returns a variable of the environment, and removes it there.
std::optional<std::string> take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::optional<std::string> taken;
  if (value) taken = value;
  ::unsetenv(name);
  return taken;
}

NamedDescriptors take_passed(std::error_code& ec, std::string& subject) {
  constexpr int first = 3;  // SD_LISTEN_FDS_START
  const std::optional<std::string> pid = take_variable("LISTEN_PID");
  const std::optional<std::string> count = take_variable("LISTEN_FDS");
  const std::optional<std::string> names = take_variable("LISTEN_FDNAMES");
  take_variable("LISTEN_PIDFDID");  // says the same as LISTEN_PID, since systemd 258
  NamedDescriptors none;
  ec.clear();
  if (!pid || !count) return none;

  ec = asio::error::invalid_argument;
  subject = "LISTEN_PID=" + *pid;
  const int whose = detail::number_in(*pid);
  if (whose < 1) return none;
  if (whose != ::getpid()) {
    ec.clear();
    return none;
  }
  subject = "LISTEN_FDS=" + *count;
  const int passed = detail::number_in(*count);
  // Not a number, or more descriptors than the system lets a process have.
  if (passed < 0 || passed > ::sysconf(_SC_OPEN_MAX) - first) return none;
  std::vector<std::string> named;
  if (names && passed > 0) {
    subject = "LISTEN_FDNAMES=" + *names;
    named = detail::split(*names, ':');
    if (named.size() != static_cast<std::size_t>(passed)) return none;
  } else {
    named.resize(static_cast<std::size_t>(passed), "unknown");
  }
  for (int handle = first; handle < first + passed; ++handle) {
    if (::fcntl(handle, F_GETFD) != -1) continue;
    subject = "LISTEN_FDS=" + *count;
    ec = detail::last_error();
    return none;
  }

  NamedDescriptors result;
  for (int i = 0; i < passed; ++i) {
    ::fcntl(first + i, F_SETFD, FD_CLOEXEC);
    result.add(std::move(named[static_cast<std::size_t>(i)]), Descriptor(first + i));
  }
  ec.clear();
  return result;
}

}  // namespace

NamedDescriptors passed_sockets() {
  std::error_code ec;
  std::string subject;
  NamedDescriptors result = take_passed(ec, subject);
  if (ec) throw Error(ec, "passed_sockets", subject);
  return result;
}

NamedDescriptors passed_sockets(std::error_code& ec) {
  std::string subject;
  return take_passed(ec, subject);
}

DGRAM_END_NAMESPACE
