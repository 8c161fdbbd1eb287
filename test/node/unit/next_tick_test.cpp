// next_tick() from outside of any dgram callback, which is where most programs begin.
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <dgram/node/next_tick.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <support/run.hpp>

namespace unit_node_next_tick_test {

using dgram::node::next_tick;

TEST_CASE("a next tick never runs inside the call", "[unit][node][next_tick]") {
  asio::io_context io;
  std::string log;
  next_tick(io, [&] {
    next_tick(io, [&] { log += 'b'; });
    log += 'a';
  });
  CHECK(log.empty());
  test::run(io);
  CHECK(log == "ab");
}

TEST_CASE("a next tick of a handler that is none of dgram's runs behind those that are ready",
          "[unit][node][next_tick]") {
  asio::io_context io;
  std::string log;
  asio::post(io, [&] {
    next_tick(io, [&] { log += "tick "; });
    log += "first ";
  });
  asio::post(io, [&] { log += "second "; });
  test::run(io);
  CHECK(log == "first second tick ");
}

TEST_CASE("next ticks run before a handler that one of them makes ready",
          "[unit][node][next_tick]") {
  asio::io_context io;
  std::string log;
  next_tick(io, [&] { asio::post(io, [&] { log += "handler"; }); });
  next_tick(io, [&] { next_tick(io, [&] { log += "tick "; }); });
  test::run(io);
  CHECK(log == "tick handler");
}

TEST_CASE("an exception leaves a next tick for run()", "[unit][node][next_tick]") {
  asio::io_context io;
  std::string log;
  next_tick(io, [] { throw std::runtime_error("tick"); });
  next_tick(io, [&] { log += "behind "; });
  asio::post(io, [&] { log += "handler "; });
  CHECK_THROWS_WITH(test::run(io), "tick");
  CHECK(log.empty());
  test::run(io);
  CHECK(log == "handler behind ");
}

TEST_CASE("next ticks of a context that is run again run then", "[unit][node][next_tick]") {
  asio::io_context io;
  int runs = 0;
  next_tick(io, [&] { ++runs; });
  test::run(io);
  next_tick(io, [&] { ++runs; });
  CHECK(runs == 1);
  test::run(io);
  CHECK(runs == 2);
}

TEST_CASE("a context that is stopped keeps its next ticks", "[unit][node][next_tick]") {
  asio::io_context io;
  int runs = 0;
  io.stop();
  next_tick(io, [&] { ++runs; });
  CHECK(io.poll() == 0);
  test::run(io);
  CHECK(runs == 1);
}

TEST_CASE("what a next tick holds goes with it", "[unit][node][next_tick]") {
  asio::io_context io;
  const auto held = std::make_shared<int>();
  next_tick(io, [held] {});
  next_tick(io, [&] { CHECK(held.use_count() == 1); });
  test::run(io);
}

}  // namespace unit_node_next_tick_test
