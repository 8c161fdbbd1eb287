// Turns one payload that leaves as datagrams of one size into calls.
#pragma once

#include <array>
#include <asio/buffer.hpp>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/detail/send_progress.hpp>
#include <optional>
#include <span>
#include <system_error>

#include "offload_refusals.hpp"
#include "run_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Pure: knows no socket. Alternate plan() and settle() until `progress.next` is at the end or an
/// error is given back.
class SegmentPlanner {
 public:
  static constexpr std::size_t max_items = 32;

  /// @param to nullptr: the connected peer.
  /// @param options nullptr: none.
  /// @param refusals Where runs are refused; nullptr: nowhere.
  SegmentPlanner(asio::const_buffer whole,
                 std::size_t segment_size,
                 const Endpoint* to,
                 const SendOptions* options,
                 SendProgress& progress,
                 Runs runs,
                 const OffloadRefusals* refusals) noexcept
      : whole_(whole),
        segment_size_(segment_size),
        to_(to),
        options_(options),
        progress_(progress),
        runs_(runs),
        refusals_(refusals) {}

  /// The items of the next call: a run, or single datagrams. Never empty: an empty payload is one
  /// empty datagram.
  /// @param now Only looked at where runs are refused to somebody.
  std::span<const SendItem> plan(TimePoint now) noexcept;

  /// The call's outcome, as in SendPlanner. `ec` is cleared where the datagrams go out another way.
  std::optional<RunRefusal> settle(std::size_t sent, std::error_code& ec) noexcept;

 private:
  std::size_t run_bytes(TimePoint now) const noexcept;

  asio::const_buffer whole_;
  std::size_t segment_size_;
  const Endpoint* to_;
  const SendOptions* options_;
  SendProgress& progress_;
  Runs runs_;
  const OffloadRefusals* refusals_;
  std::array<asio::const_buffer, max_items> segments_;
  std::array<SendItem, max_items> items_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
