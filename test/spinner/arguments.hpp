// The command line of the spinner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spinner {

/// Which steps are run, in order.
using Steps = std::vector<std::uint64_t>;

/// "3,17,20-40"
std::string to_text(const Steps& steps);

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t operations = 50'000;
  std::string only;     ///< Empty: all.
  std::string reached;  ///< Where the names of the functions that were called are written.
  bool is_child = false;
  int progress = -1;  ///< A descriptor of memory that is shared with the parent.

  /// The steps that are to be run. Throws std::invalid_argument.
  Steps steps() const;

  /// So that this process, started again, does the same; without the parent's own.
  std::vector<std::string> words() const;
};

/// DGRAM_TEST_SEED and DGRAM_TEST_OPERATIONS hold where the command line says nothing.
/// Throws std::invalid_argument.
Arguments parse(int argc, char** argv);

}  // namespace spinner
