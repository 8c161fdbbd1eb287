// What it costs to send a datagram each to many peers, round robin.
#include <string>

#include "send/libuv.hpp"
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
      send::raw::sender("raw_sendmmsg", &Raw::sendmmsg),
      send::raw::sender("raw_sendto", &Raw::sendto),
      send::libuv::queued(),
      send::libuv::batches(),
      send::with_dgram::sender("send_many", &Ours::send_many),
      send::with_dgram::started_together(),
      send::with_dgram::sender("send", &Ours::send),
  };
  const send::Senders senders = bench::wanted(program, all);
  for (const std::string& size : program.cases())
    send::take_sending_turns(program, size, senders, 32, 128);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program(
      "send_many_peers", "The cost of a datagram, sent to 32 peers in turn", {"64", "1200"});
  program.parse(argc, argv);
  return bench::run_or_report("send_many_peers", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
