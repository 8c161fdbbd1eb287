// What a datagram costs that comes alone: the loop waits, is woken for one, and waits again.
//
// One thread sends to itself, and then runs its loop, which finds the datagram in epoll_wait
// without ever sleeping: so the time in the loop is processor time. It is read from the monotonic
// clock, because reading the thread's own clock is a system call that would be a good part of the
// result. The cost of a turn is the median of its datagrams, which keeps out what else the
// processor did.
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "loop/adapter.hpp"
#include "loop/libuv.hpp"
#include "loop/plain_asio.hpp"
#include "loop/raw.hpp"
#include "loop/with_dgram.hpp"
#include "support/core.hpp"
#include "support/many_sockets.hpp"
#include "support/rounds.hpp"
#include "support/udp_socket.hpp"

namespace {

constexpr int datagrams = 201;

double median_cost(const bench::UdpSocket& sender,
                   const sockaddr_in& to,
                   const std::string& payload,
                   const bench::loop::Serve& serve) {
  std::vector<double> costs;
  for (int i = 0; i < datagrams; ++i) {
    if (::sendto(sender.descriptor(),
                 payload.data(),
                 payload.size(),
                 0,
                 reinterpret_cast<const sockaddr*>(&to),
                 sizeof to) < 0)
      throw std::system_error(errno, std::generic_category(), "sendto");
    const bench::Stopwatch watch;
    serve(1);
    costs.push_back(watch.nanoseconds());
  }
  const auto middle = costs.begin() + datagrams / 2;
  std::nth_element(costs.begin(), middle, costs.end());
  return *middle;
}

void measure(bench::Program& program) {
  namespace loop = bench::loop;
  const loop::Loops all = {loop::raw::epoll_recvfrom(),
                           loop::plain_asio::callback(),
                           loop::plain_asio::use_awaitable(),
                           loop::libuv::plain(),
                           loop::with_dgram::recv(),
                           loop::adapter::messages()};
  const loop::Loops loops = bench::wanted(program, all);
  const bench::UdpSocket sender;
  for (const std::string& size : program.cases()) {
    const std::string payload(std::stoul(size), 'x');
    std::vector<bench::Way> ways;
    for (const loop::Loop& each : loops) {
      const bench::BoundSockets socket = bench::bind_sockets(1);
      const sockaddr_in to = socket.addresses.front();
      const loop::Serve serve = each.make(socket.descriptors);
      ways.push_back({each.name, [&sender, &payload, to, serve] {
                        return median_cost(sender, to, payload, serve);
                      }});
    }
    bench::take_turns(program, size, ways, "cpu_ns_per_datagram");
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("sparse", "The cost of a datagram that comes alone", {"64", "1200"});
  program.parse(argc, argv);
  return bench::run_or_report("sparse", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
