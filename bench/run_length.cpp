// From how many datagrams on it pays to send them as a run.
#include <string>

#include "send/send_turns.hpp"
#include "send/with_dgram.hpp"
#include "support/core.hpp"

namespace {

void measure(bench::Program& program) {
  namespace ours = bench::send::with_dgram;
  constexpr std::size_t size = 1200;
  for (const std::string& length : program.cases()) {
    const int datagrams = std::stoi(length);
    const bench::send::Senders all = {
        ours::in_batches("one_by_one", datagrams, dgram::Segmentation::off),
        ours::in_batches("run", datagrams, dgram::Segmentation::on),
    };
    bench::send::take_sending_turns(program, length, size, bench::wanted(program, all), 1, 192);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("run_length",
                         "The cost of a datagram in send_many() of few, as a run and one by one",
                         {"2", "3", "4", "8", "16"});
  program.parse(argc, argv);
  return bench::run_or_report("run_length", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
