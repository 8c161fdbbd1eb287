// How many datagrams may be on their way: as many as the machine carries now.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "turn.hpp"

namespace soak {

/// A window that grows while what is sent arrives, and is halved when it does not: so now and then
/// the kernel drops a few.
class Pace {
 public:
  /// How many more may be sent now.
  std::size_t room(const Turn& turn) {
    const auto received = static_cast<std::int64_t>(turn.tally.received());
    const auto now = Clock::now();
    if (received != received_) {
      received_ = received;
      moved_at_ = now;
    }
    const auto sent = static_cast<std::int64_t>(turn.account.accepted);
    // What comes after all was not lost.
    lost_ = std::min(lost_, sent - received);
    std::int64_t on_its_way = sent - received - lost_;
    if (on_its_way > 0 && now - moved_at_ > silence) {
      lost_ += std::exchange(on_its_way, 0);
      window_ = std::max(window_ / 2, least);
      moved_at_ = now;
    }
    if (on_its_way >= window_) return 0;
    window_ = std::min(window_ + 1, most);
    return static_cast<std::size_t>(window_ - on_its_way);
  }

 private:
  static constexpr std::int64_t least = 16;
  static constexpr std::int64_t most = 4096;
  /// After which what is on its way counts as lost.
  static constexpr auto silence = std::chrono::milliseconds(10);

  std::int64_t window_ = 64;
  std::int64_t received_ = 0;
  std::int64_t lost_ = 0;
  Clock::time_point moved_at_ = Clock::now();
};

/// How long who may not send waits before it looks again.
inline constexpr auto pause = std::chrono::microseconds(100);

}  // namespace soak
