// What is to be sent, cut into the calls that send it: batches, and one long payload in segments.
#pragma once

#include <array>
#include <asio/buffer.hpp>
#include <cstddef>
#include <dgram/batch.hpp>
#include <dgram/channel.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/stats.hpp>
#include <optional>
#include <span>
#include <system_error>

#include "runs.hpp"
#include "send_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- turns one payload that leaves as datagrams of one size into calls

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

// ---- Turns a batch of datagrams into calls, and the outcomes of the calls into a result per
// datagram.

/// Pure: knows no socket. Alternate plan() and settle() until plan() has nothing left.
/**
 * An item stands for a run of datagrams of the batch: neighbours of one size, to one receiver, with
 * the same options, of which the last one may be shorter, and where RunRules say so has to be. A
 * run that is refused goes out again, one by one; if the first of these is accepted, it was the run
 * that was refused.
 */
class SendPlanner {
 public:
  // sendmmsg gains nothing beyond 16 to 64 messages a call.
  static constexpr std::size_t max_items = 32;
  // Datagrams in the runs of one call.
  static constexpr std::size_t max_pieces_of_runs = 256;

  /// @param refusals Where runs are refused; nullptr: nowhere.
  SendPlanner(std::span<Outgoing> batch,
              SendProgress& progress,
              const SendRules& rules,
              const RunRules& runs,
              const OffloadRefusals* refusals) noexcept
      : batch_(batch), progress_(progress), rules_(rules), run_rules_(runs), refusals_(refusals) {}

  /// The items of the next call; empty when every datagram has its result. Datagrams that may not
  /// be sent get theirs here.
  /// @param now Only looked at where runs are refused to somebody.
  std::span<const SendItem> plan(TimePoint now) noexcept;

  /// The call's outcome: `sent` items were accepted; an error belongs to the item behind them,
  /// unless it is would_block.
  std::optional<RunRefusal> settle(std::size_t sent, std::error_code ec) noexcept;

  /// Datagrams and bytes accepted through this planner.
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t accepted_bytes() const noexcept { return accepted_bytes_; }
  /// Those that may not be sent, by the reason, as far as the batch has come; empty when there was
  /// none.
  const std::optional<ErrorCounts>& rejections() const noexcept { return rejections_; }

 private:
  struct Run {
    std::size_t first;
    std::size_t count;
    std::size_t bytes;
  };

  /// Adds those of the next datagrams that may join the run; none where no such run may be made.
  /// False: it needs the room of the next call.
  bool extend(SendItem& item, Run& run, Runs allowed) noexcept;
  bool reject(Outgoing& one, const Endpoint* to) noexcept;
  void count_rejections(std::size_t from, std::size_t until) noexcept;
  bool may_grow(const Run& run, const Endpoint* to, TimePoint now) const noexcept;

  std::span<Outgoing> batch_;
  SendProgress& progress_;
  SendRules rules_;
  RunRules run_rules_;
  const OffloadRefusals* refusals_;
  std::array<SendItem, max_items> items_;
  std::array<Run, max_items> runs_;
  std::array<asio::const_buffer, max_pieces_of_runs> pieces_;
  std::size_t pieces_used_ = 0;
  std::size_t planned_ = 0;
  std::size_t scanned_ = 0;    // first datagram that plan() has not looked at
  bool has_rejected_ = false;  // some datagram of the last plan()
  std::size_t accepted_ = 0;
  std::size_t accepted_bytes_ = 0;
  std::optional<ErrorCounts> rejections_;
};

/// True for the errors that mean "later", not "no".
bool is_would_block(std::error_code ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
