// Shards come, go and begin anew while the group runs: what that does to who gets what.
#include <future>
#include <map>
#include <set>
#include <thread>

#include "sharded.hpp"
#include "support/catch2.hpp"

namespace scale_shard_changes_test {

namespace {

using namespace std::chrono_literals;
using dgram::ShardGroup;
using dgram::Steering;
using test::Client;
using test::Notes;
using test::Noting;
using test::shards;

constexpr std::uint32_t keys = 240;

/// Sends each number once and says which shard got it; `by_peer`: from 64 peers, number by number.
std::map<std::uint32_t, std::size_t> owners(ShardGroup& group,
                                            Notes& notes,
                                            Client& client,
                                            std::uint32_t count = keys) {
  notes.clear();
  client.send(group.local_endpoint(), 0, count);
  REQUIRE(notes.wait_for(count));
  std::map<std::uint32_t, std::size_t> result;
  for (const auto& [number, seen] : notes.seen()) {
    REQUIRE(seen.size() == 1);
    result[number] = seen.front();
  }
  return result;
}

std::size_t moved(const std::map<std::uint32_t, std::size_t>& before,
                  const std::map<std::uint32_t, std::size_t>& after) {
  std::size_t count = 0;
  for (const auto& [number, owner] : before) count += after.at(number) != owner;
  return count;
}

std::set<std::size_t> in_use(const std::map<std::uint32_t, std::size_t>& owners) {
  std::set<std::size_t> result;
  for (const auto& [number, owner] : owners) result.insert(owner);
  return result;
}

}  // namespace

TEST_CASE(
    "by key a removed shard's keys are shared out, all others stay, and add() brings them back",
    "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(4, test::by_number()));
  Client client(3);
  const auto before = owners(group, notes, client);

  group.remove(1);
  CHECK(!group.has(1));
  CHECK(group.size() == 4);
  const auto without = owners(group, notes, client);
  CHECK(in_use(without) == std::set<std::size_t>{0, 2, 3});
  CHECK(moved(before, without) == keys / 4);  // those of shard 1, and no other
  std::size_t as_said = 0;
  for (const auto& [number, owner] : without) {
    const std::array<std::byte, 4> payload{
        std::byte{0}, std::byte{0}, std::byte{0}, static_cast<std::byte>(number)};
    as_said += group.shard_of(payload) == owner;
  }
  CHECK(as_said == keys);

  group.remove(3);
  const auto two = owners(group, notes, client);
  CHECK(in_use(two) == std::set<std::size_t>{0, 2});

  const std::size_t first = group.add();
  const std::size_t second = group.add();
  CHECK(first == 1);
  CHECK(second == 3);
  const auto after = owners(group, notes, client);
  CHECK(moved(before, after) == 0);
}

TEST_CASE("by key a further shard takes its part of the keys, and each is on its shard",
          "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2, test::by_number()));
  Client client;
  const auto before = owners(group, notes, client);
  const std::size_t index = group.add();
  CHECK(index == 2);
  CHECK(group.size() == 3);
  const auto after = owners(group, notes, client);
  std::size_t wrong = 0;
  for (const auto& [number, owner] : after) wrong += owner != number % 3;
  CHECK(wrong == 0);
  CHECK(moved(before, after) == keys * 2 / 3);  // of modulo 6 only 0 and 1 stay
}

TEST_CASE("a single shard can be joined by others", "[scale][shards]") {
  const Steering steering = GENERATE(Steering::by_hash(), test::by_number(), Steering::by_cpu());
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(1, steering));
  Client client(64);
  CHECK(in_use(owners(group, notes, client)) == std::set<std::size_t>{0});
  const std::size_t index = group.add();
  CHECK(index == 1);
  const auto after = owners(group, notes, client);
  if (steering.kind() != Steering::Kind::cpu) CHECK(in_use(after) == std::set<std::size_t>{0, 1});
}

TEST_CASE("by hash peers move when a shard goes, each stays where it is then, and all are served",
          "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(3));
  Client client(64);  // a number's remainder is its peer
  const auto before = owners(group, notes, client, 192);
  CHECK(in_use(before) == std::set<std::size_t>{0, 1, 2});
  group.remove(0);
  const auto without = owners(group, notes, client, 192);
  CHECK(in_use(without) == std::set<std::size_t>{1, 2});
  std::size_t strays = 0;
  for (std::uint32_t number = 64; number < 192; ++number)
    strays += without.at(number) != without.at(number % 64);
  CHECK(strays == 0);
  // The kernel's own hash is back: nobody is elsewhere than before.
  CHECK(group.add() == 0);
  CHECK(moved(before, owners(group, notes, client, 192)) == 0);
}

TEST_CASE("by CPU the others take over what a removed shard had", "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2, Steering::by_cpu()));
  Client client;
  group.remove(0);
  CHECK(in_use(owners(group, notes, client)) == std::set<std::size_t>{1});
  group.add();
  group.remove(1);
  CHECK(in_use(owners(group, notes, client)) == std::set<std::size_t>{0});
}

TEST_CASE("a restart moves nobody and loses nothing", "[scale][shards]") {
  const Steering steering = GENERATE(Steering::by_hash(), test::by_number());
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(3, steering));
  Client client(64);
  const auto before = owners(group, notes, client, 192);
  for (std::size_t i = 0; i < 3; ++i) group.restart(i);
  const auto after = owners(group, notes, client, 192);
  CHECK(moved(before, after) == 0);
}

TEST_CASE("under load nothing is lost while shards are removed, added and restarted",
          "[scale][shards]") {
  const Steering steering = GENERATE(Steering::by_hash(), test::by_number());
  constexpr std::uint32_t total = 20000;
  constexpr std::uint32_t window = 500;  // well below what a receive buffer holds
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(3, steering));
  std::exception_ptr failure;
  std::atomic<bool> finished = false;
  std::thread sender([&] {
    try {
      Client client(64);
      for (std::uint32_t number = 0; number < total; ++number) {
        client.send(group.local_endpoint(), number);
        if (number >= window && !notes.wait_for(number - window))
          throw std::runtime_error("too many are missing");
      }
    } catch (...) {
      failure = std::current_exception();
    }
    finished = true;
  });
  int rounds = 0;
  for (; !finished; ++rounds) {
    const std::size_t index = static_cast<std::size_t>(rounds) % 3;
    group.remove(index);
    group.restart((index + 1) % 3);
    group.add();
  }
  sender.join();
  if (failure) std::rethrow_exception(failure);
  CHECK(notes.wait_for(total));
  CHECK(rounds > 0);
  group.drain();
  group.join();
  std::size_t doubled = 0;
  for (const auto& [number, seen] : notes.seen()) doubled += seen.size() != 1;
  CHECK(doubled == 0);
  CHECK(notes.seen().size() == total);
  const dgram::Stats stats = group.stats();
  CHECK(stats.datagrams_received == total);
  CHECK(stats.kernel_drops == 0);
  CHECK(stats.discarded_at_close == 0);
}

TEST_CASE("changes that cannot be are refused, and nothing changes", "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2, test::by_number()));
  Client client;
  const auto before = owners(group, notes, client);
  const auto bad = std::error_code(asio::error::invalid_argument);
  CHECK(test::error_of([&] { group.remove(2); }) == bad);
  CHECK(test::error_of([&] { group.restart(2); }) == bad);
  CHECK(test::error_of([&] { static_cast<void>(group.stats(2)); }) == bad);
  group.remove(0);
  CHECK(test::error_of([&] { group.remove(1); }) == bad);  // the last one
  CHECK(test::error_of([&] { group.remove(0); }) == bad);  // a gap
  CHECK(test::error_of([&] { group.restart(0); }) == bad);
  group.add();
  const auto after = owners(group, notes, client);
  CHECK(moved(before, after) == 0);
  group.stop();
  const auto ended = std::error_code(asio::error::bad_descriptor);
  CHECK(test::error_of([&] { group.add(); }) == ended);
  CHECK(test::error_of([&] { group.remove(0); }) == ended);
  CHECK(test::error_of([&] { group.restart(0); }) == ended);
}

TEST_CASE("a shard whose service has closed the socket cannot be restarted", "[scale][shards]") {
  Notes notes;
  const auto service = [&notes](dgram::Shard& shard) -> asio::awaitable<void> {
    shard.socket().close();
    notes.add(shard.index(), 0);
    co_return;
  };
  ShardGroup group(test::any_port(), service, shards(1));
  REQUIRE(notes.wait_for(1));
  CHECK(test::error_of([&] { group.restart(0); }) == asio::error::bad_descriptor);
  group.join();
}

TEST_CASE(
    "a shard that has ended by itself can be restarted, or removed: what waited is served, or "
    "counted",
    "[scale][shards]") {
  Notes notes;
  const auto serve_one = [&notes](dgram::Shard& shard) -> asio::awaitable<void> {
    const dgram::Datagram d = co_await shard.socket().recv();
    notes.add(shard.index(), 0);
  };
  dgram::ShardGroupOptions options = shards(2, test::by_number());
  options.socket.batch =
      1;  // else a service that ends may leave some that it has taken out of the kernel
  ShardGroup group(test::any_port(), serve_one, options);
  Client client;
  for (int i = 0; i < 5; ++i) client.send(group.local_endpoint(), 0);
  for (std::size_t served = 1; served < 4; ++served) {
    REQUIRE(notes.wait_for(served));
    group.restart(0);
  }
  REQUIRE(notes.wait_for(4));
  group.remove(0);
  CHECK(group.stats(0).discarded_at_close == 1);
  CHECK(notes.total() == 4);
}

TEST_CASE("what the kernel has dropped at a shard is counted once, also after restarts",
          "[scale][shards]") {
  Notes notes;
  const Noting noting(notes);
  std::promise<void> may_begin;
  const std::shared_future<void> begins = may_begin.get_future().share();
  const auto service = [&](dgram::Shard& shard) {
    begins.wait();
    return noting(shard);
  };
  dgram::ShardGroupOptions options = shards(1);
  options.socket.recv_buffer_size = 1;  // as little as the system grants
  ShardGroup group(test::any_port(), service, options);
  Client client;
  client.send(group.local_endpoint(), 0, 200);
  may_begin.set_value();
  const std::uint64_t dropped = group.stats().kernel_drops;
  CHECK(dropped > 0);
  for (int i = 0; i < 2; ++i) {
    group.restart(0);
    CHECK(group.stats().kernel_drops == dropped);
  }
}

TEST_CASE("the counters of a removed shard stay", "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2, test::by_number()));
  Client client;
  owners(group, notes, client, 100);
  group.remove(1);
  CHECK(group.stats(1).datagrams_received == 50);
  CHECK(group.stats().datagrams_received == 100);
  group.add();
  owners(group, notes, client, 100);
  CHECK(group.stats(1).datagrams_received == 100);
  CHECK(group.stats().datagrams_received == 200);
}

}  // namespace scale_shard_changes_test
