// Texts that come from another process: numbers, and lists.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Takes a number off the front of `text`: as std::to_string writes it, without a sign, nor zeros
/// before it.
template <class Number>
bool take_number(std::string_view& text, Number& number) noexcept {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  const char* const end = text.data() + digits;
  if (std::from_chars(text.data(), end, number).ec != std::errc()) return false;
  text.remove_prefix(digits);
  return true;
}

/// -1 for what is no number from 0 up that an int holds, or has something behind it.
inline int number_in(std::string_view text) noexcept {
  int number = -1;
  return take_number(text, number) && text.empty() ? number : -1;
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
