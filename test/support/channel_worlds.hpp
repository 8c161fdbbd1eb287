// Every channel that must keep the contract, and what a contract test needs around one: a context,
// and waits that remember.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/channel.hpp>
#include <dgram/fault_channel.hpp>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <vector>

namespace test {

/// A way to make channels. Add one here and the whole suite runs on it.
struct World {
  const char* name;
  std::unique_ptr<dgram::Channel> (*make)(const asio::any_io_executor& executor);
};
inline std::ostream& operator<<(std::ostream& out, const World& world) {
  return out << world.name;
}

/// The kernel's is the portable one in a build with -Dchannel=portable.
inline std::vector<World> worlds() {
  return {
      World{"kernel",
            [](const asio::any_io_executor& executor) {
              return dgram::make_kernel_channel(executor);
            }},
      World{"fault channel with nothing scripted",
            [](const asio::any_io_executor& executor) {
              return dgram::make_fault_channel(dgram::make_kernel_channel(executor),
                                               std::make_shared<dgram::FaultScript>());
            }},
  };
}

/// The target of a wait: remembers what came, and whether it came inside the call that must not
/// call it.
class WaitProbe final : public dgram::Waiter {
 public:
  void ready(std::error_code ec) override {
    ++calls;
    last = ec;
    inside |= in_call;
  }
  void abandoned() noexcept override { ++dropped; }
  void add_reference() noexcept override { ++references; }
  void release() noexcept override { --references; }
  int calls = 0;
  int dropped = 0;
  int references = 0;
  bool in_call = false;
  bool inside = false;
  std::error_code last;
};

/// A channel with its context and a wait per event.
class Bench {
 public:
  explicit Bench(const World& world) : channel(world.make(io.get_executor())) {
    for (WaitProbe& probe : probes) probe.executor = &executor;
  }

  void wait(dgram::Event event, dgram::TimePoint until = dgram::TimePoint::max()) {
    WaitProbe& probe = this->probe(event);
    probe.in_call = true;
    channel->wait(event, until, dgram::WaitHandler(probe));
    probe.in_call = false;
  }
  void cancel_wait(dgram::Event event) {
    probe(event).in_call = true;
    channel->cancel_wait(event);
    probe(event).in_call = false;
  }
  void close() {
    for (WaitProbe& probe : probes) probe.in_call = true;
    channel->close();
    for (WaitProbe& probe : probes) probe.in_call = false;
  }
  WaitProbe& probe(dgram::Event event) { return probes[static_cast<std::size_t>(event)]; }

  /// Runs the context until `done`. Throws when that does not happen.
  template <class Condition>
  void run_until(Condition done) {
    io.restart();
    while (!done())
      if (io.run_one_for(std::chrono::seconds(60)) == 0)
        throw std::runtime_error(
            "nothing left to run, or the deadline has passed, before the condition held");
  }

  // The probes outlive the context: a wait that is dropped with it calls abandoned().
  std::array<WaitProbe, dgram::event_count> probes;
  asio::io_context io;
  asio::any_io_executor executor = io.get_executor();
  std::unique_ptr<dgram::Channel> channel;
};

}  // namespace test
