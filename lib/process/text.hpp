// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Text that comes from another process: numbers, lists, and the words of a message.
#pragma once

#include <charconv>
#include <concepts>
#include <dgram/config.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Reads a number in the form that std::to_string writes: without a sign and without leading zeros.
template <std::integral Number>
std::optional<Number> to_number(std::string_view text) noexcept {
  if (text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  Number number{};
  const bool is_one =
      std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  return is_one ? std::optional<Number>(number) : std::nullopt;
}

/// The number that `text` is; -1 if it is not an int from 0 up.
inline int number_in(std::string_view text) noexcept {
  return to_number<int>(text).value_or(-1);
}

/// The parts of a text between separators: at least one part, which may be empty.
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

/// Reads the words of a message one after the other, with one space between two. A call takes a
/// word even if it is not as expected; is_good() tells at the end whether all words were.
class Words {
 public:
  explicit Words(std::string_view message) noexcept : rest_(message) {}

  std::string_view word() noexcept {
    const std::size_t end = rest_.find(' ');
    const std::string_view result = rest_.substr(0, end);
    is_at_end_ = end == rest_.npos;
    rest_.remove_prefix(is_at_end_ ? rest_.size() : end + 1);
    if (result.empty()) is_good_ = false;
    return result;
  }
  void expect(std::string_view wanted) noexcept {
    if (word() != wanted) is_good_ = false;
  }
  template <std::integral Number>
  Number number(Number least, Number most) noexcept {
    const std::optional<Number> value = to_number<Number>(word());
    const bool is_in_range = value && *value >= least && *value <= most;
    if (!is_in_range) is_good_ = false;
    return is_in_range ? *value : least;
  }
  bool flag() noexcept { return number(0, 1) == 1; }
  bool either(std::string_view no, std::string_view yes) noexcept {
    const std::string_view text = word();
    if (text != no && text != yes) is_good_ = false;
    return text == yes;
  }
  void reject() noexcept { is_good_ = false; }

  bool is_good() const noexcept { return is_good_; }
  /// True when the word taken last was the last one.
  bool is_at_end() const noexcept { return is_at_end_; }

 private:
  std::string_view rest_;
  bool is_good_ = true;
  bool is_at_end_ = false;
};

/// Joins texts and numbers to words, with a space between two.
template <class... Parts>
std::string join_words(std::string_view first, const Parts&... parts) {
  std::string result(first);
  const auto add = [&result](const auto& part) {
    result += ' ';
    if constexpr (std::integral<std::decay_t<decltype(part)>>)
      result += std::to_string(part);
    else
      result += part;
  };
  (add(parts), ...);
  return result;
}

}  // namespace detail
DGRAM_END_NAMESPACE
