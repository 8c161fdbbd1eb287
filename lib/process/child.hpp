// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Child processes: starting them, sending signals, waiting for them.
#pragma once

#include <sys/types.h>

#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// A program to start.
struct Command {
  /// A path, or a name that is searched for in PATH.
  std::string program;
  std::vector<std::string> arguments;  ///< Without the name of the program.
  /// Variables that are added to those of this process, or replace them.
  std::vector<std::pair<std::string, std::string>> environment;
  /// A descriptor that stays open in the child, under the same number.
  NativeHandle inherited = invalid_handle;
};

/// Starts the program with no signal blocked or ignored. A program that does not exist is an error
/// as well.
pid_t start_child(const Command& command, std::error_code& ec);

/// How a child has ended.
struct ChildEnd {
  int code = 0;
  int signal = 0;  ///< 0: the child has exited, with `code`.
};

/// How the child has ended; nullopt while it runs. After its end, its number may be that of another
/// process.
/**
 * A code of -1: other code has waited for the child.
 */
std::optional<ChildEnd> child_end(pid_t child) noexcept;

std::error_code signal_child(pid_t child, int signal) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
