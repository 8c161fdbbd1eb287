// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Plans the calls that send something: a batch of datagrams, or one long payload in segments.
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

// ---- divides one payload, which is sent as datagrams of one size, into calls

/// Knows no socket. Call plan() and settle() in turn until `progress.next` is at the end or
/// settle() leaves an error.
class SegmentPlanner {
 public:
  static constexpr std::size_t max_items = 32;

  /// @param to nullptr: the connected peer.
  /// @param options nullptr: none.
  /// @param refusals The destinations that refuse runs; nullptr: none do.
  SegmentPlanner(asio::const_buffer whole,
                 std::size_t segment_size,
                 const Endpoint* to,
                 const SendOptions* options,
                 SendProgress& progress,
                 const RunRules& runs,
                 const OffloadRefusals* refusals) noexcept
      : whole_(whole),
        segment_size_(segment_size),
        to_(to),
        options_(options),
        progress_(progress),
        run_rules_(runs),
        refusals_(refusals) {}

  /// The items of the next call: a run, or single datagrams. Never empty: an empty payload is one
  /// empty datagram.
  /// @param now Only used where runs are refused.
  std::span<const SendItem> plan(TimePoint now) noexcept;

  /// Takes the outcome of the call, as in SendPlanner. Clears `ec` when the datagrams of a refused
  /// run are going to be sent singly.
  std::optional<RunRefusal> settle(std::size_t sent, std::error_code& ec) noexcept;

 private:
  std::size_t run_bytes(TimePoint now) const noexcept;

  asio::const_buffer whole_;
  std::size_t segment_size_;
  const Endpoint* to_;
  const SendOptions* options_;
  SendProgress& progress_;
  RunRules run_rules_;
  const OffloadRefusals* refusals_;
  std::array<asio::const_buffer, max_items> segments_;
  std::array<SendItem, max_items> items_;
};

// ---- divides a batch of datagrams into calls, and turns their outcomes into a result per datagram

/// Knows no socket. Call plan() and settle() in turn until plan() returns no items.
/**
 * An item is a datagram or a run of datagrams of the batch: neighbours of one size, to one
 * receiver, with the same options. The last datagram of a run may be shorter, and has to be where
 * the RunRules say so. The datagrams of a refused run are sent again one by one; if the first of
 * them is accepted, the kernel had refused the run as such.
 */
class SendPlanner {
 public:
  // sendmmsg gains nothing beyond 16 to 64 messages a call.
  static constexpr std::size_t max_items = 32;
  // The most datagrams in the runs of one call.
  static constexpr std::size_t max_pieces_of_runs = 256;

  /// @param refusals The destinations that refuse runs; nullptr: none do.
  SendPlanner(std::span<Outgoing> batch,
              SendProgress& progress,
              const SendRules& rules,
              const RunRules& runs,
              const OffloadRefusals* refusals) noexcept
      : batch_(batch), progress_(progress), rules_(rules), run_rules_(runs), refusals_(refusals) {}

  /// The items of the next call; empty when every datagram has its result. Datagrams that may not
  /// be sent get their result here.
  /// @param now Only used where runs are refused.
  std::span<const SendItem> plan(TimePoint now) noexcept;

  /// Takes the outcome of the call: `sent` items were accepted, and an error belongs to the next
  /// item, unless it is would_block. Returns a refusal when it is certain that only the run was
  /// refused.
  std::optional<RunRefusal> settle(std::size_t sent, std::error_code ec) noexcept;

  /// Datagrams and bytes accepted through this planner.
  std::size_t accepted() const noexcept { return accepted_; }
  std::size_t accepted_bytes() const noexcept { return accepted_bytes_; }
  /// The datagrams that may not be sent, counted by reason, as far as the batch has come; empty
  /// when there were none.
  const std::optional<ErrorCounts>& rejections() const noexcept { return rejections_; }

 private:
  struct Run {
    std::size_t first;
    std::size_t count;
    std::size_t bytes;
  };

  /// Adds the following datagrams that may join the run; none if such a run may not be sent. False:
  /// the run needs the room of the next call.
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
  bool has_rejected_ = false;  // the last plan() rejected a datagram
  std::size_t accepted_ = 0;
  std::size_t accepted_bytes_ = 0;
  std::optional<ErrorCounts> rejections_;
};

/// True for the errors after which the same call may be tried again later.
bool is_would_block(std::error_code ec) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
