// Loops that are measured: what they ask of the heap once they are warm.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <support/run.hpp>
#include <utility>

#include "counting.hpp"

namespace test {

inline constexpr int warm_up = 200;
inline constexpr int measured = 1000;

/// Counts rounds, and the heap requests of those after the warm-up.
class Meter {
 public:
  bool next() noexcept {
    if (round_ == warm_up) before_ = allocations();
    if (round_++ < warm_up + measured) return true;
    requests_ = allocations() - before_;
    return false;
  }
  std::size_t requests() const noexcept { return requests_; }

 private:
  int round_ = 0;
  std::size_t before_ = 0;
  std::size_t requests_ = ~std::size_t{0};
};

/// As run(), but by run() of the context itself: run_for() starts afresh for every handler, and
/// with it Asio's memory of blocks to use again.
inline void run_plainly(asio::io_context& io, asio::awaitable<void> loop) {
  asio::steady_timer limit(io, test::deadline);
  limit.async_wait([&io](std::error_code ec) {
    if (!ec) io.stop();
  });
  std::exception_ptr failure =
      std::make_exception_ptr(std::runtime_error("the deadline of the test has passed"));
  asio::co_spawn(io, std::move(loop), [&](std::exception_ptr error) {
    failure = error;
    limit.cancel();
  });
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace test
