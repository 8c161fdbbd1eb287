// Which CPU a process runs on.
#pragma once

#include <sched.h>

#include <cerrno>
#include <system_error>

namespace bench {

/// The CPUs that this program was started with. Ask before anything is pinned.
inline const cpu_set_t& started_with() {
  static const cpu_set_t set = [] {
    cpu_set_t now;
    CPU_ZERO(&now);
    if (::sched_getaffinity(0, sizeof now, &now) != 0)
      throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
    return now;
  }();
  return set;
}

/// With one CPU there is nothing to pin, and who waits must sleep.
inline bool has_two_cores() {
  return CPU_COUNT(&started_with()) >= 2;
}

/// Where both sides of a measurement run: apart, unless a question wants them together.
enum class Core { parent = 0, child = 1 };

/// Pins the calling process to the first or the second of its CPUs, where there are two.
inline void pin(Core core) {
  if (!has_two_cores()) return;
  int cpu = 0;
  for (int seen = -1;; ++cpu) {
    if (CPU_ISSET(cpu, &started_with()) && ++seen == static_cast<int>(core)) break;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0)
    throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
}

}  // namespace bench
