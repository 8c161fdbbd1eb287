// How a run of the spinner says that an invariant does not hold: one line, and the end of the
// process.
#pragma once

#include <string>

namespace spinner {

/// Exit code of a run that has found something.
inline constexpr int exit_when_broken = 3;

/// Says which invariant is broken, and ends the process at once. A breakpoint for gdb.
[[noreturn]] void fail(const std::string& what);

}  // namespace spinner
