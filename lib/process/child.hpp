// Child processes: started, signalled, waited for.
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
  /// A path, or a name that is looked for in PATH.
  std::string program;
  std::vector<std::string> arguments;  ///< Behind its name.
  /// Variables beside those of this process, or instead of them.
  std::vector<std::pair<std::string, std::string>> environment;
  /// A descriptor that stays open in it, under the same number.
  NativeHandle inherited = invalid_handle;
};

/// Starts it with no signal blocked or ignored. The error is also that of a program that is not
/// there.
pid_t start_child(const Command& command, std::error_code& ec);

/// How a child has ended.
struct ChildEnd {
  int code = 0;
  int signal = 0;  ///< 0: it has exited, with `code`.
};

/// nullopt while the child runs. Once it has ended its number may be that of another process.
/**
 * A code of -1: somebody else has waited for it.
 */
std::optional<ChildEnd> child_end(pid_t child) noexcept;

std::error_code signal_child(pid_t child, int signal) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
