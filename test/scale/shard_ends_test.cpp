// How a group and its shards end: by drain, by stop, by failure.
#include <asio/detached.hpp>
#include <future>
#include <thread>

#include "sharded.hpp"
#include "support/catch2.hpp"

namespace scale_shard_ends_test {

namespace {

using namespace std::chrono_literals;
using dgram::AfterFailure;
using dgram::ShardGroup;
using test::Client;
using test::Notes;
using test::Noting;
using test::shards;

/// Holds services up until the test lets them go.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void wait() const { future_.wait_for(test::deadline); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

class Failure : public std::runtime_error {
 public:
  Failure() : std::runtime_error("the service has failed") {}
};

/// Fails when it gets the number 0, on any shard; notes the others.
asio::awaitable<void> fail_at_zero(Notes& notes, dgram::Shard& shard) {
  for (;;) {
    const dgram::Datagram d = co_await shard.socket().recv();
    if (d.data()[3] == std::byte{0}) throw Failure();
    notes.add(shard.index(), std::to_integer<std::uint32_t>(d.data()[3]));
  }
}

dgram::ShardService failing(Notes& notes) {
  return [&notes](dgram::Shard& shard) { return fail_at_zero(notes, shard); };
}

}  // namespace

TEST_CASE("drain() serves what waits, and then each service ends", "[scale][shards]") {
  Notes notes;
  Gate gate;
  const auto service = [&](dgram::Shard& shard) {
    gate.wait();  // meanwhile the datagrams wait in the kernel
    return Noting(notes)(shard);
  };
  ShardGroup group(test::any_port(), service, shards(2, test::by_number()));
  Client client;
  client.send(group.local_endpoint(), 0, 300);
  group.drain(60s);
  gate.open();
  group.join();
  CHECK(notes.total() == 300);
  const dgram::Stats stats = group.stats();
  CHECK(stats.datagrams_received == 300);
  CHECK(stats.discarded_at_close == 0);
}

TEST_CASE("drain() ends at its limit, and what is left is counted", "[scale][shards]") {
  Notes notes;
  const auto service = [&](dgram::Shard& shard) -> asio::awaitable<void> {
    asio::steady_timer timer(shard.context());
    while (!shard.is_stopping()) {  // receives nothing
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  ShardGroup group(test::any_port(), service, shards(1));
  Client client;
  client.send(group.local_endpoint(), 0, 100);
  group.drain(-1s);
  group.join();
  CHECK(group.stats().discarded_at_close == 100);
  CHECK(group.stats(0).discarded_at_close == 100);
}

TEST_CASE("stop() ends what the services await of their sockets", "[scale][shards]") {
  std::atomic<int> aborted = 0;
  const auto service = [&aborted](dgram::Shard& shard) -> asio::awaitable<void> {
    std::error_code ec;
    co_await shard.socket().recv(ec);
    aborted += ec == asio::error::operation_aborted || ec == asio::error::eof;
    aborted += shard.is_stopping();
    co_await shard.socket().recv();  // for good: throws, and that is no failure
  };
  ShardGroup group(test::any_port(), service, shards(2));
  group.stop();
  group.join();
  CHECK(aborted == 4);
}

TEST_CASE("a service that does not end when it is asked to is destroyed where it waits",
          "[scale][shards]") {
  struct Flag {
    ~Flag() { ++*count; }
    std::atomic<int>* count;
  };
  std::atomic<int> destroyed = 0;
  const auto service = [&destroyed](dgram::Shard& shard) -> asio::awaitable<void> {
    const Flag flag{&destroyed};
    asio::steady_timer timer(shard.context(), std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
  };
  ShardGroup group(test::any_port(), service, shards(2));
  group.remove(1, 0s);
  CHECK(destroyed == 1);
  group.stop();
  group.join();
  CHECK(destroyed == 2);
}

TEST_CASE("after drain() what a service has left running ends as well, after stop() it does not",
          "[scale][shards]") {
  const bool drained = GENERATE(true, false);
  std::atomic<int> answered = 0;
  const auto answer = [&answered](dgram::Shard& shard, dgram::Datagram d) -> asio::awaitable<void> {
    asio::steady_timer timer(shard.context(), 50ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_await shard.socket().send(d, d.remote());
    ++answered;
  };
  Notes notes;
  const auto service = [&](dgram::Shard& shard) -> asio::awaitable<void> {
    for (;;) {
      dgram::Datagram d = co_await shard.socket().recv();
      asio::co_spawn(shard.context(), answer(shard, std::move(d)), asio::detached);
      notes.add(shard.index(), 0);
    }
  };
  ShardGroup group(test::any_port(), service, shards(2));
  Client client(8);
  client.send(group.local_endpoint(), 0, 40);
  REQUIRE(notes.wait_for(40));
  if (drained)
    group.drain(60s);
  else
    group.stop();
  group.join();
  if (drained) CHECK(answered == 40);
  CHECK(group.stats().datagrams_sent == static_cast<std::uint64_t>(answered));
}

TEST_CASE("a drain() after stop() gives what a service has left running no more time",
          "[scale][shards]") {
  const auto lingers = [](asio::io_context& context) -> asio::awaitable<void> {
    asio::steady_timer timer(context, std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
  };
  const auto service = [&lingers](dgram::Shard& shard) -> asio::awaitable<void> {
    asio::co_spawn(shard.context(), lingers(shard.context()), asio::detached);
    co_await shard.socket().recv();
  };
  ShardGroup group(test::any_port(), service, shards(2));
  group.stop();
  group.drain(2 * test::deadline);
  std::future<void> ended = std::async(std::launch::async, [&group] { group.join(); });
  CHECK(ended.wait_for(test::deadline) == std::future_status::ready);
}

TEST_CASE("what waited when a group is stopped is counted, in the kernel and in the socket",
          "[scale][shards]") {
  Notes notes;
  Gate gate;
  std::promise<void> waits;
  const auto service = [&](dgram::Shard& shard) -> asio::awaitable<void> {
    waits.set_value();
    gate.wait();
    co_await shard.socket().recv();  // fills the ring, takes one
    asio::steady_timer timer(shard.context());
    while (!shard.is_stopping()) {
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  ShardGroup group(test::any_port(), service, shards(1));
  waits.get_future().wait();
  Client client;
  client.send(group.local_endpoint(), 0, 100);
  gate.open();
  while (group.stats().datagrams_received == 0) std::this_thread::yield();
  group.stop();
  group.join();
  const dgram::Stats stats = group.stats();
  CHECK(stats.held == 0);
  CHECK(stats.discarded_at_close == 99);
}

TEST_CASE("the destructor stops a group that runs", "[scale][shards]") {
  Notes notes;
  dgram::Endpoint local;
  {
    ShardGroup group(test::any_port(), Noting(notes), shards(2));
    local = group.local_endpoint();
  }
  asio::io_context io;
  dgram::Socket alone(io);
  std::error_code ec;
  alone.bind(local, ec);
  CHECK(!ec);
}

TEST_CASE("join() ends when all services have returned by themselves", "[scale][shards]") {
  std::atomic<int> served = 0;
  const auto service = [&served](dgram::Shard&) -> asio::awaitable<void> {
    ++served;
    co_return;
  };
  ShardGroup group(test::any_port(), service, shards(3));
  group.join();
  group.join();  // again: nothing to do
  CHECK(served == 3);
  const std::error_code no_more = test::error_of([&] { group.add(); });
  CHECK(no_more == asio::error::bad_descriptor);
}

TEST_CASE("a service that throws stops the group, and join() throws it", "[scale][shards]") {
  Notes notes;
  ShardGroup group(test::any_port(), failing(notes), shards(3, test::by_number()));
  Client client;
  client.send(group.local_endpoint(), 0);
  CHECK_THROWS_AS(group.join(), Failure);
  CHECK_THROWS_AS(group.join(), Failure);
}

TEST_CASE("a service that throws before it is a coroutine is no different", "[scale][shards]") {
  Notes notes;
  const auto service = [&notes](dgram::Shard& shard) {
    if (shard.index() == 1) throw Failure();
    return Noting(notes)(shard);
  };
  ShardGroup group(test::any_port(), service, shards(2));
  CHECK_THROWS_AS(group.join(), Failure);
}

TEST_CASE("on_failure can leave a shard alone: the others go on", "[scale][shards]") {
  Notes notes;
  std::promise<std::size_t> failed;
  dgram::ShardGroupOptions options = shards(2, test::by_number());
  options.on_failure = [&failed](std::size_t index, std::exception_ptr) {
    failed.set_value(index);
    return AfterFailure::leave_shard;
  };
  ShardGroup group(test::any_port(), failing(notes), options);
  Client client;
  client.send(group.local_endpoint(), 0);
  CHECK(failed.get_future().get() == 0);
  client.send(group.local_endpoint(), 1);
  CHECK(notes.wait_for(1));
  // What is its own waits for somebody.
  client.send(group.local_endpoint(), 2);
  group.restart(0);
  CHECK(notes.wait_for(2));
  CHECK(notes.seen()[2] == std::vector<std::size_t>{0});
  group.stop();
  group.join();
}

TEST_CASE("on_failure can restart a shard: what waits there is served", "[scale][shards]") {
  Notes notes;
  Gate gate;
  std::atomic<int> failures = 0;
  dgram::ShardGroupOptions options = shards(2, test::by_number());
  options.on_failure = [&](std::size_t, std::exception_ptr) {
    ++failures;
    return AfterFailure::restart_shard;
  };
  const dgram::ShardService service = failing(notes);
  const auto gated = [&](dgram::Shard& shard) {
    gate.wait();
    return service(shard);
  };
  ShardGroup group(test::any_port(), gated, options);
  Client client;
  for (int i = 0; i < 5; ++i) {
    client.send(group.local_endpoint(), 0);
    client.send(group.local_endpoint(), 2, 10);
  }
  gate.open();
  CHECK(notes.wait_for(50));
  CHECK(failures == 5);
  group.stop();
  group.join();
  CHECK(group.stats().datagrams_received == 55);
}

TEST_CASE("a shard that is restarted while it is about to restart has one service",
          "[scale][shards]") {
  Notes notes;
  std::atomic<ShardGroup*> running = nullptr;
  std::atomic<int> begun = 0;
  std::thread restarts;
  std::promise<void> about_to;
  const dgram::ShardService fails = failing(notes);
  asio::io_context* context = nullptr;
  const auto service = [&](dgram::Shard& shard) {
    ++begun;
    context = &shard.context();
    return fails(shard);
  };
  dgram::ShardGroupOptions options = shards(1);
  options.on_failure = [&](std::size_t index, std::exception_ptr) {
    restarts = std::thread([&running, index] { running.load()->restart(index); });
    while (begun == 1) context->run_one_for(test::deadline);  // what restart() asks comes first
    about_to.set_value();
    return AfterFailure::restart_shard;
  };
  ShardGroup group(test::any_port(), service, options);
  running = &group;
  Client client;
  client.send(group.local_endpoint(), 0);
  REQUIRE(about_to.get_future().wait_for(test::deadline) == std::future_status::ready);
  restarts.join();
  client.send(group.local_endpoint(), 1);
  REQUIRE(notes.wait_for(1));
  CHECK(group.stats().datagrams_received == 2);  // behind whatever else the shard had to do
  CHECK(begun == 2);
}

TEST_CASE("an exception of on_failure stops the group", "[scale][shards]") {
  Notes notes;
  dgram::ShardGroupOptions options = shards(2, test::by_number());
  options.on_failure = [](std::size_t, std::exception_ptr) -> AfterFailure {
    throw std::logic_error("on_failure");
  };
  ShardGroup group(test::any_port(), failing(notes), options);
  Client client;
  client.send(group.local_endpoint(), 0);
  CHECK_THROWS_AS(group.join(), std::logic_error);
}

TEST_CASE("a handler that throws on a shard's thread stops the group", "[scale][shards]") {
  const auto service = [](dgram::Shard& shard) -> asio::awaitable<void> {
    asio::post(shard.context(), [] { throw Failure(); });
    co_await shard.socket().recv();
  };
  ShardGroup group(test::any_port(), service, shards(2));
  CHECK_THROWS_AS(group.join(), Failure);
}

TEST_CASE("a service can stop its group, and is told when it would wait for itself",
          "[scale][shards]") {
  std::promise<ShardGroup*> made;
  const std::shared_future<ShardGroup*> known = made.get_future().share();
  std::atomic<int> refused = 0;
  const auto service = [&, known](dgram::Shard& shard) -> asio::awaitable<void> {
    ShardGroup& group = *known.get();
    if (shard.index() == 0) {
      const std::error_code deadlock =
          std::make_error_code(std::errc::resource_deadlock_would_occur);
      refused += test::error_of([&] { group.join(); }) == deadlock;
      refused += test::error_of([&] { static_cast<void>(group.stats()); }) == deadlock;
      refused += test::error_of([&] { group.add(); }) == deadlock;
      refused += test::error_of([&] { group.remove(0); }) == deadlock;
      refused += test::error_of([&] { group.restart(0); }) == deadlock;
      group.stop();
    }
    for (;;) co_await shard.socket().recv();
  };
  ShardGroup group(test::any_port(), service, shards(2));
  made.set_value(&group);
  group.join();
  CHECK(refused == 5);
}

}  // namespace scale_shard_ends_test
