#include "resources.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <span>
#include <string>

#include "support/sanitizers.hpp"

namespace soak {

namespace {

// A sanitizer keeps freed memory, and has an allocator of its own that mallinfo2() does not know.
#if defined(TEST_UNDER_ADDRESS_SANITIZER) || defined(TEST_UNDER_THREAD_SANITIZER)
constexpr bool tells_memory = false;
#else
constexpr bool tells_memory = true;
#endif

std::uint64_t entries(const char* folder) {
  std::uint64_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

/// Without the pages of files, the program's own among them, which come and go as the kernel likes.
std::uint64_t private_bytes() {
  std::uint64_t whole = 0, resident = 0, of_files = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident >> of_files;
  return (resident - of_files) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Those that have ended and were not waited for are among them.
std::uint64_t children() {
  std::uint64_t count = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc")) {
    if (std::isdigit(static_cast<unsigned char>(each.path().filename().string()[0])) == 0) continue;
    std::string stat;
    std::getline(std::ifstream(each.path() / "stat"), stat);
    // "pid (name) state parent …", where the name may be anything.
    const std::size_t behind_name = stat.rfind(") ");
    if (behind_name == std::string::npos) continue;  // it has gone meanwhile
    count += std::stoi(stat.substr(behind_name + 4)) == ::getpid();
  }
  return count;
}

std::uint64_t median(std::span<const std::uint64_t> values) {
  std::vector<std::uint64_t> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace

// Of malloc's bytes a few thousand come and go with what the contexts keep beside receive memory;
// of the private ones more is in pages that are not full. Receive memory that is kept for reuse is
// among the private ones, and a busy moment of any round may add to it until all are warm: a third
// of one or two samples says nothing of these.
const std::array<Resources::Kind, Resources::kinds> Resources::all_kinds = {{
    {"private bytes", 512 << 10, 15},
    {"malloc'd bytes", 24 << 10, least_samples},
    {"descriptors", 0, least_samples},
    {"threads", 0, least_samples},
    {"children", 0, least_samples},
}};

void Resources::sample(std::uint64_t pooled) {
  samples_.reserve(4096);  // is not to be the one that grows
  ::malloc_trim(0);
  const struct mallinfo2 heap = ::mallinfo2();
  samples_.push_back({private_bytes(),
                      heap.uordblks + heap.hblkhd - pooled,
                      entries("/proc/self/fd"),
                      entries("/proc/self/task"),
                      children()});
}

Resources::Thirds Resources::thirds(std::size_t kind) const {
  std::vector<std::uint64_t> values;
  for (const auto& sample : samples_) values.push_back(sample[kind]);
  const std::span<const std::uint64_t> warm =
      std::span(values).subspan(std::max<std::size_t>(values.size() / 5, 1));
  const std::size_t third = warm.size() / 3;
  return {median(warm.first(third)),
          median(warm.subspan(third, warm.size() - 2 * third)),
          median(warm.last(third))};
}

bool Resources::is_flat(std::size_t kind) const {
  if (samples_.size() < all_kinds[kind].least_samples) return true;
  const Thirds its = thirds(kind);
  return its.last <= std::max(its.first, its.middle) + all_kinds[kind].slack;
}

bool Resources::are_flat() const {
  if (samples_.size() < least_samples) return true;
  for (std::size_t kind = tells_memory ? 0 : 2; kind < kinds; ++kind)
    if (!is_flat(kind)) return false;
  return true;
}

void Resources::print(std::ostream& out) const {
  if (samples_.size() < least_samples) {
    out << samples_.size() << " rounds: too few to tell whether memory grows\n";
    return;
  }
  out << std::left << std::setw(18) << "resource" << std::right << std::setw(14) << "first third"
      << std::setw(14) << "middle third" << std::setw(13) << "last third" << '\n';
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const Thirds its = thirds(kind);
    out << std::left << std::setw(18) << all_kinds[kind].name << std::right << std::setw(14)
        << its.first << std::setw(14) << its.middle << std::setw(13) << its.last;
    if (!tells_memory && kind < 2)
      out << "  (says nothing under a sanitizer)";
    else if (samples_.size() < all_kinds[kind].least_samples)
      out << "  (too few rounds to tell)";
    else if (!is_flat(kind))
      out << "  grows";
    out << '\n';
  }
}

}  // namespace soak
