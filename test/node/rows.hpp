// Scenarios that are rows of scenarios/*.txt: README.md has their form. rows.js plays the same with
// Node.
#pragma once

#include <string>

#include "scenario.hpp"

namespace test {

/// Plays the rows of a scenario.
void play_rows(const std::string& name, Trace& t);

}  // namespace test

#define NODE_ROWS(name)       \
  NODE_SCENARIO(name) {       \
    test::play_rows(name, t); \
  }

/// For those that say "namespace".
#define NODE_NETWORK_ROWS(name) \
  NODE_NETWORK_SCENARIO(name) { \
    test::play_rows(name, t);   \
  }
