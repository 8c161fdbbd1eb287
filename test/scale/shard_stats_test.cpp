// Counters of a group: asked for by others, while its shards are at work.
#include <thread>

#include "sharded.hpp"
#include "support/catch2.hpp"

namespace scale_shard_stats_test {

namespace {

using dgram::ShardGroup;
using dgram::Stats;
using test::Client;
using test::Notes;
using test::Noting;
using test::shards;

}  // namespace

TEST_CASE("stats() may be called from any thread while the shards receive",
          "[scale][shards][stats]") {
  constexpr std::uint32_t total = 5000;
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2, test::by_number()));
  std::atomic<bool> finished = false;
  std::atomic<bool> went_back = false;
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i)
    askers.emplace_back([&] {
      std::uint64_t before = 0;
      while (!finished) {
        const std::uint64_t now = group.stats().datagrams_received;
        if (now < before) went_back = true;
        before = now;
      }
    });
  Client client(8);
  for (std::uint32_t from = 0; from < total; from += 250) {
    client.send(group.local_endpoint(), from, 250);
    if (!notes.wait_for(from + 250)) break;
  }
  finished = true;
  for (std::thread& asker : askers) asker.join();
  CHECK(!went_back);
  CHECK(group.stats().datagrams_received == total);
  CHECK(group.stats(0).datagrams_received == total / 2);
  CHECK(group.stats(1).bytes_received == total / 2 * 4);
  CHECK(group.stats().receive_calls.calls() ==
        group.stats(0).receive_calls.calls() + group.stats(1).receive_calls.calls());
}

TEST_CASE("the sum of two sockets' counters is the sum of each", "[scale][stats]") {
  Stats a;
  a.datagrams_received = 1;
  a.kernel_drops = 2;
  a.held = 3;
  a.pinned_bytes = 10;
  a.receive_calls.record(5);
  a.errors.record(asio::error::connection_refused, 2);
  Stats b;
  b.datagrams_received = 10;
  b.discarded_reports = 4;
  b.held = 1;
  b.pinned_bytes = 20;
  b.receive_calls.record(5);
  b.receive_calls.record(1);
  b.errors.record(asio::error::connection_refused);
  b.errors.record(asio::error::no_memory);
  b.errors.other = 7;
  a += b;
  CHECK(a.datagrams_received == 11);
  CHECK(a.kernel_drops == 2);
  CHECK(a.discarded_reports == 4);
  CHECK(a.held == 4);
  CHECK(a.pinned_bytes == 30);
  CHECK(a.receive_calls.calls() == 3);
  CHECK(a.errors.of(asio::error::connection_refused) == 3);
  CHECK(a.errors.of(asio::error::no_memory) == 1);
  CHECK(a.errors.other == 7);
}

}  // namespace scale_shard_stats_test
