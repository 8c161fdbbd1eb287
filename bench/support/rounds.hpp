// Contenders inside one process that take turns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "program.hpp"

namespace bench {

/// A contender: has everything that it needs, and does its work once per turn.
struct Way {
  std::string name;
  /// Returns what one datagram cost.
  std::function<double()> turn;
};

/// Gives each its turn in each round, in an order that rotates.
/**
 * The first turn, in round -1, is not counted: caches, pools and heaps warm up in it.
 */
inline void take_turns(Program& program,
                       const std::string& in_case,
                       const std::vector<Way>& ways,
                       const char* metric = "ns_per_datagram") {
  for (int round = -1; round < program.rounds(); ++round)
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const Way& way = ways[(i + static_cast<std::size_t>(round + 1)) % ways.size()];
      const double value = way.turn();
      if (round >= 0) program.sample(in_case, way.name, round, metric, value);
    }
}

/// Drops the contenders that were not asked for, and names those that cannot run here.
/// @param kinds Have a `name`, and `missing`: why one cannot run, empty when it can.
template <class Kind>
std::vector<Kind> wanted(Program& program, const std::vector<Kind>& kinds) {
  std::vector<Kind> result;
  for (const Kind& kind : kinds) {
    if (!kind.missing.empty())
      program.missing(kind.name, kind.missing);
    else if (program.wants(kind.name))
      result.push_back(kind);
  }
  return result;
}

template <class... Lists>
auto joined(const Lists&... lists) {
  std::common_type_t<Lists...> all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

class Stopwatch {
 public:
  double nanoseconds() const {
    return std::chrono::duration<double, std::nano>(Clock::now() - began_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point began_ = Clock::now();
};

/// Keeps the compiler from leaving out what nobody looks at.
inline volatile std::size_t last_used = 0;
inline void use(std::size_t size) noexcept {
  last_used = size;
}

/// Runs a program's body; what it throws is an error line and an exit status.
inline int run_or_report(const char* question, const std::function<void()>& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: error: %s\n", question, e.what());
    return 1;
  }
}

}  // namespace bench
