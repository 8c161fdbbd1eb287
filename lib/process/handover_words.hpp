// What the two processes of a handover say to each other. Pure: text in, text out.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// successor                          predecessor
//   "dgram-handover 1"           ->
//                                <-    "dgram-handover 1 sockets 2"   with its listening socket
//                                <-    "echo\ndns"                    with those, at most 64 a
//                                message
//   "ready"                      ->
//                                <-    "yours"
// Instead of what it owes, the predecessor may say "dgram-handover 1 refused" at first, and
// "withdrawn" at any time. The first message is the same in every version, up to its number.

inline constexpr int handover_version = 1;
inline constexpr std::string_view ready_word = "ready";
inline constexpr std::string_view yours_word = "yours";
inline constexpr std::string_view withdrawn_word = "withdrawn";

/// More than any process has.
inline constexpr std::size_t max_handed_over = 65536;

std::string hello_words();
std::string refusal_words();
std::string offer_words(std::size_t sockets);

/// Whether it is a successor of this version: `protocol_error`, HandoverErrc::version.
std::error_code read_hello(std::string_view text) noexcept;

/// How many sockets will come: `protocol_error`, HandoverErrc::version, `access_denied` (refused),
/// HandoverErrc::withdrawn.
std::error_code read_offer(std::string_view text, std::size_t& sockets) noexcept;

/// A name that may be handed over. The same that systemd allows, so that both ways of a socket into
/// a process have the same names.
bool is_good_name(std::string_view name) noexcept;

/// One per line.
std::string join_names(const std::vector<std::string>& names);

}  // namespace detail
DGRAM_END_NAMESPACE
