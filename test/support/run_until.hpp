// Runs a context until something has come true that ends no operation: a counter, say.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <stdexcept>

#include "support/run.hpp"

namespace test {

/// Runs the context until `done()`; throws at the deadline of a test. Returns how many handlers
/// ran.
template <class Condition>
int run_until(asio::io_context& io, Condition done) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  int handlers = 0;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it never came to that");
    io.restart();
    handlers += static_cast<int>(io.run_one_for(std::chrono::milliseconds(20)));
  }
  return handlers;
}

}  // namespace test
