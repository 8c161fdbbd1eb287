// One service on two cores: two shards on one port against one.
//
// The sockets are filled, from 64 ports, which is not timed; then all shards drain at the same
// time, from the first one's begin to the last one's end; several times in a turn. Each turn has
// new ports, so that they meet other sockets: how evenly, is its second figure.
//
// What a shard is to drain is sent from its own CPU, as a network card with a queue for each CPU
// would have it. Sent from one CPU, all of it would come out of the same pages of kernel memory,
// and the shards would meet there when they give it back.
#include <algorithm>
#include <asio/ip/udp.hpp>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <dgram/dgram.hpp>
#include <dgram/scale/shard_group.hpp>
#include <memory>
#include <optional>
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
    std::vector<std::size_t> flows;
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

  std::size_t datagrams_per_flow = 0;
  int drains = 0;
  std::atomic<std::size_t> found = 0;
  bool is_over = false;

 private:
  std::barrier<> all_;
  std::vector<Part> parts_;
  std::atomic<std::size_t> arrived_ = 0;
};

/// Finds the flows that come here: one datagram of each is there, or will be in a moment, and says
/// which.
void find_flows(Turn& turn, Turn::Part& part, dgram::Socket& socket) {
  const Clock::time_point latest = Clock::now() + std::chrono::seconds(10);
  part.flows.clear();
  while (turn.found < flows) {
    std::error_code ec;
    if (const std::optional<dgram::Datagram> d = socket.try_recv(ec)) {
      part.flows.push_back(std::stoul(std::string(d->text())));
      ++turn.found;
    } else if (Clock::now() > latest) {
      throw std::runtime_error("a flow came nowhere");
    } else {
      std::this_thread::yield();
    }
  }
}

bench::Core core_of(std::size_t shard) {
  return shard == 0 ? bench::Core::child : bench::Core::parent;
}

asio::awaitable<void> serve(Turn& turn, dgram::Shard& shard) {
  bench::pin(core_of(shard.index()));
  Turn::Part& part = turn.parts()[shard.index()];
  for (;;) {
    turn.step();  // the turn begins, or there is none
    if (turn.is_over) co_return;
    find_flows(turn, part, shard.socket());
    part.capacity = shard.socket().recv_buffer_size();
    turn.step();  // the flows are known
    for (int drain = 0; drain < turn.drains; ++drain) {
      turn.step();  // the sockets are full
      part.has_dropped |= shard.socket().stats().kernel_drops != 0;
      const std::size_t count = part.flows.size() * turn.datagrams_per_flow;
      turn.meet();
      part.began = Clock::now();
      for (std::size_t i = 0; i < count && !part.has_dropped; ++i) {
        const dgram::Datagram d = co_await shard.socket().recv();
        bench::use(d.size());
      }
      part.ended = Clock::now();
      turn.step();  // the sockets are empty
    }
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

  Result run(int drains) {
    std::vector<dgram::Socket> senders;
    for (std::size_t i = 0; i < flows; ++i) {
      senders.emplace_back(io_);
      senders.back().bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
      send(senders.back(), std::to_string(i));
    }
    turn_.drains = drains;
    turn_.found = 0;
    turn_.step();
    turn_.step();
    turn_.datagrams_per_flow = what_fits();
    double seconds = 0;
    for (int i = 0; i < drains; ++i) {
      fill(senders);
      turn_.step();
      turn_.step();
      seconds += time_of_a_drain();
    }
    const auto total = static_cast<double>(flows * turn_.datagrams_per_flow);
    return {total * drains / seconds, points_from_even()};
  }

 private:
  static dgram::ShardGroupOptions options(std::size_t shards) {
    dgram::ShardGroupOptions options;
    options.shards = shards;
    options.socket.recv_buffer_size = bench::large_buffer;
    // The others wait for it at the next step.
    options.on_failure = [](std::size_t, std::exception_ptr failure) -> dgram::AfterFailure {
      std::_Exit(bench::run_or_report("shards", [&] { std::rethrow_exception(failure); }));
    };
    return options;
  }

  /// Datagrams of a flow, so that one socket could hold all flows. Linux counts its own overhead as
  /// well: 704 bytes and more, and the payload rounded up.
  std::size_t what_fits() {
    constexpr std::size_t most = 32;  // more would not stay in the caches
    const std::size_t each = 2 * payload_.size() + 800;
    const std::size_t capacity = static_cast<std::size_t>(turn_.parts().front().capacity);
    return std::clamp<std::size_t>(capacity / (flows * each), 1, most);
  }

  void send(dgram::Socket& from, const std::string& payload) {
    std::error_code ec;
    if (!from.try_send(payload, group_.local_endpoint(), ec)) throw dgram::Error(ec, "try_send");
  }

  void fill(std::vector<dgram::Socket>& senders) {
    for (std::size_t shard = 0; shard < turn_.parts().size(); ++shard) {
      bench::pin(core_of(shard));
      for (std::size_t i = 0; i < turn_.datagrams_per_flow; ++i)
        for (const std::size_t flow : turn_.parts()[shard].flows) send(senders[flow], payload_);
    }
  }

  double time_of_a_drain() {
    Clock::time_point began = Clock::time_point::max();
    Clock::time_point ended = Clock::time_point::min();
    for (const Turn::Part& part : turn_.parts()) {
      if (part.has_dropped)
        throw std::runtime_error("a datagram did not fit: raise net.core.rmem_max to 4194304");
      began = std::min(began, part.began);
      ended = std::max(ended, part.ended);
    }
    return std::chrono::duration<double>(ended - began).count();
  }

  double points_from_even() {
    const double even = 100.0 / static_cast<double>(turn_.parts().size());
    double most = 0;
    for (const Turn::Part& part : turn_.parts()) {
      const double share =
          100.0 * static_cast<double>(part.flows.size()) / static_cast<double>(flows);
      most = std::max(most, std::abs(share - even));
    }
    return most;
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
  const int drains = program.once() ? 1 : program.brief() ? 4 : 8;
  for (const std::string& size : program.cases()) {
    std::vector<std::unique_ptr<Service>> services;
    for (const Way& way : ways)
      services.push_back(std::make_unique<Service>(way.shards, std::stoul(size)));
    for (int round = -1; round < program.rounds(); ++round)
      for (std::size_t i = 0; i < ways.size(); ++i) {
        const std::size_t turn = (i + static_cast<std::size_t>(round + 1)) % ways.size();
        const Service::Result result = services[turn]->run(drains);
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
