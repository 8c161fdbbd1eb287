// A kernel channel whose way out can be shut: sends then find no room, and wait. Loopback never
// does that by itself.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/forwarding_channel.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace test {

/// Shared by a test and the channels of its context. Belongs to the thread that runs the context.
struct Gate {
  bool shut = false;
  /// How many datagrams still pass; then it shuts.
  std::size_t passes = static_cast<std::size_t>(-1);
  std::vector<asio::steady_timer*> waits;

  /// Lets sends through again, and wakes those that wait.
  void open() {
    shut = false;
    passes = static_cast<std::size_t>(-1);
    for (asio::steady_timer* wait : waits) wait->cancel();
  }
};

class GatedChannel final : public dgram::ForwardingChannel {
 public:
  GatedChannel(const asio::any_io_executor& executor, std::shared_ptr<Gate> gate)
      : ForwardingChannel(dgram::make_kernel_channel(executor)),
        gate_(std::move(gate)),
        room_(executor, asio::steady_timer::time_point::max()) {
    gate_->waits.push_back(&room_);
  }
  ~GatedChannel() override { std::erase(gate_->waits, &room_); }

  /// A place is for a datagram, not for a run.
  bool has(dgram::Feature feature) const noexcept override {
    return feature != dgram::Feature::gso && inner().has(feature);
  }
  dgram::NativeHandle release(std::error_code& ec) override {
    room_.cancel();
    return inner().release(ec);
  }
  void close() noexcept override {
    room_.cancel();
    inner().close();
  }

  std::error_code send_batch(std::span<const dgram::SendItem> items,
                             std::size_t& count) noexcept override {
    if (gate_->passes == 0) gate_->shut = true;
    if (gate_->shut) {
      count = 0;
      return asio::error::would_block;
    }
    const std::error_code ec =
        inner().send_batch(items.first(std::min(items.size(), gate_->passes)), count);
    if (gate_->passes != static_cast<std::size_t>(-1)) gate_->passes -= count;
    return ec;
  }

  void wait(dgram::Event event, dgram::TimePoint until, dgram::WaitHandler handler) override {
    if (event == dgram::Event::write && gate_->shut) return room_.async_wait(std::move(handler));
    inner().wait(event, until, std::move(handler));
  }
  void cancel_wait(dgram::Event event) noexcept override {
    if (event == dgram::Event::write) room_.cancel();
    inner().cancel_wait(event);
  }

 private:
  std::shared_ptr<Gate> gate_;
  asio::steady_timer room_;  ///< A wait that only the gate ends.
};

/// Puts the sockets that are made on `context` from now on behind a gate.
inline std::shared_ptr<Gate> gate(asio::execution_context& context) {
  auto result = std::make_shared<Gate>();
  dgram::set_channel_factory(context, [result](const asio::any_io_executor& executor) {
    return std::make_unique<GatedChannel>(executor, result);
  });
  return result;
}

}  // namespace test
