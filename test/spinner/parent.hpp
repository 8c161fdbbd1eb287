// The process that starts the one with the steps, and shortens the sequence when that one fails.
#pragma once

#include "spinner/arguments.hpp"

namespace spinner {

/// Returns the exit code of the program.
int run_parent(const Arguments& arguments);

}  // namespace spinner
