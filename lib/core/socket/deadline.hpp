// The end of a time that begins now.
#pragma once

#include <dgram/channel.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// `now` for a timeout that is over; TimePoint::max(), never, for one beyond the clock's range.
inline TimePoint deadline_after(TimePoint now, TimePoint::duration timeout) noexcept {
  if (timeout <= TimePoint::duration::zero()) return now;
  return timeout < TimePoint::max() - now ? now + timeout : TimePoint::max();
}

}  // namespace detail
DGRAM_END_NAMESPACE
