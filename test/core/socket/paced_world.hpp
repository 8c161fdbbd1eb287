// A paced sender of which the test has the clock, and a record of what has left when.
#pragma once

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/forwarding_channel.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch2.hpp"
#include "support/faulty.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"

namespace test {

using dgram::TimePoint;

inline constexpr std::size_t overhead = 42;

/// The world of a paced socket: its time, and what has left when.
struct PacedWorld {
  TimePoint now = TimePoint() + std::chrono::hours(1000);
  std::vector<std::pair<TimePoint, std::size_t>> departures;  // packets, in bytes
  std::size_t largest_call = 0;                               // bytes of packets
  std::vector<dgram::SendOptions> options;                    // of each that has left
  std::uint64_t told_rate = 0;
  int told_to_hold = 0;
  bool refuses_to_hold = false;
  bool stands_still = false;  // time goes on by advance() alone
  std::optional<dgram::WaitHandler> waiting;
  TimePoint until;

  /// The most bytes by which what left in any interval exceeds rate and burst.
  double excess(double rate, double burst) const {
    double worst = 0;
    for (std::size_t first = 0; first < departures.size(); ++first) {
      double bytes = 0;
      for (std::size_t last = first; last < departures.size(); ++last) {
        bytes += static_cast<double>(departures[last].second);
        const std::chrono::duration<double> time = departures[last].first - departures[first].first;
        worst = std::max(worst, bytes - burst - rate * time.count());
      }
    }
    return worst;
  }
  /// The end of a pause that stands still.
  void advance() {
    REQUIRE(waiting);
    now = until;
    end({});
  }
  void end(std::error_code ec) {
    dgram::WaitHandler handler = std::move(*waiting);
    waiting.reset();
    const asio::any_io_executor executor = handler.get_executor();
    asio::post(executor, [handler = std::move(handler), ec]() mutable { handler(ec); });
  }
};

class TimedChannel final : public dgram::ForwardingChannel {
 public:
  TimedChannel(std::unique_ptr<dgram::Channel> inner, PacedWorld& world)
      : ForwardingChannel(std::move(inner)), world_(world) {}
  ~TimedChannel() { world_.waiting.reset(); }

  TimePoint now() const noexcept override { return world_.now; }
  std::error_code set_pacing_rate(std::uint64_t rate) override {
    world_.told_rate = rate;
    return inner().set_pacing_rate(rate);
  }
  std::error_code hold_departures() override {
    ++world_.told_to_hold;
    if (world_.refuses_to_hold) return asio::error::no_permission;
    return inner().hold_departures();
  }
  std::error_code send_batch(std::span<const dgram::SendItem> items,
                             std::size_t& count) noexcept override {
    const std::error_code ec = inner().send_batch(items, count);
    std::size_t together = 0;
    for (const dgram::SendItem& item : items.first(count)) {
      const std::size_t bytes = item.bytes() + item.datagrams() * overhead;
      together += bytes;
      world_.options.push_back(item.options ? *item.options : dgram::SendOptions());
      world_.departures.emplace_back(world_.now, bytes);
    }
    world_.largest_call = std::max(world_.largest_call, together);
    return ec;
  }
  void wait(dgram::Event event, TimePoint time, dgram::WaitHandler handler) override {
    if (event != dgram::Event::write || time == TimePoint::max())
      return inner().wait(event, time, std::move(handler));
    world_.until = time;
    world_.waiting.emplace(std::move(handler));
    if (!world_.stands_still) world_.advance();
  }
  void cancel_wait(dgram::Event event) noexcept override {
    if (event == dgram::Event::write && world_.waiting)
      return world_.end(asio::error::operation_aborted);
    inner().cancel_wait(event);
  }

 private:
  PacedWorld& world_;
};

inline dgram::SocketOptions paced(std::uint64_t rate, std::size_t burst = 0) {
  dgram::SocketOptions options;
  options.pacing_rate = rate;
  options.pacing_burst = burst;
  return options;
}

/// A receiver, and a paced sender of which the test has the clock and the kernel's answers.
struct Paced {
  explicit Paced(const dgram::SocketOptions& options)
      : receiver(bound(io, roomy())), to(receiver.local_endpoint()) {
    script->gso = true;
    dgram::set_channel_factory(io, [this](const asio::any_io_executor& executor) {
      return std::make_unique<TimedChannel>(
          dgram::make_fault_channel(dgram::make_kernel_channel(executor), script), world);
    });
    sender.emplace(bound(io, options));
  }
  std::vector<std::string> received() { return take_texts(receiver); }
  /// Runs what is ready, without the clock.
  void settle() {
    io.restart();
    io.poll();
  }

  PacedWorld world;  // outlives the channels
  asio::io_context io;
  dgram::Socket receiver;
  dgram::Endpoint to;
  std::shared_ptr<dgram::FaultScript> script = std::make_shared<dgram::FaultScript>();
  std::optional<dgram::Socket> sender;
};

}  // namespace test
