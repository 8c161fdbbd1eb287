// How calls fail, and what leaves run(): for tests that compare no trace.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/node/error.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/run.hpp"

namespace test {

/// What a call throws of Node's errors.
template <class Call>
std::optional<dgram::node::Error> thrown_by(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const dgram::node::Error& error) {
    return error;
  }
  return std::nullopt;
}

/// Its code; empty when it throws nothing.
template <class Call>
std::string code_of(Call&& call) {
  const std::optional<dgram::node::Error> error = thrown_by(std::forward<Call>(call));
  return error ? error->code() : "";
}

/// Its text; empty when it throws nothing.
template <class Call>
std::string message_of(Call&& call) {
  const std::optional<dgram::node::Error> error = thrown_by(std::forward<Call>(call));
  return error ? error->message() : "";
}

/// Runs the context until nothing is left to do, as a process that goes on behind an uncaught
/// exception. Returns what those said, in their order.
inline std::vector<std::string> run_through(asio::io_context& io) {
  std::vector<std::string> uncaught;
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < end) {
    try {
      io.restart();
      io.run_until(end);
      if (io.stopped()) return uncaught;
    } catch (const std::exception& failure) {
      uncaught.emplace_back(failure.what());
    }
  }
  throw std::runtime_error("the deadline of the test has passed: something never completed");
}

}  // namespace test
