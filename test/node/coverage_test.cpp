// That nothing that Node was seen to do is left out, or excused, in silence.
#include <algorithm>
#include <string>
#include <vector>

#include "records.hpp"
#include "scenario.hpp"

namespace node_coverage_test {

namespace {

using Names = std::vector<std::string>;

bool is_compared(const std::string& name) {
  return std::ranges::count(test::compared_scenarios(), name) > 0;
}

/// Why a scenario is not compared.
std::vector<test::Record> excuses() {
  return test::read_records("only_in_javascript.txt");
}

}  // namespace

TEST_CASE("every recorded scenario is compared or has a reason not to be", "[node][coverage]") {
  const std::vector<test::Record> excused = excuses();
  Names neither, both;
  for (const test::Record& recorded : test::recorded_traces()) {
    const auto reasons = std::ranges::count(excused, recorded.name, &test::Record::name);
    const auto tests = std::ranges::count(test::compared_scenarios(), recorded.name);
    if (reasons + tests == 0) neither.push_back(recorded.name);
    if (reasons + tests > 1) both.push_back(recorded.name);
  }
  CHECK(neither == Names());
  CHECK(both == Names());
}

TEST_CASE("what is compared was recorded", "[node][coverage]") {
  const std::vector<test::Record> recorded = test::recorded_traces();
  Names unknown;
  for (const std::string& name : test::compared_scenarios())
    if (!test::find_record(recorded, name)) unknown.push_back(name);
  CHECK(unknown == Names());
}

TEST_CASE("what is not compared was recorded, and has a reason", "[node][coverage]") {
  const std::vector<test::Record> recorded = test::recorded_traces();
  Names unknown, silent;
  for (const test::Record& excused : excuses()) {
    if (!test::find_record(recorded, excused.name)) unknown.push_back(excused.name);
    if (excused.reasons.empty()) silent.push_back(excused.name);
  }
  CHECK(unknown == Names());
  CHECK(silent == Names());
}

TEST_CASE("every deviation is one, of a scenario that is compared, and has a reason",
          "[node][coverage]") {
  const std::vector<test::Record> recorded = test::recorded_traces();
  const std::vector<test::Record> deviations = test::read_records("deviations.txt");
  Names unused, repeated, silent, equal;
  for (const test::Record& ours : deviations) {
    const test::Record* node = test::find_record(recorded, ours.name);
    if (!node || !is_compared(ours.name)) unused.push_back(ours.name);
    if (node && ours.lines == node->lines) equal.push_back(ours.name);
    if (test::find_record(deviations, ours.name) != &ours) repeated.push_back(ours.name);
    if (ours.reasons.empty()) silent.push_back(ours.name);
  }
  CHECK(unused == Names());
  CHECK(equal == Names());
  CHECK(repeated == Names());
  CHECK(silent == Names());
}

}  // namespace node_coverage_test
