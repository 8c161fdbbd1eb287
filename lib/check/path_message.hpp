// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The messages of a path check: bytes in, values out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <optional>
#include <span>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// checking side                           answering side
//   hello  token                     ->
//                                    <-    welcome  token, cookie
// From then on, the cookie proves that the checking side receives at its address. A burst:
//   there  index, filler …           ->
//   ask                              ->
//                                    <-    told  how many arrived, how many were damaged
// A burst in the other direction:
//   want                             ->
//                                    <-    back  index, filler …
//                                    <-    sent  how many were sent, how many of them in runs
// A repeated question is answered with what is known by then; no burst is sent twice. Only
// questions are answered, so two answering sides cannot keep each other busy.

inline constexpr std::size_t min_check_size = 64;
inline constexpr std::size_t max_check_size = 9000;
inline constexpr std::size_t min_check_run = 2;
inline constexpr std::size_t max_check_run = 64;
inline constexpr std::size_t max_check_rounds = 100;

enum class BurstKind : std::uint8_t { single, equal_run, uneven_run };
inline constexpr std::array burst_kinds = {
    BurstKind::single, BurstKind::equal_run, BurstKind::uneven_run};

/// In each round, each direction has a burst of each kind. Both directions share their numbers,
/// from 1 on.
inline constexpr std::size_t max_bursts = max_check_rounds * burst_kinds.size() * 2;

/// A message, or the header of a datagram of a burst.
struct PathMessage {
  enum class Type : std::uint8_t { hello, welcome, there, ask, told, want, back, sent };

  Type type = Type::hello;
  std::uint64_t token = 0;   ///< Identifies the check; random.
  std::uint64_t cookie = 0;  ///< Identifies the client; random.

  // In all types but hello and welcome:
  BurstKind kind = BurstKind::single;
  std::uint16_t burst = 0;
  std::uint16_t run = 0;
  std::uint16_t size = 0;
  /// In a datagram of a burst: its place in the burst. In ask and want: 1 when the question is
  /// asked again because datagrams were missing. In told and sent: the index of the question.
  std::uint16_t index = 0;
  std::uint16_t first = 0;   ///< told: how many arrived; sent: how many were sent.
  std::uint16_t second = 0;  ///< told: how many were damaged; sent: how many of them in runs.

  bool operator==(const PathMessage&) const = default;
};

inline constexpr std::size_t path_header_size = 36;
using PathHeader = std::array<std::byte, path_header_size>;

/// True when a burst may have this many datagrams of this size.
bool is_check_burst(std::size_t run, std::size_t size) noexcept;

/// The bytes of a message, or of the header of a burst's datagram.
PathHeader to_header(const PathMessage& message) noexcept;

/// nullopt for everything that this version does not send. Only the header of a burst's datagram is
/// checked.
std::optional<PathMessage> read_path_message(std::span<const std::byte> bytes) noexcept;

/// True when the number, the kind, the run and the size of the bursts are the same.
bool is_same_burst(const PathMessage& a, const PathMessage& b) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
