// A group starts as a whole or not at all, and each shard gets what is its own.
#include <sched.h>

#include <set>

#include "port_sharers.hpp"
#include "sharded.hpp"
#include "support/catch2.hpp"

namespace scale_shard_group_test {

namespace {

using dgram::ShardGroup;
using dgram::Steering;
using test::Client;
using test::Notes;
using test::Noting;
using test::shards;

asio::awaitable<void> answer_with_index(dgram::Shard& shard) {
  for (;;) {
    const dgram::Datagram d = co_await shard.socket().recv();
    const std::string index = std::to_string(shard.index());
    co_await shard.socket().send(index, d.remote());
  }
}

asio::awaitable<void> ask(dgram::Socket& socket, dgram::Endpoint server, std::string& answer) {
  co_await socket.send("who", server);
  const dgram::Datagram d = co_await socket.recv();
  answer = std::string(d.text());
}

}  // namespace

TEST_CASE("all shards answer from one port, each on a thread of its own", "[scale][shards]") {
  ShardGroup group(test::any_port(), answer_with_index, shards(3));
  CHECK(group.size() == 3);
  CHECK(group.local_endpoint().port() != 0);
  std::set<std::string> answers;
  asio::io_context io;
  std::vector<dgram::Socket> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(test::bound(io));
    std::string answer;
    test::run(io, ask(clients.back(), group.local_endpoint(), answer));
    answers.insert(answer);
  }
  CHECK(answers == std::set<std::string>{"0", "1", "2"});
}

TEST_CASE("by key every datagram is on its shard", "[scale][shards]") {
  constexpr std::uint32_t keys = 2000;
  const std::size_t count = GENERATE(2u, 5u);
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(count, test::by_number()));
  Client client(7);
  for (std::uint32_t from = 0; from < keys; from += 200) {
    client.send(group.local_endpoint(), from, 200);
    REQUIRE(notes.wait_for(from + 200));
  }
  std::uint32_t wrong = 0;
  for (const auto& [number, seen] : notes.seen())
    wrong += seen != std::vector<std::size_t>{number % count};
  CHECK(wrong == 0);
  CHECK(notes.seen().size() == keys);
  const std::array<std::byte, 4> eleven{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{11}};
  CHECK(group.shard_of(eleven) == 11 % count);
}

TEST_CASE("by hash the kernel decides, and nobody can tell", "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), Noting(notes), shards(2));
  CHECK(!group.shard_of({}));
}

TEST_CASE("by CPU a shard runs where its datagrams come from", "[scale][shards]") {
  cpu_set_t usable;
  REQUIRE(::sched_getaffinity(0, sizeof usable, &usable) == 0);
  if (!CPU_ISSET(0, &usable) || !CPU_ISSET(1, &usable)) return;
  std::array<std::atomic<int>, 2> ran_on{-1, -1};
  const auto note_cpu = [&ran_on](dgram::Shard& shard) -> asio::awaitable<void> {
    co_await shard.socket().recv();
    ran_on[shard.index()] = ::sched_getcpu();
  };
  ShardGroup group(test::any_port(), note_cpu, shards(2, Steering::by_cpu()));
  Client client;
  for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    client.send(group.local_endpoint(), cpu);
  }
  ::sched_setaffinity(0, sizeof usable, &usable);
  group.join();
  CHECK(ran_on[0] == 0);
  CHECK(ran_on[1] == 1);
}

TEST_CASE("without a number there is a shard for each CPU that the process may use",
          "[scale][shards]") {
  cpu_set_t usable;
  REQUIRE(::sched_getaffinity(0, sizeof usable, &usable) == 0);
  ShardGroup group(test::any_port(), answer_with_index);
  CHECK(group.size() == static_cast<std::size_t>(CPU_COUNT(&usable)));
}

TEST_CASE("a group whose port is taken does not start, also when others share it",
          "[scale][shards]") {
  asio::io_context io;
  auto sharing = test::port_sharers(io, 1);
  int services = 0;
  const auto count = [&services](dgram::Shard&) -> asio::awaitable<void> {
    ++services;
    co_return;
  };
  const std::error_code ec =
      test::error_of([&] { ShardGroup group(sharing[0].local_endpoint(), count, shards(2)); });
  CHECK(ec == asio::error::address_in_use);
  CHECK(services == 0);

  // Nor does a second group on the port of a first one.
  ShardGroup first(test::any_port(), answer_with_index, shards(2));
  const std::error_code second =
      test::error_of([&] { ShardGroup group(first.local_endpoint(), count, shards(2)); });
  CHECK(second == asio::error::address_in_use);
  CHECK(services == 0);
}

TEST_CASE("a group that cannot start leaves its port free", "[scale][shards]") {
  asio::io_context io;
  dgram::Endpoint local;
  {
    dgram::Socket probe = test::bound(io);
    local = probe.local_endpoint();
  }
  dgram::ShardGroupOptions options = shards(2);
  int contexts = 0;
  // The second socket is refused: the first has been bound by then.
  options.prepare = [&contexts](asio::io_context& context) {
    if (++contexts == 2)
      dgram::set_channel_factory(
          context, [](const asio::any_io_executor&) -> std::unique_ptr<dgram::Channel> {
            throw std::runtime_error("no second socket");
          });
  };
  CHECK_THROWS_AS(ShardGroup(local, answer_with_index, options), std::runtime_error);
  dgram::Socket alone(io);
  std::error_code ec;
  alone.bind(local, ec);
  CHECK(!ec);
}

TEST_CASE("what a group cannot be is refused", "[scale][shards]") {
  const auto refused = [](dgram::ShardService service, const dgram::ShardGroupOptions& options) {
    return test::error_of([&] {
             ShardGroup group(test::any_port(), std::move(service), options);
           }) == asio::error::invalid_argument;
  };
  CHECK(refused(nullptr, shards(2)));
  CHECK(refused(answer_with_index, shards(257)));
  dgram::PayloadKey key;
  key.width = 3;
  CHECK(refused(answer_with_index, shards(2, Steering::by_key(key))));
  dgram::ShardGroupOptions bad_batch = shards(2);
  bad_batch.socket.batch = 65;
  CHECK(refused(answer_with_index, bad_batch));
  dgram::ShardGroupOptions stealable = shards(2);
  stealable.socket.reuse_address = true;
  CHECK(refused(answer_with_index, stealable));
  // The kernel puts trains together before it looks at a key.
  key.width = 4;
  dgram::ShardGroupOptions in_trains = shards(2, Steering::by_key(key));
  CHECK(!refused(answer_with_index, in_trains));
  in_trains.socket.gro = true;
  CHECK(refused(answer_with_index, in_trains));
  const std::error_code not_ours = test::error_of([] {
    ShardGroup group(
        dgram::Endpoint(asio::ip::make_address("192.0.2.1"), 0), answer_with_index, shards(2));
  });
  CHECK(not_ours == std::errc::address_not_available);
}

TEST_CASE("prepare() is called for the context of each shard", "[scale][shards]") {
  std::set<asio::io_context*> contexts;
  dgram::ShardGroupOptions options = shards(3);
  options.prepare = [&contexts](asio::io_context& context) { contexts.insert(&context); };
  ShardGroup group(test::any_port(), answer_with_index, options);
  CHECK(contexts.size() == 3);
}

}  // namespace scale_shard_group_test
