// Linux's names for runs and trains of datagrams, which are newer than the C libraries that dgram
// is built with (linux/udp.h), and what is known of its releases.
#pragma once

#include <charconv>
#include <dgram/config.hpp>
#include <string_view>
#include <tuple>

DGRAM_BEGIN_NAMESPACE
namespace detail {

inline constexpr int udp_segment = 103;
inline constexpr int udp_gro = 104;

/// True where runs whose datagrams are all of one length may leave with wrong headers: from commit
/// b10b446 (7.0-rc1) to 7.1.4. The mends, 78effd8 and 5f17ae0, are not in all of these releases,
/// and the number does not tell in which.
/**
 * @param release As uname(2) has it: "7.0.0-14-generic", "7.1.0-rc3+".
 */
inline bool may_spoil_equal_runs(std::string_view release) noexcept {
  int parts[3] = {0, 0, 0};  // a part that is missing is 0: "7.0-rc1"
  const char* at = release.data();
  const char* const end = at + release.size();
  for (int& part : parts) {
    const auto [next, ec] = std::from_chars(at, end, part);
    if (ec != std::errc()) break;
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  const auto version = std::tie(parts[0], parts[1], parts[2]);
  return version >= std::make_tuple(7, 0, 0) && version < std::make_tuple(7, 1, 5);
}

}  // namespace detail
DGRAM_END_NAMESPACE
