// Sockets that come and go, in every state and in every way: nothing leaks, nothing comes behind
// close, and each callback is called once.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <thread>

#include "churn.hpp"
#include "failures.hpp"
#include "support/catch2.hpp"
#include "support/descriptors.hpp"

namespace node_churn_test {

namespace {

using test::all_states;
using test::Round;
using test::State;
using test::Subject;
using test::Way;
using Texts = std::vector<std::string>;

constexpr std::size_t sockets_per_round = 1000;
#ifdef CHURN_ROUNDS
constexpr std::size_t rounds = CHURN_ROUNDS;
#else
constexpr std::size_t rounds = 100;
#endif
constexpr std::array ways_to_close = {
    Way::close, Way::twice, Way::stop, Way::stop_elsewhere, Way::dispose};
constexpr std::array all_ways = {
    Way::close, Way::twice, Way::stop, Way::stop_elsewhere, Way::dispose, Way::never};

/// Descriptors for all sockets of a round.
void allow_descriptors() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur =
      std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2 * sockets_per_round));
  REQUIRE(limit.rlim_cur > sockets_per_round + 50);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/// Brings the sockets of a round into their states, from the nth on. Every other one is unref'ed.
std::vector<std::unique_ptr<Subject>> start(Round& round,
                                            std::size_t count,
                                            std::size_t first,
                                            std::span<const Way> ways) {
  const std::vector<State>& states = all_states();
  std::vector<std::unique_ptr<Subject>> subjects;
  for (std::size_t n = first; subjects.size() < count; ++n) {
    const Way way = ways[n / states.size() % ways.size()];
    subjects.push_back(std::make_unique<Subject>(round, way));
    if (n % 2 != 0) subjects.back()->socket().unref();
    states[n % states.size()].enter(*subjects.back());
  }
  return subjects;
}

/// Runs until everything is closed, with stops from another thread meanwhile.
Texts run(Round& round, const std::vector<std::unique_ptr<Subject>>& subjects) {
  std::thread elsewhere([&round] {
    for (std::stop_source& stop : round.stopped_elsewhere) stop.request_stop();
  });
  Texts uncaught = test::run_through(round.io);
  elsewhere.join();
  for (const auto& subject : subjects)
    if (!subject->is_closed()) subject->socket().ref();
  const Texts more = test::run_through(round.io);
  uncaught.insert(uncaught.end(), more.begin(), more.end());
  return uncaught;
}

}  // namespace

TEST_CASE("sockets that are closed in every state and in every way leave nothing behind",
          "[node][churn]") {
  allow_descriptors();
  const auto descriptors = test::open_descriptors();
  Texts faults;
  {
    asio::io_context io;
    for (std::size_t n = 0; n < rounds; ++n) {
      Round round{io};
      {
        const auto subjects = start(round, sockets_per_round, n, ways_to_close);
        for (const std::string& uncaught : run(round, subjects))
          if (uncaught != "Not running") faults.push_back(uncaught);  // a second close that waited
        for (std::size_t i = 0; i < subjects.size(); ++i) {
          const State& state = all_states()[(n + i) % all_states().size()];
          std::string fault = subjects[i]->fault();
          if (!fault.empty())
            faults.push_back(fault.append(", of one that was ").append(state.name));
        }
      }
      round.unanswered.clear();
      if (round.held.use_count() != 1) faults.emplace_back("something is held");
      if (faults.size() > 10) break;
    }
  }
  CHECK(faults == Texts{});
  CHECK(test::open_descriptors() == descriptors);
}

TEST_CASE("a context that ends with everything pending takes everything along, and calls nobody",
          "[node][churn]") {
  const auto descriptors = test::open_descriptors();
  const std::size_t sockets = all_states().size() * all_ways.size();
  for (std::size_t n = 0; n < 50; ++n) {
    std::optional<asio::io_context> io(std::in_place);
    Round round{*io};
    const auto subjects = start(round, sockets, n, all_ways);
    // A second close that waited says "Not running".
    for (std::size_t turns = 0; turns < 4 * n; ++turns) test::code_of([&] { io->poll_one(); });
    std::size_t calls = 0;
    for (const auto& subject : subjects) {
      calls += subject->calls();
      subject->drop_handle();
    }
    round.unanswered.clear();
    io.reset();
    for (const auto& subject : subjects) calls -= subject->calls();
    CHECK(calls == 0);
    CHECK(round.held.use_count() == 1);
  }
  CHECK(test::open_descriptors() == descriptors);
}

}  // namespace node_churn_test
