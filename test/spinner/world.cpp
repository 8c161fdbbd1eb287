#include "spinner/world.hpp"

#include <chrono>
#include <fstream>
#include <sstream>

#include "spinner/channels.hpp"
#include "spinner/fail.hpp"
#include "spinner/seat.hpp"

namespace spinner {

namespace {

using namespace std::chrono_literals;

/// Steps that wait at one home.
constexpr int most_posted = 8;
/// For what has to come by itself.
constexpr auto patience = 60s;

/// Packets that this host has dropped on their way to any socket: nobody counts them for a socket.
std::uint64_t backlog_drops() {
  std::ifstream file("/proc/net/softnet_stat");
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::uint64_t processed = 0, dropped = 0;
    fields >> std::hex >> processed >> dropped;
    sum += dropped;
  }
  return sum;
}

}  // namespace

World::World(Progress& progress, bool has_network) : progress_(progress), network_(has_network) {
  for (asio::execution_context* const context : homes_.contexts()) watch_channels(*context);
  for (std::size_t i = 0; i < Network::names.size(); ++i) network_.add(i);
  for (std::size_t i = 0; i < seats_count; ++i)
    seats_.push_back(std::make_unique<Seat>(*this, i, homes_.make(i)));
  at_each(&Seat::begin_epoch);
  backlog_drops_ = backlog_drops();
}

World::~World() = default;

void World::post(std::uint64_t step, std::size_t number, std::function<void(Seat&)> deed) {
  Seat& seat = *seats_[number];
  await([&seat] { return seat.posted < most_posted; },
        [&seat] { return "a step waits for its turn for ever: " + seat.name(); });
  progress_.posted = step + 1;
  ++seat.posted;
  asio::post(seat.home().executor, [this, &seat, step, deed = std::move(deed)] {
    progress_.begun[seat.number()] = step + 1;
    seat.run(step, deed);
    if (seat.posted.fetch_sub(1) <= most_posted) notify();
  });
}

void World::notify() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void World::await(const std::function<bool()>& holds,
                  const std::function<std::string()>& otherwise) {
  if (holds()) return;
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, holds)) fail(otherwise());
}

void World::at_each(void (Seat::*what)()) {
  std::atomic<int> left = static_cast<int>(seats_.size());
  for (const std::unique_ptr<Seat>& seat : seats_)
    asio::post(seat->home().executor, [this, &left, what, one = seat.get()] {
      (one->*what)();
      const std::lock_guard lock(mutex_);
      --left;
      changed_.notify_all();
    });
  await([&left] { return left == 0; }, [] { return std::string("a home runs nothing any more"); });
  const std::lock_guard lock(mutex_);  // the last of them has let go of it
}

void World::await_operations() {
  const auto limit = std::chrono::steady_clock::now() + patience;
  for (const std::unique_ptr<Seat>& seat : seats_) {
    const auto done = [&seat] { return seat->operations == 0; };
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit)
        fail("cancelled, and never completed: " + seat->words_of_pending());
      at_each(&Seat::poll_futures);  // a future tells nobody
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, 2ms, done);
    }
  }
}

void World::settle() {
  for (const std::unique_ptr<Seat>& seat : seats_)
    await([&seat] { return seat->posted == 0; },
          [&seat] { return "a step does not end on " + seat->name(); });
  is_settling_ = true;
  // What a step has posted begins, too: an executor may post what is dispatched.
  for (int i = 0; i < 3; ++i) at_each(&Seat::do_nothing);
  for (const std::unique_ptr<Part>& part : parts_) part->end_operations();
  at_each(&Seat::end_operations);
  await_operations();
  for (const auto begin = std::chrono::steady_clock::now();;) {
    at_each(&Seat::drain);
    const std::string missing = ledger_.missing();
    if (missing.empty()) break;
    const std::uint64_t drops = backlog_drops();
    if (drops != std::exchange(backlog_drops_, drops)) break;
    // What was sent may still be on its way, where the kernel puts that off.
    if (std::chrono::steady_clock::now() - begin > 10s) fail("lost: " + missing);
  }
  at_each(&Seat::check_numbers);
  for (const std::unique_ptr<Part>& part : parts_) part->check();
  ledger_.turn_page();
  is_settling_ = false;
  at_each(&Seat::begin_epoch);
}

void World::finish() {
  settle();
  parts_.clear();
  is_ending_ = true;
  at_each(&Seat::forget);
  for (std::size_t i = 0; i < Network::names.size(); ++i) network_.remove(i);
  homes_.finish();
}

Line* World::line_at(const dgram::Endpoint& endpoint) const {
  for (const std::unique_ptr<Seat>& seat : seats_)
    if (Line* const line = seat->line_at(endpoint)) return line;
  return nullptr;
}

}  // namespace spinner
