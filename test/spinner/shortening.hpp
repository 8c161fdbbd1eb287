// A sequence of steps that fails becomes a shorter one that fails.
#pragma once

#include <functional>

#include "spinner/arguments.hpp"

namespace spinner {

/// Delta debugging (Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, 2002),
/// within a minute and 200 tries. Threads make a run fail now and then only: one that does not fail
/// is tried up to three times.
Steps shorten(Steps steps, const std::function<bool(const Steps&)>& fails);

}  // namespace spinner
