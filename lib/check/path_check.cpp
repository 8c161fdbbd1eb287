// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Evaluates the counts of a path check, for functions and as text.
#include <dgram/check/path_check.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE

namespace {

double lost_share(const PathCheck::Counts& counts) noexcept {
  if (counts.sent == 0) return 0;
  return 1 - static_cast<double>(counts.arrived) / static_cast<double>(counts.sent);
}

/// @param runs The counts of one kind of runs. If none was sent in runs, they say nothing about
/// runs.
bool loses_more(const PathCheck::Counts& runs, const PathCheck::Counts& single) noexcept {
  constexpr double far_more = 1.0 / 3 - 1e-9;  // a third is enough, however it is rounded
  return runs.in_runs != 0 && lost_share(runs) - lost_share(single) >= far_more;
}

std::string counts_text(const PathCheck::Counts& counts) {
  std::string text = std::to_string(counts.arrived) + " of " + std::to_string(counts.sent);
  if (counts.damaged != 0) text += " (" + std::to_string(counts.damaged) + " damaged)";
  return text;
}

/// @param sender The host that sends in this direction.
std::string verdict(const PathCheck::Direction& direction, std::string_view sender) {
  if (direction.loses_runs()) {
    const bool both = direction.loses_equal_runs() && direction.loses_uneven_runs();
    std::string text = "lost only in runs";
    if (!both && direction.loses_equal_runs()) text += " of equal length";
    if (!both && direction.loses_uneven_runs()) text += " with a shorter last one";
    return text + ". On " + std::string(sender) +
           ": Segmentation::off towards that address, or DGRAM_DISABLE=gso, or ethtool -K <device> "
           "tx-udp-segmentation off";
  }
  if (!direction.single_ones_arrive())
    return "single datagrams are lost as well: nothing can be said of runs";
  return direction.makes_runs() ? "runs arrive" : "no runs are made";
}

std::string direction_text(std::string_view name,
                           const PathCheck::Direction& direction,
                           std::string_view sender) {
  const std::string begin = std::string(name) + ": ";
  return begin + "single " + counts_text(direction.single) + ", in runs of equal length " +
         counts_text(direction.equal_runs) + ", in runs with a shorter last one " +
         counts_text(direction.uneven_runs) + '\n' + begin + verdict(direction, sender);
}

}  // namespace

bool PathCheck::Direction::makes_runs() const noexcept {
  return equal_runs.in_runs != 0 || uneven_runs.in_runs != 0;
}

bool PathCheck::Direction::loses_equal_runs() const noexcept {
  return single_ones_arrive() && loses_more(equal_runs, single);
}

bool PathCheck::Direction::loses_uneven_runs() const noexcept {
  return single_ones_arrive() && loses_more(uneven_runs, single);
}

bool PathCheck::Direction::single_ones_arrive() const noexcept {
  return single.sent != 0 && 2 * single.arrived >= single.sent;
}

std::string to_string(const PathCheck& check) {
  return direction_text("there", check.there, "this host") + '\n' +
         direction_text("back", check.back, "the other host");
}

DGRAM_END_NAMESPACE
