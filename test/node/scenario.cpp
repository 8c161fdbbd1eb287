#include "scenario.hpp"

#include <chrono>
#include <fstream>
#include <map>
#include <stdexcept>

#ifndef TRACES
#error "TRACES is the folder of the recorded traces"
#endif

namespace test {

namespace {

using Traces = std::map<std::string, std::vector<std::string>>;

void read_traces(const std::string& path, Traces& traces) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no traces: " + path);
  std::vector<std::string>* current = nullptr;
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("# ", 0) == 0)
      current = &traces[line.substr(2)];
    else if (current && !line.empty() && line.rfind("// ", 0) != 0 && line.rfind("microtask ", 0) != 0)
      current->push_back(line);
  }
}

}  // namespace

std::vector<std::string> run_scenario(ScenarioBody body) {
  asio::io_context io;
  Trace t(io);
  dgram::node::next_tick(io, [&] { body(t); });  // outside of any callback: a turn of its own
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (bool running = true; running;) {
    try {
      io.restart();
      io.run_until(deadline);
      running = false;
      if (!io.stopped()) t.log("HUNG");
    } catch (const dgram::node::Error& failure) {
      t.error("uncaught", failure);
      running = t.survives();
      if (!running) t.log("exit code=1");
    }
  }
  return t.lines();
}

std::vector<std::string> expected_trace(const std::string& name) {
  const std::string folder = TRACES;
  Traces node;
  read_traces(folder + "/traces/" + name.substr(0, name.find('/')) + ".txt", node);
  Traces ours;
  read_traces(folder + "/deviations.txt", ours);
  if (node.count(name) == 0) throw std::runtime_error("nothing was recorded of " + name);
  if (ours.count(name) == 0) return node[name];
  if (ours[name] == node[name]) throw std::runtime_error("no deviation: " + name);
  return ours[name];
}

}  // namespace test
