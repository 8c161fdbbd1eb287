#include "records.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#ifndef TRACES
#error "TRACES is the folder of this file, which has traces/"
#endif

namespace test {

namespace {

// Not a std::string: g++ 12.2 sees an overflow where it puts one together with a literal of this
// size.
const std::filesystem::path traces_folder = TRACES;

}  // namespace

std::vector<Record> read_records(const std::string& file) {
  std::ifstream text(traces_folder / file);
  if (!text) throw std::runtime_error("there is no " + file);
  std::vector<Record> records;
  std::string line;
  while (std::getline(text, line)) {
    if (line.starts_with("# "))
      records.push_back({line.substr(2), {}, {}});
    else if (records.empty() || line.empty() || line.starts_with("microtask "))
      continue;
    else if (line.starts_with("//"))
      records.back().reasons.push_back(line);
    else
      records.back().lines.push_back(line);
  }
  return records;
}

std::vector<Record> recorded_traces() {
  std::vector<Record> all;
  for (const auto& entry : std::filesystem::directory_iterator(traces_folder / "traces")) {
    const std::vector<Record> group = read_records(entry.path().string());
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

const Record* find_record(const std::vector<Record>& records, const std::string& name) {
  const auto found = std::ranges::find(records, name, &Record::name);
  return found == records.end() ? nullptr : &*found;
}

}  // namespace test
