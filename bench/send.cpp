// What it costs to send datagrams one by one to one peer.
#include <string>

#include "send/libuv.hpp"
#include "send/plain_asio.hpp"
#include "send/raw.hpp"
#include "send/send_turns.hpp"
#include "send/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace send = bench::send;
  using Raw = send::raw::Socket;
  using Ours = send::with_dgram::Socket;
  const send::Senders raw = {
      send::raw::sender("raw_sendto", &Raw::sendto),
      send::raw::sender("raw_sendto_unregistered", &Raw::sendto, false),
  };
  const send::Senders libuv = {send::libuv::queued(), send::libuv::at_once()};
  const send::Senders ours = {send::with_dgram::sender("send", &Ours::send),
                              send::with_dgram::sender("try_send", &Ours::try_send)};
  const send::Senders senders =
      bench::wanted(program, bench::joined(raw, send::plain_asio::senders(), libuv, ours));
  for (const std::string& size : program.cases())
    send::take_sending_turns(program, size, senders, 1, 64);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("send", "The cost of a datagram sent on its own", {"64", "1200"});
  program.parse(argc, argv);
  return bench::run_or_report("send", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
