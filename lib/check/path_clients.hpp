// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The clients that asked for a path check, and the state of each. Sends and receives nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <optional>
#include <vector>

#include "path_burst.hpp"
#include "path_message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// 64 random bits that cannot be guessed.
std::uint64_t random_word();

struct PathClient {
  Endpoint endpoint;
  std::uint64_t token = 0;
  std::uint64_t cookie = 0;
  bool is_proven = false;           ///< The client has sent its cookie.
  std::uint16_t burst = 0;          ///< The number of its last burst.
  BurstTally heard;                 ///< What has arrived of that burst.
  std::optional<PathMessage> sent;  ///< If the burst goes to the client: what was sent of it.

  /// True when `number` is the last burst. A higher number is the last burst from then on. Numbers
  /// never go down, so an old request that is sent again does not bring its burst again.
  bool enter(std::uint16_t number) noexcept;
};

class PathClients {
 public:
  static constexpr std::size_t capacity = 64;

  /// Returns the client that sends a hello; a new client gets a cookie. A repeated hello changes
  /// nothing. A hello with another token belongs to another client, because any host can send one
  /// from a forged endpoint. Without room for a new client, one that has never sent its cookie is
  /// forgotten, else the one that was silent for longest.
  const PathClient& admit(const Endpoint& endpoint, std::uint64_t token);

  /// The client that has sent this message; nullptr when the message does not have the cookie that
  /// was sent to its endpoint.
  PathClient* find(const Endpoint& endpoint, const PathMessage& message) noexcept;

 private:
  std::vector<PathClient> clients_;  // the client that was heard last is at the end
};

}  // namespace detail
DGRAM_END_NAMESPACE
