// What a contender is that runs in a process of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../support/child.hpp"

namespace bench {

struct Peer {
  std::string name;
  /// Runs in the child, on a bound and non-blocking socket that it inherits, until it is killed.
  std::function<void(int socket, const ToParent& parent)> run = {};
  /// Why it cannot run here.
  std::string missing = {};
};

/// Counts what a receiver gets. A datagram of one byte ends a turn: then the count is said to the
/// parent, and starts anew.
class Tally {
 public:
  static constexpr std::size_t end_size = 1;

  explicit Tally(const ToParent& parent) noexcept : parent_(parent) {}

  void take(std::size_t size) {
    if (size != end_size) [[likely]]
      ++count_;
    else
      report();
  }

  /// For receivers with a timer: how late it was. Only what is late during a turn counts.
  void timer_was_late(double microseconds) {
    if (count_ != 0) lateness_.push_back(microseconds);
  }

 private:
  void report() {
    std::string line = std::to_string(count_);
    if (!lateness_.empty()) {
      const auto middle = lateness_.begin() + static_cast<std::ptrdiff_t>(lateness_.size() / 2);
      std::nth_element(lateness_.begin(), middle, lateness_.end());
      line += ' ' + std::to_string(*middle);
    }
    parent_.say(line);
    count_ = 0;
    lateness_.clear();
  }

  ToParent parent_;
  std::uint64_t count_ = 0;
  std::vector<double> lateness_;
};

}  // namespace bench
