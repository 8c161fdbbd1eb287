#include "spinner/child.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include <asio/execution/context.hpp>
#include <asio/query.hpp>
#include <asio/system_executor.hpp>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/failing_new.hpp"
#include "spinner/reached.hpp"
#include "spinner/seat.hpp"
#include "spinner/world.hpp"
#include "support/descriptors.hpp"

namespace spinner {

namespace {

/// Steps from one quiescent point to the next.
constexpr std::uint64_t steps_of_an_epoch = 2000;

void run_steps(const Steps& steps, const Arguments& arguments, World& world) {
  std::uint64_t of_epoch = 0;
  for (const std::uint64_t number : steps) {
    if (number / steps_of_an_epoch != of_epoch) {
      of_epoch = number / steps_of_an_epoch;
      world.settle();
    }
    Step step = plan(arguments.seed, number, nullptr);
    world.post(number, step.seat, std::move(step.deed));
  }
}

std::uint64_t run_world(const Steps& steps,
                        const Arguments& arguments,
                        Progress& progress,
                        bool has_network) {
  World world(progress, has_network);
  try {
    run_steps(steps, arguments, world);
    world.finish();
  } catch (const std::exception& error) {  // the homes still run: the world cannot be destroyed
    fail(std::string("the thread that posts the steps is left by an exception: ") + error.what());
  }
  return world.ledger().numbered();
}

}  // namespace

int run_child(const Arguments& arguments, Progress& progress) {
  const bool has_network = enter_own_network();
  if (!has_network)
    std::puts("spinner: no right to a network of its own: interfaces stay as they are");
  const Steps steps = arguments.steps();
  // What is made once and for ever, is.
  plan(arguments.seed, 0, nullptr);
  static_cast<void>(asio::query(asio::system_executor(), asio::execution::context));
  run_world({}, arguments, progress, has_network);
  const auto descriptors = test::open_descriptors();
  const long blocks = live_blocks();
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t datagrams = run_world(steps, arguments, progress, has_network);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (test::open_descriptors() != descriptors)
    fail(std::to_string(test::open_descriptors() - descriptors) + " descriptors are still open");
  if (live_blocks() != blocks)
    fail(std::to_string(live_blocks() - blocks) + " blocks of memory were not freed");
  std::printf("spinner: seed %llu: %zu operations, %llu datagrams, %.1f s\n",
              static_cast<unsigned long long>(arguments.seed),
              steps.size(),
              static_cast<unsigned long long>(datagrams),
              time.count());
  if (!arguments.reached.empty() && !Reached::write(arguments.reached))
    fail("cannot write " + arguments.reached);
  return 0;
}

}  // namespace spinner
