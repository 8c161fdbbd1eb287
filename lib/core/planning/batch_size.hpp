// How many datagrams to ask the kernel for, and whether to ask again before waiting.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Sparse traffic is served by single receives, bursts by full batches.
/**
 * A single receive costs less than a batch of one, and a batch of which little is used costs more
 * the larger it is. So while datagrams come one at a time only every fourth fill looks whether a
 * second one is waiting. A fill that brings less than it asked for has emptied the socket: one does
 * not ask again, because an empty receive costs half as much as a full one.
 */
class BatchSize {
 public:
  explicit BatchSize(unsigned maximum) noexcept : maximum_(maximum) {}

  /// Slots to offer to the next fill.
  unsigned next() const noexcept {
    if (burst_) return maximum_;
    return (fills_ + 1) % probe_interval == 0 && maximum_ > 1 ? 2 : 1;
  }

  /// What the fill brought. `asked` may be less than next(), when a slab had less room; `got` may
  /// be more than that, when a train came.
  void record(unsigned asked, unsigned got) noexcept {
    if (maximum_ == 1) {
      // One at a time by order: an answered second look means a backlog, an unanswered one its end.
      const bool looked_again = more_;
      burst_ = got > 1 || (got == 1 && (burst_ || looked_again));
      more_ = got != 0 && (burst_ || ++fills_ % probe_interval == 0);
      return;
    }
    ++fills_;
    if (asked > 1 || got != 1) burst_ = got > 1;
    more_ = burst_ && got >= asked;
  }

  /// The last fill was full: there may be more, receive again instead of waiting.
  bool more() const noexcept { return more_; }

  /// The next receive waits for the kernel's word first.
  void forget() noexcept { more_ = false; }

 private:
  static constexpr unsigned probe_interval = 4;

  unsigned maximum_;
  unsigned fills_ = 3;  // so that the first fill of a socket looks
  bool burst_ = false;
  bool more_ = false;
};

}  // namespace detail
DGRAM_END_NAMESPACE
