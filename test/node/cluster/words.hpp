// A line of a scenario, or of what a worker is told, in words.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace test {

using Words = std::vector<std::string>;

inline Words words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  Words result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

}  // namespace test
