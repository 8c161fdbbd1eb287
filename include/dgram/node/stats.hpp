// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The counters of a Node socket.
#pragma once

#include <cstdint>
#include <dgram/node/config.hpp>
#include <dgram/stats.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// The counters of one socket. Node has none: datagrams that it drops silently are dropped here as
/// well, but counted.
struct Stats : dgram::Stats {
  /// Sends that were never passed to the system: the lookup or the bind failed, the address is
  /// blocked, too many sends were waiting, or the socket was closed first. Sends that the system
  /// refused are counted in `errors`.
  std::uint64_t unsent = 0;

  /// Datagrams that were dropped because their sender is blocked.
  std::uint64_t blocked_messages = 0;

  /// Datagrams that were dropped because there was no listener for `message`.
  std::uint64_t unheard_messages = 0;
};

}  // namespace node
DGRAM_END_NAMESPACE
