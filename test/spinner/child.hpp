// The process that runs the steps.
#pragma once

#include "spinner/arguments.hpp"
#include "spinner/progress.hpp"

namespace spinner {

/// Runs them all; returns the exit code of the process. What is broken ends it at once.
int run_child(const Arguments& arguments, Progress& progress);

}  // namespace spinner
