// Memory that the child shares with its parent, so that the parent knows where the child was when
// it ended.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace spinner {

struct Progress {
  static constexpr std::size_t places = 32;
  std::atomic<std::uint64_t> posted = 0;  ///< Steps so far: 1 and the number of the last one.
  /// The same of the last step that has begun at each seat's home.
  std::array<std::atomic<std::uint64_t>, places> begun{};
};

}  // namespace spinner
