// Turns a batch of datagrams into calls, and the outcomes of the calls into a result per datagram.
#pragma once

#include <array>
#include <cstddef>
#include <dgram/batch.hpp>
#include <dgram/channel.hpp>
#include <dgram/stats.hpp>
#include <optional>
#include <span>
#include <system_error>

#include "send_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Pure: knows no socket. Alternate plan() and settle() until plan() has nothing left.
/**
 * An item stands for a run of datagrams of the batch; a run is one datagram today, and will be
 * several where a system call can cut them itself.
 */
class SendPlanner {
 public:
  // sendmmsg gains nothing beyond 16 to 64 messages a call.
  static constexpr std::size_t max_items = 32;

  /// @param next The first datagram without a result: 0 at first. Kept by the caller, so that a
  /// batch can go on after a wait.
  SendPlanner(std::span<Outgoing> batch, std::size_t& next, const SendRules& rules) noexcept
      : batch_(batch), next_(next), rules_(rules) {}

  /// The items of the next call; empty when every datagram has its result. Datagrams that may not
  /// be sent get theirs here.
  std::span<const SendItem> plan() noexcept;

  /// The call's outcome: `sent` items were accepted; an error belongs to the item behind them,
  /// unless it is would_block.
  void settle(std::size_t sent, std::error_code ec) noexcept;

  /// Datagrams and bytes accepted through this planner.
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t accepted_bytes() const noexcept { return accepted_bytes_; }
  /// Those that may not be sent, by the reason; empty when there was none.
  const std::optional<ErrorCounts>& refusals() const noexcept { return refusals_; }

 private:
  struct Run {
    std::size_t first;
    std::size_t count;
  };

  std::span<Outgoing> batch_;
  std::size_t& next_;
  SendRules rules_;
  std::array<SendItem, max_items> items_;
  std::array<Run, max_items> runs_;
  std::size_t planned_ = 0;
  std::size_t scanned_ = 0;  // first datagram that plan() has not looked at
  std::size_t accepted_ = 0;
  std::size_t accepted_bytes_ = 0;
  std::optional<ErrorCounts> refusals_;
};

/// True for the errors that mean "later", not "no".
bool is_would_block(std::error_code ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
