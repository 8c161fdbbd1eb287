// What it costs to take datagrams that wait in the socket already.
//
// A socket is filled, which is not timed, and drained, which is.
#include <string>
#include <vector>

#include "receive/adapter.hpp"
#include "receive/drain_turns.hpp"
#include "receive/libuv.hpp"
#include "receive/plain_asio.hpp"
#include "receive/raw.hpp"
#include "receive/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace receive = bench::receive;
  const receive::Receivers all = bench::joined(receive::raw::receivers(),
                                               receive::plain_asio::receivers(),
                                               receive::libuv::receivers(),
                                               receive::with_dgram::receivers(),
                                               receive::adapter::receivers());
  const receive::Receivers receivers = bench::wanted(program, all);
  for (const std::string& size : program.cases())
    receive::take_draining_turns(program, size, receivers, false);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program(
      "backlog", "The cost of datagrams that wait in the socket already", {"64", "1200", "8192"});
  program.parse(argc, argv);
  return bench::run_or_report("backlog", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
