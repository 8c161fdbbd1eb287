#include "spinner/reached.hpp"

#include <cstdio>
#include <map>

namespace spinner {

namespace {
constinit Reached* newest_reached = nullptr;
}

Reached::Reached(const char* name, int arguments) noexcept
    : name_(name), arguments_(arguments), next_(newest_reached) {
  newest_reached = this;
}

bool Reached::write(const std::string& path) {
  std::map<std::string, std::uint64_t> counts;
  for (const Reached* one = newest_reached; one; one = one->next_)
    counts[one->name_ + ('/' + std::to_string(one->arguments_))] += one->count_;
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (!file) return false;
  for (const auto& [name, count] : counts)
    std::fprintf(file, "%s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  return std::fclose(file) == 0;
}

}  // namespace spinner
