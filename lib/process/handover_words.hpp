// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The messages of the two processes of a handover: text in, text out.
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
//                                <-    "echo\ndns"                    with these sockets, max. 64
//   "ready"                      ->
//                                <-    "yours"
// Instead, the predecessor may send "dgram-handover 1 refused" as its first message, and
// "withdrawn" at any time. The first message is the same in every version, up to the version's
// number.

inline constexpr int handover_version = 1;
inline constexpr std::string_view ready_word = "ready";
inline constexpr std::string_view yours_word = "yours";
inline constexpr std::string_view withdrawn_word = "withdrawn";

/// More sockets than any process has.
inline constexpr std::size_t max_handed_over = 65536;

std::string hello_words();
std::string refusal_words();
std::string offer_words(std::size_t sockets);

/// Checks the hello of a successor. Errors: `protocol_error`, HandoverErrc::version.
std::error_code read_hello(std::string_view text) noexcept;

/// Reads how many sockets will come. Errors: `protocol_error`, HandoverErrc::version,
/// `access_denied` (refused), HandoverErrc::withdrawn.
std::error_code read_offer(std::string_view text, std::size_t& sockets) noexcept;

/// True for a name that may be handed over. systemd allows the same names, so that a socket has the
/// same name whichever way it comes into a process.
bool is_good_name(std::string_view name) noexcept;

/// The names, one per line.
std::string join_names(const std::vector<std::string>& names);

}  // namespace detail
DGRAM_END_NAMESPACE
