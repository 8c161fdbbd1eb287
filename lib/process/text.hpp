// Texts that come from another process: numbers, and lists.
#pragma once

#include <charconv>
#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// -1 for what is no number from 0 up that an int holds, or has something behind it.
inline int number_in(std::string_view text) noexcept {
  int number = -1;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end && number >= 0 ? number : -1;
}

/// At least one part, which may be empty.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char each : text) {
    if (each == separator)
      parts.emplace_back();
    else
      parts.back().push_back(each);
  }
  return parts;
}

}  // namespace detail
DGRAM_END_NAMESPACE
