// One service on two cores: two shards on one port against one.
//
// The sockets are filled, from 64 ports, which is not timed; then all shards drain at the same
// time, from the first one's begin to the last one's end. Each turn has new ports, so that they
// meet other sockets: how evenly, is its second figure.
#include <algorithm>
#include <asio/ip/udp.hpp>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <dgram/dgram.hpp>
#include <dgram/shard_group.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/core.hpp"
#include "support/rounds.hpp"
#include "support/udp_socket.hpp"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t flows = 64;

/// What the program and its shards tell each other. Each step is one arrival of all.
class Turn {
 public:
  explicit Turn(std::size_t shards)
      : all_(static_cast<std::ptrdiff_t>(shards) + 1), parts_(shards) {}

  struct Part {
    int flows = 0;
    int capacity = 0;  // bytes
    bool has_dropped = false;
    Clock::time_point began;
    Clock::time_point ended;
  };

  void step() { all_.arrive_and_wait(); }
  std::vector<Part>& parts() noexcept { return parts_; }

  /// Lets the shards go on together: who sleeps longer than another one would else be waited for.
  void meet() {
    ++arrived_;
    while (arrived_ % parts_.size() != 0) std::this_thread::yield();
  }

  int datagrams_per_flow = 0;
  bool is_over = false;

 private:
  std::barrier<> all_;
  std::vector<Part> parts_;
  std::atomic<std::size_t> arrived_ = 0;
};

/// Counts the flows that come here: one datagram of each is there.
int count_flows(dgram::Socket& socket) {
  int count = 0;
  std::error_code ec;
  while (socket.try_recv(ec)) ++count;
  return count;
}

asio::awaitable<void> serve(Turn& turn, dgram::Shard& shard) {
  bench::pin(shard.index() == 0 ? bench::Core::child : bench::Core::parent);
  Turn::Part& part = turn.parts()[shard.index()];
  for (;;) {
    turn.step();  // a datagram of each flow is there
    if (turn.is_over) co_return;
    part.flows = count_flows(shard.socket());
    part.capacity = shard.socket().recv_buffer_size();
    turn.step();  // the flows are counted
    turn.step();  // the sockets are full
    part.has_dropped = shard.socket().stats().kernel_drops != 0;
    const int count = part.has_dropped ? 0 : part.flows * turn.datagrams_per_flow;
    turn.meet();
    part.began = Clock::now();
    for (int i = 0; i < count; ++i) {
      const dgram::Datagram d = co_await shard.socket().recv();
      bench::use(d.size());
    }
    part.ended = Clock::now();
    turn.step();
  }
}

class Service {
 public:
  Service(std::size_t shards, std::size_t size)
      : turn_(shards),
        group_(
            dgram::Endpoint(asio::ip::address_v4::loopback(), 0),
            [this](dgram::Shard& shard) { return serve(turn_, shard); },
            options(shards)),
        payload_(size, 'x') {}
  ~Service() {
    turn_.is_over = true;
    turn_.step();
  }

  struct Result {
    double per_second = 0;
    double points_from_even = 0;
  };

  /// @param most Datagrams of a flow; fewer where one socket could not hold all flows.
  Result run(int most) {
    std::vector<dgram::Socket> senders;
    for (std::size_t i = 0; i < flows; ++i) {
      senders.emplace_back(io_);
      senders.back().bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    }
    send(senders);
    turn_.step();
    turn_.step();
    turn_.datagrams_per_flow = std::clamp(what_fits(), 1, most);
    for (int i = 0; i < turn_.datagrams_per_flow; ++i) send(senders);
    turn_.step();
    turn_.step();
    return result();
  }

 private:
  static dgram::ShardGroupOptions options(std::size_t shards) {
    dgram::ShardGroupOptions options;
    options.shards = shards;
    options.socket.recv_buffer_size = bench::large_buffer;
    return options;
  }

  /// Linux counts its own overhead as well: 704 bytes and more, and the payload rounded up.
  int what_fits() {
    const std::size_t each = 2 * payload_.size() + 800;
    return turn_.parts().front().capacity / static_cast<int>(flows * each);
  }

  void send(std::vector<dgram::Socket>& senders) {
    const dgram::Endpoint to = group_.local_endpoint();
    for (dgram::Socket& sender : senders) {
      std::error_code ec;
      if (!sender.try_send(payload_, to, ec)) throw dgram::Error(ec, "try_send");
    }
  }

  Result result() {
    Result result;
    Clock::time_point began = Clock::time_point::max();
    Clock::time_point ended = Clock::time_point::min();
    int counted = 0;
    for (const Turn::Part& part : turn_.parts()) {
      if (part.has_dropped)
        throw std::runtime_error("a datagram did not fit: raise net.core.rmem_max to 4194304");
      began = std::min(began, part.began);
      ended = std::max(ended, part.ended);
      counted += part.flows;
      const double share = 100.0 * part.flows / static_cast<double>(flows);
      const double even = 100.0 / static_cast<double>(turn_.parts().size());
      result.points_from_even = std::max(result.points_from_even, std::abs(share - even));
    }
    if (counted != int{flows}) throw std::runtime_error("a flow came nowhere");
    const double seconds = std::chrono::duration<double>(ended - began).count();
    result.per_second = counted * turn_.datagrams_per_flow / seconds;
    return result;
  }

  Turn turn_;
  asio::io_context io_;
  dgram::ShardGroup group_;
  std::string payload_;
};

void measure(bench::Program& program) {
  struct Way {
    std::string name;
    std::size_t shards;
    std::string missing;
  };
  const std::string one_core = bench::has_two_cores() ? "" : "there is one CPU";
  const std::vector<Way> all = {{"one_shard", 1, ""}, {"two_shards", 2, one_core}};
  const std::vector<Way> ways = bench::wanted(program, all);
  const int most = program.once() ? 2 : program.brief() ? 64 : 128;
  for (const std::string& size : program.cases()) {
    std::vector<std::unique_ptr<Service>> services;
    for (const Way& way : ways)
      services.push_back(std::make_unique<Service>(way.shards, std::stoul(size)));
    for (int round = -1; round < program.rounds(); ++round)
      for (std::size_t i = 0; i < ways.size(); ++i) {
        const std::size_t turn = (i + static_cast<std::size_t>(round + 1)) % ways.size();
        const Service::Result result = services[turn]->run(most);
        if (round < 0) continue;
        program.sample(size, ways[turn].name, round, "received_per_second", result.per_second);
        program.sample(size, ways[turn].name, round, "points_from_even", result.points_from_even);
      }
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("shards", "Two shards on two cores against one", {"64", "1200"});
  program.parse(argc, argv);
  bench::started_with();  // before a shard is pinned
  return bench::run_or_report("shards", [&] { measure(program); });
}
