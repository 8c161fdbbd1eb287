// What it costs to send many datagrams to one peer.
#include <string>

#include "send/raw.hpp"
#include "send/send_turns.hpp"
#include "send/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace send = bench::send;
  using Raw = send::raw::Socket;
  using Ours = send::with_dgram::Socket;
  const send::Senders all = {
      send::raw::sender("raw_gso", &Raw::sendmsg_gso),
      send::raw::sender("raw_sendmmsg", &Raw::sendmmsg),
      send::raw::sender("raw_sendto", &Raw::sendto),
      send::with_dgram::sender("send_many", &Ours::send_many),
      send::with_dgram::sender("send_segments", &Ours::send_segments),
  };
  const send::Senders senders = bench::wanted(program, all);
  for (const std::string& size : program.cases())
    send::take_sending_turns(program, size, senders, 1, 256);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("send_bulk", "The cost of a datagram of many to one peer", {"64", "1200"});
  program.parse(argc, argv);
  return bench::run_or_report("send_bulk", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
