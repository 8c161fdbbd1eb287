#include "environment.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <charconv>
#include <cstring>
#include <string>
#include <system_error>

#include "../errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

namespace {

/// A variable that is a number of 0 or more; throws no_primary().
int number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) throw node::detail::no_primary(std::string(variable) + " is not set");
  int number = -1;
  const char* const end = text + std::strlen(text);
  const auto [stop, ec] = std::from_chars(text, end, number);
  if (ec != std::errc() || stop != end || number < 0)
    throw node::detail::no_primary(std::string(variable) + " is no number: " + text);
  return number;
}

}  // namespace

Inherited take_inherited() {
  const NativeHandle handle = number_of(descriptor_variable);
  const int id = number_of(id_variable);
  ::unsetenv(descriptor_variable);
  ::unsetenv(id_variable);
  if (::fcntl(handle, F_SETFD, FD_CLOEXEC) < 0)
    throw node::detail::no_primary(std::string(descriptor_variable) +
                                   " is no descriptor: " + std::to_string(handle));
  return {Descriptor(handle), id};
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
