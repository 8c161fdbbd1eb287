// Who has asked for a path check, and what has come of each. Pure: sends and receives nothing.
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

/// 64 bits that nobody guesses.
std::uint64_t random_word();

struct PathClient {
  Endpoint endpoint;
  std::uint64_t token = 0;
  std::uint64_t cookie = 0;
  bool is_proven = false;           ///< It has shown the cookie.
  std::uint16_t burst = 0;          ///< The last one.
  BurstTally heard;                 ///< What has arrived of it.
  std::optional<PathMessage> sent;  ///< Or, when it was for the client, what has left.

  /// Whether that is the last burst; one with a higher number is from then on. Numbers never go
  /// down, so an old request that is sent again brings no burst again.
  bool enter(std::uint16_t number) noexcept;
};

class PathClients {
 public:
  static constexpr std::size_t capacity = 64;

  /// The one who says hello, with a cookie. A hello that is repeated changes nothing, and one with
  /// another token is another client's: anybody can send it in the name of an endpoint. Where there
  /// is no room, one that has never shown its cookie is forgotten, else the one that was silent for
  /// longest.
  const PathClient& admit(const Endpoint& endpoint, std::uint64_t token);

  /// The one whose message this is; nullptr when it does not have the cookie that went to its
  /// endpoint.
  PathClient* find(const Endpoint& endpoint, const PathMessage& message) noexcept;

 private:
  std::vector<PathClient> clients_;  // the one that was heard last at the end
};

}  // namespace detail
DGRAM_END_NAMESPACE
