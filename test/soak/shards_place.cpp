// A group of shards, to which a thread sends while shards are added, removed and restarted.
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <dgram/scale.hpp>
#include <exception>
#include <thread>

#include "pace.hpp"
#include "places.hpp"

namespace soak {

namespace {

constexpr std::size_t most_shards = 4;

/// What each shard runs.
class Service {
 public:
  explicit Service(Tally& tally) : tally_(&tally) {}
  asio::awaitable<void> operator()(dgram::Shard& shard) const {
    for (;;) {
      const dgram::Datagram datagram = co_await shard.socket().recv();
      tally_->tick(datagram.data());
    }
  }

 private:
  Tally* tally_;
};

dgram::ShardGroupOptions two_shards(bool by_number) {
  dgram::PayloadKey number;
  number.offset = number_offset;
  dgram::ShardGroupOptions options;
  options.shards = 2;
  if (by_number) options.steering = dgram::Steering::by_key(number);
  return options;
}

/// Sends from eight ports until the turn is over; in the middle of it a flood.
void send(Turn& turn, const dgram::Endpoint& to) {
  asio::io_context io(1);
  std::vector<dgram::Socket> senders;
  for (int i = 0; i < 8; ++i) senders.emplace_back(io).bind(dgram::make_endpoint("127.0.0.1", 0));
  Batch batch;
  Pace pace;
  int flood = 512;  // batches
  for (std::size_t i = 0; !turn.is_over() && turn.has_numbers(Batch::most); ++i) {
    std::size_t count = std::min(pace.room(turn), Batch::most);
    if (flood > 0 && turn.has_passed(0.5)) {
      --flood;
      count = Batch::most;
    }
    if (count == 0) {
      std::this_thread::sleep_for(pause);
      continue;
    }
    batch.make(turn, count);
    const std::span<dgram::Outgoing> outgoing = batch.outgoing(to);
    std::error_code ec;
    senders[i % senders.size()].try_send_many(outgoing, ec);
    book(turn.account, outgoing);
  }
}

/// One change after another; with each number another one.
void change(dgram::ShardGroup& group, unsigned number) {
  std::vector<std::size_t> here;
  for (std::size_t i = 0; i < group.size(); ++i)
    if (group.has(i)) here.push_back(i);
  const std::size_t chosen = here[number / 3 % here.size()];
  if (number % 3 == 0 && here.size() < most_shards)
    group.add();
  else if (number % 3 == 1)
    group.restart(chosen);
  else if (here.size() > 1)
    group.remove(chosen);
}

class ShardsPlace : public Place {
 public:
  std::string_view name() const override { return "shards"; }

  void take(Turn& turn) override {
    dgram::ShardGroup group(
        dgram::make_endpoint("127.0.0.1", 0), Service(turn.tally), two_shards(turn.count % 2 == 0));
    std::exception_ptr failure;
    turn.start();
    {
      std::jthread sender([&] {
        try {
          send(turn, group.local_endpoint());
        } catch (...) {
          failure = std::current_exception();
        }
      });
      for (unsigned number = 0; !turn.is_over(); ++number) {
        change(group, number);
        until_more_has_come(turn);
      }
    }
    if (failure) std::rethrow_exception(failure);
    run_until(io_, [&] {
      const dgram::Stats stats = group.stats();
      turn.account.kernel_drops = stats.kernel_drops;
      turn.account.discarded_at_close = stats.discarded_at_close;
      return turn.is_settled();
    });
    group.drain();
    group.join();
    const dgram::Stats stats = group.stats();
    turn.account.kernel_drops = stats.kernel_drops;
    turn.account.discarded_at_close = stats.discarded_at_close;
    const std::uint64_t received = turn.tally.received() + stats.discarded_at_close;
    if (stats.datagrams_received != received)
      turn.fault("the shards say that they have received " +
                 std::to_string(stats.datagrams_received) + ", not " + std::to_string(received));
  }

 private:
  /// So that there is traffic between two changes.
  void until_more_has_come(const Turn& turn) {
    const std::uint64_t goal = turn.tally.received() + 1000;
    run_until(io_, [&] { return turn.tally.received() >= goal || turn.is_over(); });
  }
};

}  // namespace

std::unique_ptr<Place> shards_place() {
  return std::make_unique<ShardsPlace>();
}

}  // namespace soak
