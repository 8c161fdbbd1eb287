// The send planner where datagrams may leave in runs: which of them do, and that each has exactly
// its own result when a run is refused.
#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <core/planning/send_planner.hpp>
#include <dgram/error.hpp>
#include <random>
#include <support/catch2.hpp>
#include <support/os.hpp>
#include <vector>

#include "played_runs.hpp"

namespace unit_send_runs_test {

using dgram::Endpoint;
using dgram::Outgoing;
using dgram::Segmentation;
using dgram::SendItem;
using dgram::detail::DestinationSegmentation;
using dgram::detail::run_rules;
using dgram::detail::Runs;
using dgram::detail::SendPlanner;
using dgram::detail::SendProgress;
using dgram::detail::SendRules;
using test::os;
using test::PlayedRuns;

namespace {

using Counts = std::vector<std::size_t>;

const Endpoint first_host = dgram::make_endpoint("127.0.0.1", 9);
const Endpoint second_host = dgram::make_endpoint("127.0.0.2", 9);
const std::initializer_list<int> reasons = {EIO, EINVAL, EMSGSIZE};

/// Datagrams in each item of the first call.
Counts planned(const PlayedRuns& kernel, SendProgress progress = {}) {
  std::vector<Outgoing> batch = kernel.batch;
  SendPlanner planner(batch, progress, kernel.rules, kernel.runs, &kernel.refusals);
  Counts counts;
  for (const SendItem& item : planner.plan({})) {
    counts.push_back(item.datagrams());
    CHECK((item.segment_size == 0) == (item.buffers.size() == 1));
  }
  return counts;
}

Counts planned_sizes(const std::vector<std::size_t>& sizes) {
  PlayedRuns kernel(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) kernel.resize(i, sizes[i]);
  return planned(kernel);
}

}  // namespace

TEST_CASE("neighbours of one size are a run, of which the last may be shorter but not empty",
          "[unit][runs]") {
  CHECK(planned_sizes({100}) == Counts{1});
  CHECK(planned_sizes({100, 100}) == Counts{2});
  CHECK(planned_sizes({100, 100, 100}) == Counts{3});
  CHECK(planned_sizes({100, 100, 50}) == Counts{3});
  CHECK(planned_sizes({100, 50}) == Counts{2});
  CHECK(planned_sizes({100, 50, 50}) == Counts{2, 1});
  CHECK(planned_sizes({100, 50, 100, 100}) == Counts{2, 2});
  CHECK(planned_sizes({50, 100}) == Counts{1, 1});
  CHECK(planned_sizes({50, 100, 100}) == Counts{1, 2});
  CHECK(planned_sizes({1, 1, 1}) == Counts{3});
}

TEST_CASE("an empty datagram is in no run", "[unit][runs]") {
  CHECK(planned_sizes({0, 0, 0}) == Counts{1, 1, 1});
  CHECK(planned_sizes({100, 100, 0, 100, 100}) == Counts{2, 1, 2});
  CHECK(planned_sizes({0, 100, 100, 0}) == Counts{1, 2, 1});
}

TEST_CASE("a run is 64 datagrams at most", "[unit][runs]") {
  CHECK(planned(PlayedRuns(64)) == Counts{64});
  CHECK(planned(PlayedRuns(65)) == Counts{64, 1});
  CHECK(planned(PlayedRuns(66)) == Counts{64, 2});
  CHECK(planned(PlayedRuns(130)) == Counts{64, 64, 2});
}

TEST_CASE("a run is 65,507 bytes at most", "[unit][runs]") {
  CHECK(planned_sizes({65507}) == Counts{1});
  CHECK(planned_sizes({65506, 1}) == Counts{2});
  CHECK(planned_sizes({65507, 1}) == Counts{1, 1});
  CHECK(planned_sizes({32753, 32753, 32753}) == Counts{2, 1});
  CHECK(planned_sizes({32754, 32753}) == Counts{2});
  CHECK(planned_sizes({32754, 32754}) == Counts{1, 1});
  CHECK(planned_sizes({21835, 21835, 21835, 21835}) == Counts{3, 1});
}

TEST_CASE("a datagram that may not be sent parts two runs", "[unit][runs]") {
  PlayedRuns kernel(7);
  kernel.batch[3].to = dgram::make_endpoint("127.0.0.1", 0);
  CHECK(planned(kernel) == Counts{3, 3});
  kernel.run();
  CHECK(kernel.wrong() == 0);
  CHECK(kernel.rejected == 1);
}

TEST_CASE("a run has one receiver", "[unit][runs]") {
  PlayedRuns kernel(7);
  for (const std::size_t i : {2u, 3u, 5u}) kernel.batch[i].to = second_host;
  CHECK(planned(kernel) == Counts{2, 2, 1, 1, 1});
  for (Outgoing& one : kernel.batch) one.to = first_host;
  kernel.batch[3].to = dgram::make_endpoint("127.0.0.1", 10);  // another port
  CHECK(planned(kernel) == Counts{3, 1, 3});
}

TEST_CASE("the same address in two zones is two receivers", "[unit][runs]") {
  PlayedRuns kernel(4);
  kernel.rules.family = dgram::Family::ipv6;
  for (std::size_t i = 0; i < 4; ++i)
    kernel.batch[i].to = Endpoint(asio::ip::make_address(i < 2 ? "fe80::1%1" : "fe80::1%2"), 9);
  CHECK(planned(kernel) == Counts{2, 2});
}

TEST_CASE("a run has one set of options", "[unit][runs]") {
  PlayedRuns kernel(8);
  for (std::size_t i = 0; i < 8; ++i)
    kernel.batch[i].options.ecn = i < 4 ? dgram::Ecn::ect0 : dgram::Ecn::ce;
  CHECK(planned(kernel) == Counts{4, 4});
  kernel.batch[1].options.dscp = 0;  // said, which is not the same as not said
  CHECK(planned(kernel) == Counts{1, 1, 2, 4});
  kernel.run();
  CHECK(kernel.wrong() == 0);
}

TEST_CASE("a run to the connected peer has no address, and is none with its address",
          "[unit][runs]") {
  PlayedRuns kernel(6);
  kernel.rules.connected = true;
  for (std::size_t i = 0; i < 3; ++i) kernel.batch[i].to = Endpoint();
  CHECK(planned(kernel) == Counts{3, 3});
  kernel.run();
  CHECK(kernel.wrong() == 0);
  CHECK(kernel.datagrams_in_runs() == 6);
}

TEST_CASE("without runs, or where they are refused, each datagram goes alone", "[unit][runs]") {
  PlayedRuns kernel(5);
  kernel.refusals.add({&first_host, 100, os(EIO)}, {});
  CHECK(planned(kernel) == Counts{1, 1, 1, 1, 1});
  for (const std::size_t i : {3u, 4u}) kernel.batch[i].to = second_host;
  CHECK(planned(kernel) == Counts{1, 1, 1, 2});
  PlayedRuns without(5);
  without.runs = {};
  CHECK(planned(without) == Counts{1, 1, 1, 1, 1});
}

TEST_CASE("where equal runs may not arrive, a run ends with a shorter one, and others go alone",
          "[unit][runs]") {
  const auto uneven = [](const std::vector<std::size_t>& sizes) {
    PlayedRuns kernel(sizes.size());
    kernel.runs.of_socket = Runs::uneven;
    for (std::size_t i = 0; i < sizes.size(); ++i) kernel.resize(i, sizes[i]);
    return planned(kernel);
  };
  CHECK(uneven({100}) == Counts{1});
  CHECK(uneven({100, 100}) == Counts{1, 1});
  CHECK(uneven({100, 100, 100}) == Counts{1, 1, 1});
  CHECK(uneven({100, 99}) == Counts{2});
  CHECK(uneven({100, 100, 1}) == Counts{3});
  CHECK(uneven({100, 100, 50, 100, 100}) == Counts{3, 1, 1});
  CHECK(uneven({100, 100, 200, 200, 50}) == Counts{1, 1, 3});
  CHECK(uneven({100, 100, 0}) == Counts{1, 1, 1});
  CHECK(uneven({0, 100, 50}) == Counts{1, 2});
}

TEST_CASE("where equal runs may not arrive, long batches leave once each and in order",
          "[unit][runs]") {
  std::size_t wrong = 0;
  for (std::size_t n = 1; n <= 300; ++n) {
    for (const std::size_t period : {2u, 3u, 63u, 64u, 65u, 66u, 100u, 1000u}) {
      PlayedRuns kernel(n);
      kernel.runs.of_socket = Runs::uneven;
      for (std::size_t i = period - 1; i < n; i += period) kernel.resize(i, 50);
      kernel.run();
      wrong += kernel.wrong();
      // A stretch without a shorter one in reach goes alone: here the first 64, or what is left.
      const std::size_t stretch = period <= 64 ? period : period - 64;
      const std::size_t full = stretch > 1 ? n / period * stretch : 0;
      wrong += kernel.datagrams_in_runs() != full;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("what a destination has goes before what its socket has, in one batch", "[unit][runs]") {
  PlayedRuns kernel(6);
  for (const std::size_t i : {3u, 4u, 5u}) kernel.batch[i].to = second_host;
  DestinationSegmentation destinations;
  const auto planned_with = [&](Segmentation first, Segmentation second, Segmentation socket) {
    destinations.set(first_host.address(), first);
    destinations.set(second_host.address(), second);
    kernel.runs = run_rules(socket, Segmentation::automatic, true, true, &destinations);
    return planned(kernel);
  };
  using enum Segmentation;
  CHECK(planned_with(automatic, automatic, automatic) == Counts{3, 3});
  CHECK(planned_with(off, automatic, automatic) == Counts{1, 1, 1, 3});
  CHECK(planned_with(automatic, on, off) == Counts{1, 1, 1, 3});
  CHECK(planned_with(on, off, off) == Counts{3, 1, 1, 1});
}

TEST_CASE("a batch to one peer needs no more calls than its runs, and leaves in runs alone",
          "[unit][runs]") {
  for (std::size_t n = 2; n <= 1000; ++n) {
    PlayedRuns kernel(n);
    kernel.run();
    REQUIRE(kernel.wrong() == 0);
    REQUIRE(kernel.calls ==
            (n + SendPlanner::max_pieces_of_runs - 1) / SendPlanner::max_pieces_of_runs);
    REQUIRE(kernel.datagrams_in_runs() == n - (n % 64 == 1));
    REQUIRE(kernel.proofs == 0);
  }
}

TEST_CASE("a run that is refused, at any place, goes out one by one, and that is proof",
          "[unit][runs]") {
  std::size_t wrong = 0;
  for (const int reason : reasons) {
    for (const bool remembers : {true, false}) {
      for (std::size_t n = 2; n <= 200; n += n < 70 || n > 125 ? 1 : 5) {
        for (std::size_t at = 0; at < n; ++at) {
          PlayedRuns kernel(n);
          kernel.remembers = remembers;
          kernel.run_refusals[at] = os(reason);
          kernel.run();
          const bool was_run = n % 64 != 1 || at + 1 != n;
          wrong += kernel.wrong();
          wrong += kernel.refused != was_run || kernel.proofs != was_run;
          // The rest of the batch keeps its runs where that is not remembered.
          if (!remembers) {
            const std::size_t run = was_run ? std::min<std::size_t>(64, n - at / 64 * 64) : 0;
            wrong += kernel.datagrams_in_runs() != n - (n % 64 == 1) - run;
          }
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("where every run is refused, every datagram goes alone", "[unit][runs]") {
  for (const int reason : reasons) {
    for (std::size_t n = 1; n <= 300; ++n) {
      PlayedRuns kernel(n);
      kernel.refused_runs[first_host] = os(reason);
      kernel.run();
      REQUIRE(kernel.wrong() == 0);
      REQUIRE(kernel.refused == (n > 1));  // after the first one it is known
      REQUIRE(kernel.proofs == (n > 1));
      REQUIRE(kernel.datagrams_in_runs() == 0);
    }
  }
}

TEST_CASE("others keep their runs where one receiver has none", "[unit][runs]") {
  PlayedRuns kernel(40);
  for (std::size_t i = 0; i < 40; ++i) kernel.batch[i].to = i / 5 % 2 ? second_host : first_host;
  kernel.refused_runs[first_host] = os(EIO);
  kernel.run();
  CHECK(kernel.wrong() == 0);
  for (std::size_t i = 0; i < 40; ++i) CHECK((kernel.in_runs[i] != 0) == (i / 5 % 2 == 1));
}

TEST_CASE("a run whose datagrams are refused as well was no refusal of the run", "[unit][runs]") {
  for (const int reason : reasons) {
    INFO(reason);
    PlayedRuns kernel(70);
    kernel.errors[first_host] = {0, os(reason)};
    kernel.run();
    CHECK(kernel.wrong() == 0);
    CHECK(kernel.proofs == 0);
    CHECK(kernel.accepted == 0);
    CHECK(kernel.refusals.allow(&first_host, 100, {}));
  }
}

TEST_CASE("of a run with larger datagrams than the path takes the short last one passes",
          "[unit][runs]") {
  PlayedRuns kernel(10, 1400);
  kernel.resize(9, 500);
  kernel.errors[first_host] = {1400, os(EMSGSIZE)};
  kernel.run();
  CHECK(kernel.wrong() == 0);
  CHECK(kernel.accepted == 1);
  CHECK(kernel.proofs == 0);  // the first one did not pass
}

TEST_CASE("an error that no run can have is that of each of its datagrams, in one call",
          "[unit][runs]") {
  PlayedRuns kernel(60);
  for (std::size_t i = 20; i < 40; ++i) kernel.batch[i].to = second_host;
  kernel.errors[second_host] = {0, os(ENETUNREACH)};
  kernel.run();
  CHECK(kernel.wrong() == 0);
  CHECK(kernel.calls == 2);
  CHECK(kernel.refused == 0);
}

TEST_CASE("an error of the connected peer is that of one datagram of a run", "[unit][runs]") {
  for (std::size_t n = 1; n <= 130; ++n) {
    PlayedRuns kernel(n);
    kernel.rules.connected = true;
    for (Outgoing& one : kernel.batch) one.to = Endpoint();
    kernel.peer_error = asio::error::connection_refused;
    kernel.run();
    REQUIRE(kernel.peer_errors == 1);
    REQUIRE(kernel.wrong() == 0);
    REQUIRE(kernel.accepted == n - 1);
    REQUIRE(kernel.batch[0].result == asio::error::connection_refused);
  }
}

TEST_CASE("would_block at any place of any run is followed by the rest", "[unit][runs]") {
  std::size_t wrong = 0;
  for (const bool refused : {false, true}) {
    for (std::size_t n = 1; n <= 150; n += n < 66 ? 1 : 7) {
      for (std::size_t at = 0; at < n; ++at) {
        PlayedRuns kernel(n);
        kernel.blocks[at] = 2;
        kernel.short_here[n / 2] = true;
        if (refused) kernel.refused_runs[first_host] = os(EINVAL);
        kernel.run();
        wrong += kernel.wrong();
        wrong += kernel.proofs != (refused && n > 1);
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("what was not attempted of a run says operation_aborted", "[unit][runs]") {
  PlayedRuns kernel(300);
  for (Outgoing& one : kernel.batch) one.result = {};  // of an earlier use
  SendProgress progress;
  SendPlanner planner(kernel.batch, progress, kernel.rules, kernel.runs, nullptr);
  REQUIRE(planner.plan({}).size() == 4);
  planner.settle(1, asio::error::would_block);
  CHECK(progress.next == 64);
  // What the planner has not looked at is as its owner left it.
  for (std::size_t i = 0; i < 256; ++i)
    REQUIRE(kernel.batch[i].result ==
            (i < 64 ? std::error_code() : std::error_code(asio::error::operation_aborted)));
}

TEST_CASE("a datagram that was refused in a run says operation_aborted until it is sent alone",
          "[unit][runs]") {
  PlayedRuns kernel(10);
  SendProgress progress;
  SendPlanner planner(kernel.batch, progress, kernel.rules, kernel.runs, nullptr);
  REQUIRE(planner.plan({}).size() == 1);
  CHECK(!planner.settle(0, os(EIO)));
  CHECK(progress.next == 0);
  for (const Outgoing& one : kernel.batch) REQUIRE(one.result == asio::error::operation_aborted);
  CHECK(planner.plan({}).size() == 10);
  CHECK(!planner.settle(0, asio::error::would_block));  // proves nothing yet
  CHECK(planner.plan({}).size() == 10);
  CHECK(planner.settle(1, asio::error::would_block));
  CHECK(planner.plan({}).size() == 9);
  CHECK(!planner.settle(9, {}));  // given once
}

TEST_CASE("any mixture of runs and incidents leaves every datagram with exactly its own result",
          "[unit][runs]") {
  std::mt19937 random(20240611);
  const std::vector<Endpoint> hosts = {
      first_host, second_host, dgram::make_endpoint("127.0.0.3", 9), Endpoint()};
  const std::vector<std::size_t> sizes = {0, 1, 100, 100, 100, 100, 60, 1400, 20000};
  std::size_t wrong = 0;
  std::size_t runs = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 4000; ++round) {
    PlayedRuns kernel(1 + random() % 300);
    kernel.rules.connected = round % 3 == 0;
    kernel.remembers = round % 5 != 0;
    if (round % 4 == 0) kernel.runs.of_socket = Runs::uneven;
    Endpoint to = first_host;
    std::size_t size = 100;
    for (std::size_t i = 0; i < kernel.batch.size(); ++i) {
      if (random() % 12 == 0) to = hosts[random() % hosts.size()];
      if (random() % 12 == 0) size = sizes[random() % sizes.size()];
      kernel.batch[i].to = to;
      kernel.resize(i, size);
      if (random() % 20 == 0) kernel.batch[i].options.dscp = 1 + static_cast<int>(random() % 2);
      if (random() % 20 == 0) kernel.blocks[i] = 1 + static_cast<int>(random() % 2);
      if (random() % 20 == 0) kernel.short_here[i] = true;
      if (random() % 10 == 0) kernel.run_refusals[i] = os(std::data(reasons)[random() % 3]);
    }
    if (random() % 3 == 0) kernel.refused_runs[second_host] = os(EIO);
    if (random() % 3 == 0) kernel.errors[hosts[2]] = {random() % 2000, os(EMSGSIZE)};
    if (random() % 3 == 0) kernel.errors[hosts[2]] = {0, os(EHOSTUNREACH)};
    if (random() % 2 == 0) kernel.peer_error = asio::error::connection_refused;
    kernel.run();
    wrong += kernel.wrong();
    runs += kernel.datagrams_in_runs();
    refused += kernel.refused;
  }
  CHECK(wrong == 0);
  CHECK(runs > 10000);
  CHECK(refused > 1000);
}

}  // namespace unit_send_runs_test
