// What it costs to take datagrams that came as trains, which the kernel gives out whole (UDP_GRO).
//
// On loopback only what was sent as a train is received as one, so the sender uses UDP_SEGMENT.
#include <string>

#include "receive/drain_turns.hpp"
#include "receive/raw.hpp"
#include "receive/raw_trains.hpp"
#include "receive/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace receive = bench::receive;
  const receive::Receivers raw = {{"raw_gro", receive::raw::recvmsg_gro},
                                  {"raw_recvmmsg", receive::raw::recvmmsg}};
  const receive::Receivers all = bench::joined(raw, receive::with_dgram::gro_receivers());
  const receive::Receivers receivers = bench::wanted(program, all);
  for (const std::string& size : program.cases())
    receive::take_draining_turns(program, size, receivers, true);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("gro", "The cost of datagrams that come as trains", {"1200"});
  program.parse(argc, argv);
  return bench::run_or_report("gro", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
