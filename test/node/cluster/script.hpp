// Plays a scenario of scenarios/ with dgram's cluster. README.md has its form, run.js plays the
// same with Node's.
#pragma once

#include <string>
#include <vector>

namespace test {

struct Played {
  /// The commands, each with the lines that came of it; and with those that were wanted.
  std::vector<std::string> got;
  std::vector<std::string> wanted;
};

Played play(const std::string& scenario);

}  // namespace test
