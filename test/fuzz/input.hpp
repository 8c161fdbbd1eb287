// The bytes of one run of a fuzzer, taken out piece by piece, and how it says what has to hold.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace fuzz {

/// Behind the end, numbers are 0 and texts are empty, so every input is a whole one.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) noexcept
      : rest_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}
  explicit Input(std::string_view text) noexcept : rest_(text) {}

  bool empty() const noexcept { return rest_.empty(); }

  template <std::unsigned_integral Number>
  Number number() noexcept {
    Number result = 0;
    for (const char byte : text(sizeof(Number)))
      result = static_cast<Number>(std::uint64_t{result} << 8 | static_cast<unsigned char>(byte));
    return result;
  }
  std::uint8_t byte() noexcept { return number<std::uint8_t>(); }
  bool flag() noexcept { return (byte() & 1) != 0; }

  /// A number from 0 to `end` - 1.
  std::size_t below(std::size_t end) noexcept {
    return end <= 256 ? byte() % end : number<std::uint32_t>() % end;
  }
  /// A number from `least` to `most`.
  std::size_t between(std::size_t least, std::size_t most) noexcept {
    return least + below(most - least + 1);
  }

  std::string_view text(std::size_t most) noexcept {
    const std::string_view result = rest_.substr(0, most);
    rest_.remove_prefix(result.size());
    return result;
  }
  /// Up to the next `end`, which is taken as well.
  std::string_view until(char end) noexcept {
    const std::size_t size = std::min(rest_.find(end), rest_.size());
    const std::string_view result = text(size);
    text(1);
    return result;
  }
  std::string_view line() noexcept { return until('\n'); }
  std::string_view rest() noexcept { return text(rest_.size()); }

 private:
  std::string_view rest_;
};

[[noreturn]] inline void broken(const char* promise, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, promise);
  std::abort();
}

}  // namespace fuzz

/// In every build, also where assert() does nothing.
#define HOLDS(promise) \
  ((promise) ? static_cast<void>(0) : ::fuzz::broken(#promise, __FILE__, __LINE__))
