#include "support/run.hpp"

#include <asio/co_spawn.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

namespace test {

void run(asio::io_context& io, std::chrono::steady_clock::duration limit) {
  io.restart();
  io.run_for(limit);
  if (!io.stopped())
    throw std::runtime_error("the deadline of the test has passed: something never completed");
}

void run(asio::io_context& io,
         const asio::any_io_executor& executor,
         asio::awaitable<void> coroutine,
         std::chrono::steady_clock::duration limit) {
  std::exception_ptr failure;
  bool finished = false;
  asio::co_spawn(executor, std::move(coroutine), [&](std::exception_ptr error) {
    failure = error;
    finished = true;
  });
  run(io, limit);
  if (failure) std::rethrow_exception(failure);
  if (!finished) throw std::runtime_error("the context ran out of work before the coroutine ended");
}

void run(asio::io_context& io,
         asio::awaitable<void> coroutine,
         std::chrono::steady_clock::duration limit) {
  run(io, io.get_executor(), std::move(coroutine), limit);
}

}  // namespace test
