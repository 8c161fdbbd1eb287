#include "spinner/arguments.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace spinner {

namespace {

std::uint64_t number(const std::string& text) {
  std::size_t used = 0;
  const std::uint64_t n = std::stoull(text, &used);
  if (used != text.size()) throw std::invalid_argument(text);
  return n;
}

}  // namespace

std::string to_text(const Steps& steps) {
  std::string text;
  for (std::size_t i = 0; i < steps.size();) {
    std::size_t last = i;
    while (last + 1 < steps.size() && steps[last + 1] == steps[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(steps[i]);
    if (last != i) text += '-' + std::to_string(steps[last]);
    i = last + 1;
  }
  return text;
}

Steps Arguments::steps() const {
  Steps steps;
  if (only.empty()) {
    for (std::uint64_t step = 0; step < operations; ++step) steps.push_back(step);
    return steps;
  }
  for (std::size_t begin = 0; begin < only.size();) {
    const std::size_t end = std::min(only.find(',', begin), only.size());
    const std::string range = only.substr(begin, end - begin);
    const std::size_t dash = range.find('-');
    const std::uint64_t first = number(range.substr(0, dash));
    const std::uint64_t last = dash == std::string::npos ? first : number(range.substr(dash + 1));
    for (std::uint64_t step = first; step <= last && step < operations; ++step)
      steps.push_back(step);
    begin = end + 1;
  }
  return steps;
}

std::vector<std::string> Arguments::words() const {
  std::vector<std::string> all{
      "--seed", std::to_string(seed), "--operations", std::to_string(operations)};
  if (!only.empty()) all.insert(all.end(), {"--only", only});
  return all;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  if (const char* const seed = std::getenv("DGRAM_TEST_SEED")) arguments.seed = number(seed);
  if (const char* const n = std::getenv("DGRAM_TEST_OPERATIONS")) arguments.operations = number(n);
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--child") {
      arguments.is_child = true;
      continue;
    }
    if (++i == argc) throw std::invalid_argument(name);
    const std::string value = argv[i];
    if (name == "--seed")
      arguments.seed = number(value);
    else if (name == "--operations")
      arguments.operations = number(value);
    else if (name == "--only")
      arguments.only = value;
    else if (name == "--reached")
      arguments.reached = value;
    else if (name == "--progress")
      arguments.progress = static_cast<int>(number(value));
    else
      throw std::invalid_argument(name);
  }
  return arguments;
}

}  // namespace spinner
