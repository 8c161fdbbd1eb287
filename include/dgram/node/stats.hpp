// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a Node socket has done and what it lost.
#pragma once

#include <cstdint>
#include <dgram/node/config.hpp>
#include <dgram/stats.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Counters of one socket. Node has none of it: what it drops in silence is dropped here, too, and
/// counted.
struct Stats : dgram::Stats {
  /// Sends that never reached the system: their lookup or bind failed, their address is blocked,
  /// too many waited, or the socket was closed before. Those that the system refused are in
  /// `errors`.
  std::uint64_t unsent = 0;

  /// Datagrams that were dropped because their sender is blocked.
  std::uint64_t blocked_messages = 0;

  /// Datagrams that were dropped because nobody listened for `message`.
  std::uint64_t unheard_messages = 0;
};

}  // namespace node
DGRAM_END_NAMESPACE
