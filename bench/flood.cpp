// How much a receiver gets, loses and pays when one core sends 1200-byte datagrams as fast as it
// can.
//
// Sender and receiver are processes on cores of their own. The number sent is fixed; the receiver
// counts what it gets, and the program fails where that and what the kernel says it dropped are not
// what was sent.
//
// Cases: "gso" sends trains, which is several times as fast as "sendmmsg" does.
#include "support/flood.hpp"

#include "peers/peers.hpp"
#include "support/node_option.hpp"

namespace {

using bench::Contender;
using bench::Flood;
using bench::Peer;

std::vector<Peer> all_receivers(const std::string& node) {
  std::vector<Peer> peers = bench::receivers(Flood::size, node);
  peers.push_back(bench::raw::gro_receiver());
  peers.push_back(bench::with_dgram::gro_receiver());
  return peers;
}

void measure(bench::Program& program, const std::string& node) {
  bench::pin(bench::Core::parent);
  const std::vector<Peer> receivers = all_receivers(node);
  if (!bench::announce(program, receivers)) return;
  for (const std::string& in_case : program.cases()) {
    const bool segments = in_case == "gso";
    const std::uint64_t count = (segments ? 600'000 : 200'000) / (program.once()    ? 20
                                                                  : program.brief() ? 5
                                                                                    : 1);
    Flood flood(segments);
    bench::take_turns(program, in_case, receivers, [&](Contender& contender, int round) {
      const Flood::Result result = flood.turn(contender, round < 0 ? count / 10 : count);
      if (round < 0) return;
      const auto sample = [&](const char* metric, double value) {
        program.sample(in_case, contender.name, round, metric, value);
      };
      sample("received_per_second", result.received_per_second);
      sample("lost_percent", result.lost_percent);
      sample("cpu_ns_per_datagram", result.cpu_ns_per_datagram);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program(
      "flood", "A receiver under as much as one core sends", {"gso", "sendmmsg"});
  std::string node;
  bench::add_node_option(program, node);
  program.parse(argc, argv);
  return bench::report_errors("flood", [&] { measure(program, node); });
}
