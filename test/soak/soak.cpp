// The soak: each place has its turn, round by round, at what the machine carries. At the end there
// is a ledger of all datagrams, and what this process has of the system must not have grown.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <dgram/dgram.hpp>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "../process/folder.hpp"
#include "account.hpp"
#include "places.hpp"
#include "resources.hpp"
#include "turn.hpp"

namespace soak {

namespace {

using Seconds = std::chrono::duration<double>;

/// What queues of this host have dropped between a device and the sockets, of all programs
/// together.
std::uint64_t dropped_by_host() {
  std::ifstream file("/proc/net/softnet_stat");
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t second = line.find(' ') + 1;  // "processed dropped …", in hexadecimal
    sum += std::stoull(line.substr(second), nullptr, 16);
  }
  return sum;
}

/// Tells how far it is: on a terminal in one line, elsewhere now and then.
class Progress {
 public:
  void say(const std::string& text) {
    const auto now = Clock::now();
    if (is_terminal_)
      std::cout << "\r\033[K" << text << std::flush;
    else if (now - said_at_ >= std::chrono::seconds(10))
      std::cout << text << std::endl;
    else
      return;
    said_at_ = now;
  }
  void end() const {
    if (is_terminal_) std::cout << "\r\033[K";
  }

 private:
  bool is_terminal_ = ::isatty(1) == 1;
  Clock::time_point said_at_ = Clock::now();
};

class Soak {
 public:
  explicit Soak(Clock::duration length)
      : end_(Clock::now() + length),
        // A dozen rounds where there is time for them, and turns of four seconds at most.
        turn_(std::clamp(length / 60,
                         Clock::duration(std::chrono::milliseconds(150)),
                         Clock::duration(std::chrono::seconds(4)))),
        tally_(Tally::make(folder_ / "tally")),
        here_(folder_ / ".") {
    places_.push_back(core_place());
    places_.push_back(shards_place());
    places_.push_back(node_place());
    places_.push_back(cluster_place({"worker", tally_.path()}));
    places_.push_back(handover_place());
  }

  /// True when all went well.
  bool run() {
    while (!is_told_to_end && (rounds_ < Resources::least_samples || Clock::now() < end_)) {
      for (const std::unique_ptr<Place>& place : places_)
        if (!is_told_to_end) take_turn(*place);
      if (is_told_to_end) break;
      std::uint64_t pooled = 0;
      for (const std::unique_ptr<Place>& place : places_) pooled += place->pooled_bytes();
      resources_.sample(pooled);
      ++rounds_;
    }
    progress_.end();
    if (!is_told_to_end) ledger_.close();
    ledger_.print(std::cout);
    resources_.print(std::cout);
    return ledger_.is_balanced() && resources_.are_flat();
  }

  unsigned rounds() const noexcept { return rounds_; }

 private:
  void take_turn(Place& place) {
    const std::uint64_t dropped_before = dropped_by_host();
    tally_.begin(++turns_);
    const auto now = Clock::now();
    Turn turn{tally_, here_, rounds_, turn_};
    try {
      place.take(turn);
    } catch (const std::exception& error) {
      turn.fault(error.what());
    }
    Account& account = turn.account;
    account.received = tally_.received();
    account.doubled = tally_.doubled();
    account.strange = tally_.strange();
    account.may_be_in_backlog = dropped_by_host() - dropped_before;
    const std::string when = "round " + std::to_string(rounds_ + 1);
    ledger_.add(place.name(), account, when);
    for (const std::string& fault : turn.faults)
      ledger_.fault(std::string(place.name()) + ", " + when + ": " + fault);
    const double seconds = Seconds(Clock::now() - now).count();
    progress_.say("   " + when + ", " + std::string(place.name()) + ": " +
                  std::to_string(account.accepted) + " sent in " +
                  std::to_string(seconds).substr(0, 4) + " s, " +
                  std::to_string(account.kernel_drops) + " dropped by the kernel");
  }

  test::Folder folder_;
  Clock::time_point end_;
  Clock::duration turn_;
  Tally tally_;
  std::string here_;
  std::vector<std::unique_ptr<Place>> places_;
  Ledger ledger_;
  Resources resources_;
  Progress progress_;
  unsigned rounds_ = 0;
  std::uint32_t turns_ = 0;
};

/// The first SIGINT ends the turn; a second one the process.
void listen_to_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { is_told_to_end = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int run_soak(std::chrono::seconds length) {
  listen_to_signals();
  Soak soak(length);
  const auto began = Clock::now();
  const bool is_good = soak.run();
  std::cout << (is_good ? "OK: " : "FAILED: ") << soak.rounds() << " rounds in "
            << static_cast<int>(Seconds(Clock::now() - began).count()) << " s"
            << (is_good ? ", every datagram is in an account" : "")
            << (is_good && soak.rounds() >= Resources::least_samples ? ", and nothing grows" : "")
            << std::endl;
  return is_good ? 0 : 1;
}

int run(const std::vector<std::string>& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "--seconds" && arguments.size() == 2) {
    int seconds = 0;
    const std::string& text = arguments[1];
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed == std::errc() && end == text.data() + text.size() && seconds > 0)
      return run_soak(std::chrono::seconds(seconds));
  }
  // The processes that this program starts. Ctrl-C is the first one's, which ends them.
  std::signal(SIGINT, SIG_IGN);
  if (what == "worker" && arguments.size() == 2) return run_worker(arguments[1]);
  if (what == "service" && arguments.size() == 3) return run_service(arguments[1], arguments[2]);
  if (what == "hanging-successor" && arguments.size() == 2)
    return run_hanging_successor(arguments[1]);
  std::cerr << "usage: soak --seconds <1 or more>\n";
  return 2;
}

}  // namespace

}  // namespace soak

int main(int argc, char** argv) {
  try {
    return soak::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "soak: " << error.what() << '\n';
    return 1;
  }
}
