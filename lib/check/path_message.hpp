// What the two sides of a path check say to each other. Pure: bytes in, values out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <optional>
#include <span>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// who checks                              who answers
//   hello  token                     ->
//                                    <-    welcome  token, cookie
// The cookie shows from then on that its owner receives at its address. A burst, by number:
//   there  index, filler …           ->
//   ask                              ->
//                                    <-    told  how many arrived, how many were damaged
// And one in the other direction:
//   want                             ->
//                                    <-    back  index, filler …
//                                    <-    sent  how many were sent, how many of them in runs
// A question that is repeated brings what is known by then, and no burst is sent twice. What is no
// question is never answered, so two that answer cannot keep each other busy.

inline constexpr std::size_t min_check_size = 64;
inline constexpr std::size_t max_check_size = 9000;
inline constexpr std::size_t min_check_run = 2;
inline constexpr std::size_t max_check_run = 64;
inline constexpr std::size_t max_check_rounds = 100;

enum class BurstKind : std::uint8_t { single, equal_run, uneven_run };
inline constexpr std::array burst_kinds = {
    BurstKind::single, BurstKind::equal_run, BurstKind::uneven_run};

/// Both directions have bursts of each kind in each round; they share their numbers, from 1 on.
inline constexpr std::size_t max_bursts = max_check_rounds * burst_kinds.size() * 2;

/// A message, or the header of a datagram of a burst.
struct PathMessage {
  enum class Type : std::uint8_t { hello, welcome, there, ask, told, want, back, sent };

  Type type = Type::hello;
  std::uint64_t token = 0;   ///< Of one check; by chance.
  std::uint64_t cookie = 0;  ///< Of one client; by chance.

  // Of all but hello and welcome:
  BurstKind kind = BurstKind::single;
  std::uint16_t burst = 0;
  std::uint16_t run = 0;
  std::uint16_t size = 0;
  /// Of a datagram of a burst: its place there. Of ask and want: 1 when it is asked once more,
  /// because some were missing; told and sent have that of their question.
  std::uint16_t index = 0;
  std::uint16_t first = 0;   ///< told: those that arrived; sent: those that were sent.
  std::uint16_t second = 0;  ///< told: those that were damaged; sent: those of them in runs.

  bool operator==(const PathMessage&) const = default;
};

inline constexpr std::size_t path_header_size = 36;
using PathHeader = std::array<std::byte, path_header_size>;

/// Whether a burst may be like that.
bool is_check_burst(std::size_t run, std::size_t size) noexcept;

/// A message is its header, and nothing else.
PathHeader to_header(const PathMessage& message) noexcept;

/// nullopt for everything that this version does not send. Of a datagram of a burst only the header
/// is looked at.
std::optional<PathMessage> read_path_message(std::span<const std::byte> bytes) noexcept;

/// The same numbers of the same burst.
bool is_same_burst(const PathMessage& a, const PathMessage& b) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
