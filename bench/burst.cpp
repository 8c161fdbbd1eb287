// What a receiver's process pays for a datagram when many are queued.
//
// Each contender is a process. While it is stopped its socket is filled; then it goes on: what it
// uses of the processor until it says that it has them all, over their number, is the cost of one.
// It works for contenders that cannot be drained inside our own process, such as Node. If one
// datagram does not fit, or gets lost, the program fails.
#include <sys/socket.h>

#include <stdexcept>

#include "peers/peers.hpp"
#include "support/node_option.hpp"
#include "support/turns.hpp"

namespace {

using bench::Contender;

class Burst {
 public:
  Burst(std::size_t size, int count) : payload_(size, 'x'), count_(count) {}

  /// Returns the nanoseconds of processor time for one datagram.
  double turn(Contender& to) {
    const std::uint32_t dropped = to.socket.dropped();
    for (int i = 0; i < count_; ++i) send(to, payload_);
    send(to, std::string(bench::Tally::end_size, 'x'));
    if (to.socket.dropped() != dropped)
      throw std::runtime_error(
          std::to_string(count_) + " datagrams of " + std::to_string(payload_.size()) +
          " bytes do not fit the receive buffer of " + std::to_string(to.socket.capacity()) +
          " bytes: raise net.core.rmem_max to 4194304");
    to.child.go_on();
    const std::string line = to.child.read_line();
    const double used = to.child.stop();
    if (line != std::to_string(count_))
      throw std::runtime_error(to.name + ": got " + line + " of " + std::to_string(count_));
    return used / count_;
  }

 private:
  void send(const Contender& to, const std::string& bytes) const {
    const sockaddr_in& address = to.socket.address();
    if (::sendto(from_.descriptor(),
                 bytes.data(),
                 bytes.size(),
                 0,
                 reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) < 0)
      bench::throw_errno("sendto");
  }

  bench::UdpSocket from_;
  std::string payload_;
  int count_;
};

void measure(bench::Program& program, const std::string& node) {
  bench::pin(bench::Core::parent);
  if (!bench::announce(program, bench::receivers(0, node))) return;
  for (const std::string& in_case : program.cases()) {
    const std::size_t size = std::stoul(in_case);
    const int count = size > 2048 ? 300 : 2000;
    Burst burst(size, program.once() ? count / 10 : count);
    bench::take_turns(
        program, in_case, bench::receivers(size, node), [&](Contender& contender, int round) {
          const double cost = burst.turn(contender);
          if (round >= 0) program.sample(in_case, contender.name, round, "ns_per_datagram", cost);
        });
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program(
      "burst", "Processor time per datagram of a receiver's process", {"64", "1200", "8192"});
  std::string node;
  bench::add_node_option(program, node);
  program.parse(argc, argv);
  return bench::report_errors("burst", [&] { measure(program, node); });
}
