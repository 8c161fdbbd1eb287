// An echo server's requests per second, latencies and processor time, with 64-byte requests.
//
// Cases: "1" request outstanding: both sides share a core, so that no wake-up of the other core,
// which costs more than all else, hides the server. "64": each side has a core of its own, and the
// client never sleeps. Lost requests, and how the latencies are corrected: support/echo_load.hpp.
#include "support/echo_load.hpp"

#include "peers/peers.hpp"
#include "support/node_option.hpp"
#include "support/turns.hpp"

namespace {

using bench::Contender;
using bench::EchoLoad;
using std::chrono::milliseconds;

EchoLoad::Result ask(EchoLoad& load, Contender& server, milliseconds duration) {
  try {
    return load.run(duration);
  } catch (const std::system_error&) {
    server.child.check_alive();  // a server that has died says more than "connection refused"
    throw;
  }
}

void measure(bench::Program& program, const std::string& node) {
  const std::vector<bench::Peer> servers = bench::echo_servers(node);
  if (!bench::announce(program, servers)) return;
  const milliseconds duration(program.once() ? 20 : program.brief() ? 100 : 300);
  for (const std::string& in_case : program.cases()) {
    const std::size_t outstanding = std::stoul(in_case);
    const bool together = outstanding == 1;
    bench::pin(together ? bench::Core::child : bench::Core::parent);
    const bool sleeps = together || !bench::has_two_cores();
    bench::take_turns(program, in_case, servers, [&](Contender& server, int round) {
      server.child.go_on();
      EchoLoad load(server.socket.address(), outstanding, sleeps);
      const EchoLoad::Result result = ask(load, server, round < 0 ? duration / 5 : duration);
      const double used_ns = server.child.stop();
      if (result.answered == 0) throw std::runtime_error(server.name + ": no answer");
      if (round < 0) return;
      const auto sample = [&](const char* metric, double value) {
        program.sample(in_case, server.name, round, metric, value);
      };
      const auto answered = static_cast<double>(result.answered);
      sample("requests_per_second", answered / result.seconds);
      sample("p50_us", result.percentile(0.5));
      sample("p99_us", result.percentile(0.99));
      sample("p99_9_us", result.percentile(0.999));
      sample("server_cpu_us", used_ns / 1000 / answered);
      sample("lost", static_cast<double>(result.lost));
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("echo", "An echo server, with requests outstanding", {"1", "64"});
  std::string node;
  bench::add_node_option(program, node);
  program.parse(argc, argv);
  return bench::report_errors("echo", [&] { measure(program, node); });
}
