// Runs a test's coroutine, or its context, under a deadline: a test that hangs fails instead.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>

namespace test {

/// Long enough for a loaded machine with sanitizers; no test waits for it unless it is broken.
inline constexpr std::chrono::seconds deadline{60};

/// Runs the context until it has no work left. Throws when that takes longer than `limit`.
void run(asio::io_context& io, std::chrono::steady_clock::duration limit = deadline);

/// Runs a coroutine and whatever it started to its end. What it throws is thrown here.
void run(asio::io_context& io,
         const asio::any_io_executor& executor,
         asio::awaitable<void> coroutine,
         std::chrono::steady_clock::duration limit = deadline);
void run(asio::io_context& io,
         asio::awaitable<void> coroutine,
         std::chrono::steady_clock::duration limit = deadline);

}  // namespace test
