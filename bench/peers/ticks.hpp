// A timer in a receiver's loop: how late it is served says how long the loop keeps others waiting.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <system_error>

#include "peer.hpp"

namespace bench {

class Ticks {
 public:
  Ticks(asio::io_context& io, Tally& tally) : timer_(io), tally_(tally) { next(); }

 private:
  void next() {
    timer_.expires_after(std::chrono::milliseconds(1));
    timer_.async_wait([this](std::error_code ec) {
      if (ec) throw std::system_error(ec, "timer");
      const auto late = asio::steady_timer::clock_type::now() - timer_.expiry();
      tally_.timer_was_late(std::chrono::duration<double, std::micro>(late).count());
      next();
    });
  }

  asio::steady_timer timer_;
  Tally& tally_;
};

}  // namespace bench
