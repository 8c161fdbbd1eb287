// Node's own benchmark programs on three platforms: Node, dgram::node, and libuv in plain C.
//
// What they do, and what they say: peers/node_programs.hpp. Each run is a process of its own.
// "…/send" is sends completed, "…/recv" messages received per second; both are counts of one run,
// as Node's program differs in nothing else. What got lost on the way is lost_percent of "…/recv":
// Node's programs do not look at it.
//
// "bind-params" makes sockets and binds them: "…/call" ends when all calls have returned, as
// Node's program does, "…/listening" when all sockets listen. uv_udp_bind() does not return before.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include "peers/node_programs.hpp"
#include "support/node_option.hpp"
#include "support/turns.hpp"

namespace {

using bench::Child;
using bench::NodePlatform;
using bench::NodeProgram;
using Kind = NodeProgram::Kind;

/// A run, and the cases that it answers; an empty one: that number is of no interest.
struct Run {
  NodeProgram program;
  std::string completed_case;
  std::string received_case = {};
};

std::vector<Run> all_runs() {
  std::vector<Run> runs;
  const auto add_both = [&](const std::string& name, const NodeProgram& program) {
    runs.push_back({program, name + "/send", name + "/recv"});
  };
  const std::array<std::size_t, 4> lengths = {1, 64, 256, 1024}, joined = {64, 256, 512, 1024};
  const std::array<std::size_t, 3> cut = {64, 256, 1024};
  const std::array<std::size_t, 4> counts = {1, 2, 4, 8};
  for (const std::size_t length : lengths)
    add_both("single-buffer/" + std::to_string(length), {Kind::single_buffer, length});
  for (const std::size_t length : lengths)
    add_both("offset-length/" + std::to_string(length), {Kind::offset_length, length});
  for (const std::size_t length : cut)
    for (const std::size_t pieces : counts)
      add_both("multi-buffer/" + std::to_string(length) + 'x' + std::to_string(pieces),
               {Kind::multi_buffer, length, pieces});
  for (const std::size_t length : joined)
    for (const std::size_t pieces : counts) {
      const std::string name =
          "array-vs-concat/" + std::to_string(length) + 'x' + std::to_string(pieces);
      runs.push_back({{Kind::array, length, pieces}, name + "/multi"});
      runs.push_back({{Kind::concat, length, pieces}, name + "/concat"});
    }
  const std::array<const char*, 3> parameters = {"none", "port", "port+address"};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    NodeProgram program{Kind::bind_calls};
    program.with_port = i >= 1;
    program.with_address = i == 2;
    const std::string name = std::string("bind-params/") + parameters[i];
    runs.push_back({program, name + "/call"});
    program.kind = Kind::bind_listening;
    runs.push_back({program, name + "/listening"});
  }
  return runs;
}

std::vector<std::string> all_cases() {
  std::vector<std::string> cases;
  for (const Run& run : all_runs()) {
    cases.push_back(run.completed_case);
    if (!run.received_case.empty()) cases.push_back(run.received_case);
  }
  return cases;
}

/// Node's program binds 10,000 sockets. All that this process may have, less what it has already.
int sockets_allowed() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) bench::throw_errno("getrlimit");
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) bench::throw_errno("setrlimit");
  constexpr rlim_t wanted = 10'000, others = 100;
  return static_cast<int>(std::min(wanted, files.rlim_max - others));
}

struct Result {
  long completed = 0;
  long received = 0;
  double seconds = 0;
};

Result result_of(const std::string& name,
                 const NodePlatform& platform,
                 const NodeProgram& program) {
  Child child(name + '/' + platform.name,
              [&](const bench::ToParent& parent) { platform.run(program, parent); });
  const std::string line = child.read_line();
  Result result;
  if (std::sscanf(
          line.c_str(), "%ld %ld %lf", &result.completed, &result.received, &result.seconds) != 3 ||
      result.completed <= 0 || result.seconds <= 0)
    throw std::runtime_error(name + '/' + platform.name + ": said '" + line + "'");
  return result;
}

class Measuring {
 public:
  Measuring(bench::Program& program, std::vector<NodePlatform> platforms)
      : program_(program), platforms_(std::move(platforms)), sockets_(sockets_allowed()) {}

  void run() {
    for (Run& run : all_runs()) {
      if (!is_asked(run.completed_case)) run.completed_case.clear();
      if (!is_asked(run.received_case)) run.received_case.clear();
      if (run.completed_case.empty() && run.received_case.empty()) continue;
      // Never shorter, not even with --brief: a Node that has just started is several times as
      // slow, and would make the others look good.
      run.program.seconds = program_.once() ? 0.01 : 0.5;
      run.program.sockets = program_.once() ? 100 : program_.brief() ? sockets_ / 10 : sockets_;
      for (int round = 0; round < program_.rounds(); ++round)
        for (std::size_t i = 0; i < platforms_.size(); ++i)
          turn(run, platforms_[(i + static_cast<std::size_t>(round)) % platforms_.size()], round);
    }
  }

 private:
  bool is_asked(const std::string& name) const {
    return std::find(program_.cases().begin(), program_.cases().end(), name) !=
           program_.cases().end();
  }

  void turn(const Run& run, const NodePlatform& platform, int round) {
    const std::string& name = run.completed_case.empty() ? run.received_case : run.completed_case;
    const Result result = result_of(name, platform, run.program);
    const auto sample = [&](const std::string& in_case, const char* metric, double value) {
      if (!in_case.empty()) program_.sample(in_case, platform.name, round, metric, value);
    };
    const auto completed = static_cast<double>(result.completed);
    const auto received = static_cast<double>(result.received);
    sample(run.completed_case, "per_second", completed / result.seconds);
    sample(run.received_case, "per_second", received / result.seconds);
    sample(run.received_case, "lost_percent", 100 * std::max(0.0, 1 - received / completed));
  }

  bench::Program& program_;
  std::vector<NodePlatform> platforms_;
  int sockets_;
};

void measure(bench::Program& program, const std::string& node) {
  std::vector<NodePlatform> platforms;
  for (NodePlatform& platform : std::vector<NodePlatform>{
           bench::node::platform(node), bench::libuv::platform(), bench::adapter::platform()}) {
    if (!platform.missing.empty())
      program.missing(platform.name, platform.missing);
    else if (program.wants(platform.name))
      platforms.push_back(std::move(platform));
  }
  if (!platforms.empty()) Measuring(program, std::move(platforms)).run();
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program(
      "node_programs", "Node's own benchmark programs on Node, dgram::node and libuv", all_cases());
  std::string node;
  bench::add_node_option(program, node);
  program.parse(argc, argv);
  return bench::report_errors("node_programs", [&] { measure(program, node); });
}
