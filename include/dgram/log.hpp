// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Where dgram says what is no error, but should be known.
#pragma once

#include <asio/execution_context.hpp>
#include <dgram/config.hpp>
#include <functional>
#include <string_view>

DGRAM_BEGIN_NAMESPACE

/// How much it matters.
enum class LogLevel : unsigned char {
  info,  ///< Less than the best that this system could offer, without an effect on what was asked
         ///< for.
  warning,  ///< Something that was asked for was granted in part only, or something was lost.
};

/// Gets one line without its end. Called on whichever thread uses the socket; must not throw.
using LogHandler = std::function<void(LogLevel level, std::string_view text)>;

/// Sets where the sockets of `context` say what they have to say; an empty function is silence, as
/// is the default.
/**
 * What it says: a buffer that is smaller than asked for, error reports that nobody takes, settings
 * that an old kernel does not have, successors that a Handover has sent away, and a lock file that
 * it cannot have. Each kind at most once a minute.
 *
 * Thread safety: may be called from any thread.
 *
 * Example:
 * @code
 * dgram::set_log_handler(io, [](dgram::LogLevel level, std::string_view text) {
 *   spdlog::log(level == dgram::LogLevel::info ? spdlog::level::info : spdlog::level::warn, text);
 * });
 * @endcode
 */
DGRAM_API void set_log_handler(asio::execution_context& context, LogHandler handler);

DGRAM_END_NAMESPACE
