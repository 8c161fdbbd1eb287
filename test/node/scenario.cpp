#include "scenario.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "records.hpp"
#include "support/network.hpp"

namespace test {

namespace {

std::vector<std::string> run(ScenarioBody body, const Host* network) {
  Trace t(network);
  dgram::node::next_tick(t.io, [&] { body(t); });  // outside of any callback: a turn of its own
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (bool running = true; running;) {
    try {
      t.io.restart();
      t.io.run_until(deadline);
      running = false;
      if (!t.io.stopped()) t.log("HUNG");
    } catch (const dgram::node::Error& failure) {
      t.error("uncaught", failure);
      running = t.survives();
      if (!running) t.log("exit code=1");
    }
  }
  t.exit();
  return t.lines();
}

}  // namespace

std::vector<std::string> run_scenario(ScenarioBody body) {
  return run(body, nullptr);
}

std::vector<std::string> run_network_scenario(ScenarioBody body) {
  const Host network("node");
  const Here here = network.enter();
  if (std::system("'" TRACES "/in_network' --inside true") != 0)
    throw std::runtime_error("in_network failed");
  for (const char* link : {"eth0", "eth1"}) network.await_ready(link);
  return run(body, &network);
}

std::vector<std::string> expected_trace(const std::string& name) {
  const std::vector<Record> node =
      read_records("traces/" + name.substr(0, name.find('/')) + ".txt");
  const std::vector<Record> ours = read_records("deviations.txt");
  const Record* record = find_record(ours, name);
  if (!record) record = find_record(node, name);
  if (!record) throw std::runtime_error("nothing was recorded of " + name);
  return record->lines;
}

std::vector<std::string>& compared_scenarios() {
  static std::vector<std::string> names;
  return names;
}

}  // namespace test
