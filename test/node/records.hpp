// What the text files beside the tests say of scenarios: README.md has their format.
#pragma once

#include <string>
#include <vector>

namespace test {

/// "# name", lines that begin with "//", and others.
struct Record {
  std::string name;
  std::vector<std::string> reasons;
  std::vector<std::string> lines;
};

/// The records of a file beside the tests, in its order.
/**
 * Without empty lines, and without microtasks: C++ has none.
 */
std::vector<Record> read_records(const std::string& file);

/// The records of traces/: what Node did, in all groups.
std::vector<Record> recorded_traces();

/// The one of this name; nullptr when there is none.
const Record* find_record(const std::vector<Record>& records, const std::string& name);

}  // namespace test
