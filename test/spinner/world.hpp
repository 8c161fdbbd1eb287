// Everything that a run of the spinner has: seats, the ledger, what other modules add; and the
// points at which all of it rests and is compared.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "spinner/home.hpp"
#include "spinner/ledger.hpp"
#include "spinner/network.hpp"
#include "spinner/progress.hpp"

namespace spinner {

class Seat;
class World;

/// What a module has in the world beside the sockets of the core: its own objects, and what must be
/// true of them. Made by World::part() when the first of its actions runs.
class Part {
 public:
  virtual ~Part() = default;
  /// A quiescent point begins: ends what is pending. No step is under way; the threads run.
  virtual void end_operations() {}
  /// Everything has ended: compares.
  virtual void check() {}
};

class World {
 public:
  static constexpr std::size_t seats_count = 10;

  World(Progress& progress, bool has_network);
  World(const World&) = delete;
  ~World();

  Ledger& ledger() noexcept { return ledger_; }
  Network& network() noexcept { return network_; }
  Homes& homes() noexcept { return homes_; }
  /// Where no socket is at home.
  asio::any_io_executor elsewhere() { return homes_.elsewhere(); }
  Seat& seat(std::size_t number) noexcept { return *seats_[number]; }

  /// Runs a step at the home of its seat; waits while that has too much to do.
  void post(std::uint64_t step, std::size_t seat, std::function<void(Seat&)> deed);

  /// Everything comes to rest and is compared.
  void settle();

  /// The last words: everything is closed.
  void finish();
  bool is_ending() const noexcept { return is_ending_; }
  /// A quiescent point: what goes on by itself, begins nothing any more.
  bool is_settling() const noexcept { return is_settling_; }

  /// The line at an address; nullptr when none of ours is there.
  Line* line_at(const dgram::Endpoint& endpoint) const;

  /// Something that settle() waits for may have ended.
  void notify();

  /// The part of a module, one of each type. From any thread.
  template <class T>
  T& part() {
    const std::lock_guard lock(parts_mutex_);
    for (const std::unique_ptr<Part>& one : parts_)
      if (T* const found = dynamic_cast<T*>(one.get())) return *found;
    parts_.push_back(std::make_unique<T>(*this));
    return static_cast<T&>(*parts_.back());
  }

  /// Waits until `holds()`, which notify() makes looked at again; fails at the deadline.
  void await(const std::function<bool()>& holds, const std::function<std::string()>& otherwise);

 private:
  /// Runs at each seat's home, and waits.
  void at_each(void (Seat::*what)());
  void await_operations();

  Progress& progress_;
  Network network_;
  Ledger ledger_;
  Homes homes_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::mutex parts_mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_ending_ = false, is_settling_ = false;
  std::uint64_t backlog_drops_ = 0;
};

}  // namespace spinner
