// What this process has of the system at a moment at which nothing goes on, and whether that grows.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

namespace soak {

class Resources {
 public:
  /// Once behind each round. `pooled`: bytes that are kept for reuse, and that malloc has given
  /// out.
  void sample(std::uint64_t pooled);

  /// Whether none of them grows, as far as the samples tell. The first fifth of them is not looked
  /// at: what is kept for reuse is made there. Of the others, the median of the last third is to be
  /// no higher than those of the first and the middle third, but for the slack of each resource:
  /// what comes back to where it was has not grown.
  bool are_flat() const;
  /// First, middle and last of each, as are_flat() takes them.
  void print(std::ostream& out) const;

  static constexpr std::size_t least_samples = 4;

 private:
  static constexpr std::size_t kinds = 5;
  struct Kind {
    std::string_view name;
    std::uint64_t slack;
    std::size_t least_samples;
  };
  static const std::array<Kind, kinds> all_kinds;
  struct Thirds {
    std::uint64_t first, middle, last;
  };
  Thirds thirds(std::size_t kind) const;
  bool is_flat(std::size_t kind) const;

  std::vector<std::array<std::uint64_t, kinds>> samples_;
};

}  // namespace soak
