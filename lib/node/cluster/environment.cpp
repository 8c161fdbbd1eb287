// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "environment.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>

#include "../../process/text.hpp"
#include "../errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

namespace {

/// A variable that is a number from 0 up. Throws no_primary().
int number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) throw node::detail::no_primary(std::string(variable) + " is not set");
  const int number = dgram::detail::number_in(text);
  if (number < 0) throw node::detail::no_primary(std::string(variable) + " is no number: " + text);
  return number;
}

}  // namespace

Inherited take_inherited() {
  const NativeHandle handle = number_of(descriptor_variable);
  const int id = number_of(id_variable);
  ::unsetenv(descriptor_variable);
  ::unsetenv(id_variable);
  // Checked before a Descriptor owns the handle and would close it: it may belong to other code.
  sockaddr_storage name;
  socklen_t size = sizeof name;
  const bool is_link = ::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) == 0 &&
                       name.ss_family == AF_UNIX;
  if (!is_link || ::fcntl(handle, F_SETFD, FD_CLOEXEC) < 0)
    throw node::detail::no_primary(std::string(descriptor_variable) +
                                   " is no link: " + std::to_string(handle));
  return {Descriptor(handle), id};
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
