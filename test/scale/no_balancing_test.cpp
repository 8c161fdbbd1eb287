// Where POSIX alone is there, nobody shares a port out.
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <dgram/scale/shard_group.hpp>

#include "port_sharers.hpp"
#include "support/catch2.hpp"

namespace scale_no_balancing_test {

namespace {

asio::awaitable<void> receive(dgram::Shard& shard) {
  for (;;) co_await shard.socket().recv();
}

}  // namespace

TEST_CASE("a system that does not share a port out says so", "[scale][portable]") {
  asio::io_context io;
  auto sockets = test::port_sharers(io, 2);
  std::error_code ec;
  dgram::set_steering(sockets[0], dgram::Steering::by_hash(), 2, {}, ec);
  CHECK(ec == dgram::Errc::no_balancing);
}

TEST_CASE("a group of several shards is refused there, one of a single shard is not",
          "[scale][portable]") {
  dgram::ShardGroupOptions options;
  options.shards = 2;
  std::error_code why;
  try {
    dgram::ShardGroup group(test::any_port(), receive, options);
  } catch (const dgram::Error& e) {
    why = e.code();
  }
  CHECK(why == dgram::Errc::no_balancing);

  options.shards = 1;
  dgram::ShardGroup alone(test::any_port(), receive, options);
  try {
    alone.add();
    why.clear();
  } catch (const dgram::Error& e) {
    why = e.code();
  }
  CHECK(why == dgram::Errc::no_balancing);
  CHECK(alone.size() == 1);
  alone.stop();
  alone.join();
}

}  // namespace scale_no_balancing_test
