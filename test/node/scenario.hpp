// A scenario in C++: the same program as its namesake in JavaScript, and the same trace.
#pragma once

#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "trace.hpp"

namespace test {

using ScenarioBody = void (*)(Trace& t);

/// Runs the body as Node runs a program, until nothing is left to do.
std::vector<std::string> run_scenario(ScenarioBody body);

/// The same in a network of its own, as in_network makes it. Needs the rights that
/// test/core/network/run sees to.
std::vector<std::string> run_network_scenario(ScenarioBody body);

/// What is expected of dgram: what Node did, or what deviations.txt says instead.
std::vector<std::string> expected_trace(const std::string& name);

/// The names of all scenarios that are compared.
std::vector<std::string>& compared_scenarios();

/// Adds one to them.
struct Compared {
  explicit Compared(const char* name) { compared_scenarios().emplace_back(name); }
};

}  // namespace test

#define NODE_SCENARIO_CONCAT2(a, b) a##b
#define NODE_SCENARIO_CONCAT(a, b) NODE_SCENARIO_CONCAT2(a, b)
#define NODE_SCENARIO_AS(run, tags, function, name)                    \
  static void function(test::Trace& t);                                \
  static const test::Compared NODE_SCENARIO_CONCAT(function, _)(name); \
  TEST_CASE("as Node does: " name, tags) {                             \
    CHECK(test::run(&function) == test::expected_trace(name));         \
  }                                                                    \
  static void function([[maybe_unused]] test::Trace& t)

/// NODE_SCENARIO("order/send") { … the program, with `t` … }
#define NODE_SCENARIO(name) \
  NODE_SCENARIO_AS(run_scenario, "[node]", NODE_SCENARIO_CONCAT(node_scenario_, __LINE__), name)

/// For those with { namespace: true }. Hidden: the test node_network runs them.
#define NODE_NETWORK_SCENARIO(name)                                \
  NODE_SCENARIO_AS(run_network_scenario,                           \
                   "[.][node][network]",                           \
                   NODE_SCENARIO_CONCAT(node_scenario_, __LINE__), \
                   name)
