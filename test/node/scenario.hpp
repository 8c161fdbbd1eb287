// A scenario in C++: the same program as its namesake in JavaScript, and the same trace.
#pragma once

#include <string>

#include "support/catch2.hpp"
#include "trace.hpp"

namespace test {

using ScenarioBody = void (*)(Trace& t);

/// Runs the body as Node runs a program, until nothing is left to do.
std::vector<std::string> run_scenario(ScenarioBody body);

/// What is expected of dgram: what Node did, or what deviations.txt says instead.
/**
 * Microtasks are left out: C++ has none.
 */
std::vector<std::string> expected_trace(const std::string& name);

}  // namespace test

#define NODE_SCENARIO_CONCAT2(a, b) a##b
#define NODE_SCENARIO_CONCAT(a, b) NODE_SCENARIO_CONCAT2(a, b)
#define NODE_SCENARIO_AS(function, name)                                   \
  static void function(test::Trace& t);                                    \
  TEST_CASE("as Node does: " name, "[node]") {                             \
    CHECK(test::run_scenario(&function) == test::expected_trace(name));    \
  }                                                                        \
  static void function([[maybe_unused]] test::Trace& t)

/// NODE_SCENARIO("order/send") { … the program, with `t` … }
#define NODE_SCENARIO(name) NODE_SCENARIO_AS(NODE_SCENARIO_CONCAT(node_scenario_, __LINE__), name)
