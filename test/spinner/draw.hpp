// Where the parameters of a step come from: numbers that the seed and the step's number determine,
// and the words that say what was drawn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace spinner {

class Draw {
 public:
  /// @param words Where what is drawn is described; nullptr when nobody wants to read it.
  Draw(std::uint64_t seed, std::uint64_t step, std::string* words) noexcept
      : state_(seed * 0x9e3779b97f4a7c15u ^ (step + 1) * 0xd1342543de82ef95u), words_(words) {
    number();
  }

  std::uint64_t number() noexcept {
    // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// 0 to n - 1
  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(number() % n); }
  int between(int first, int last) noexcept {
    return first + static_cast<int>(below(static_cast<std::size_t>(last - first + 1)));
  }
  bool one_in(std::size_t n) noexcept { return below(n) == 0; }

  template <class T, std::size_t n>
  const T& of(const std::array<T, n>& all) noexcept {
    return all[below(n)];
  }

  /// A step in words: "recv_many(4), cancelled".
  template <class... Pieces>
  void say(const Pieces&... pieces) {
    if (words_) (append(pieces), ...);
  }

 private:
  void append(std::string_view text) { words_->append(text); }
  template <class Number>
  requires(std::is_arithmetic_v<Number>) void append(Number number) {
    words_->append(std::to_string(number));
  }

  std::uint64_t state_;
  std::string* words_;
};

}  // namespace spinner
