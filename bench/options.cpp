// What each option of a socket adds to a receive, where datagrams come one by one.
//
// A socket is filled, which is not timed, and drained by recv(), which is.
#include <string>

#include "receive/drain_turns.hpp"
#include "receive/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace receive = bench::receive;
  const receive::Receivers receivers =
      bench::wanted(program, receive::with_dgram::receivers_with_options());
  for (const std::string& size : program.cases())
    receive::take_draining_turns(program, size, receivers, false);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("options", "What each option adds to a receive", {"64", "1200"});
  program.parse(argc, argv);
  return bench::run_or_report("options", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
