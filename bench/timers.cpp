// How late a receiver's loop serves a timer of 1 ms while datagrams come faster than it can take
// them: the median of a turn. The flood is the one of flood.cpp.
#include "peers/peers.hpp"
#include "support/flood.hpp"

namespace {

using bench::Contender;
using bench::Flood;

void measure(bench::Program& program) {
  bench::pin(bench::Core::parent);
  const std::vector<bench::Peer> receivers = {bench::plain_asio::receiver_with_timer(),
                                              bench::with_dgram::receiver_with_timer()};
  if (!bench::announce(program, receivers)) return;
  const std::uint64_t count = program.once() ? 40'000 : program.brief() ? 160'000 : 800'000;
  Flood flood(true);
  for (const std::string& in_case : program.cases())
    bench::take_turns(program, in_case, receivers, [&](Contender& contender, int round) {
      const Flood::Result result = flood.turn(contender, round < 0 ? count / 10 : count);
      if (round < 0) return;
      program.sample(in_case, contender.name, round, "timer_lateness_us", result.timer_lateness_us);
      program.sample(in_case, contender.name, round, "lost_percent", result.lost_percent);
    });
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("timers", "A timer in the loop of a receiver under flood", {"gso"});
  program.parse(argc, argv);
  return bench::report_errors("timers", [&] { measure(program); });
}
