// Runs a test's coroutine, or its context, under a deadline: a test that hangs fails instead.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

namespace test {

/// Long enough for a loaded machine with sanitizers; no test waits for it unless it is broken.
inline constexpr std::chrono::seconds deadline{60};

/// Runs the context until it has no work left. Throws when that takes longer than `limit`.
inline void run(asio::io_context& io, std::chrono::steady_clock::duration limit = deadline) {
  io.restart();
  io.run_for(limit);
  if (!io.stopped())
    throw std::runtime_error("the deadline of the test has passed: something never completed");
}

/// Runs a coroutine and whatever it started to its end. What it throws is thrown here.
template <class Executor>
void run(asio::io_context& io,
         const Executor& executor,
         asio::awaitable<void> coroutine,
         std::chrono::steady_clock::duration limit = deadline) {
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

inline void run(asio::io_context& io,
                asio::awaitable<void> coroutine,
                std::chrono::steady_clock::duration limit = deadline) {
  run(io, io.get_executor(), std::move(coroutine), limit);
}

}  // namespace test
