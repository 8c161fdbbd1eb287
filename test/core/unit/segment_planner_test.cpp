// The segment planner against a kernel that is played by hand: every byte leaves once, in order, in
// datagrams of one size.
#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <core/planning/send_planner.hpp>
#include <dgram/error.hpp>
#include <support/catch2.hpp>
#include <support/os.hpp>
#include <vector>

namespace unit_segment_planner_test {

using dgram::Endpoint;
using dgram::SendItem;
using dgram::detail::OffloadRefusals;
using dgram::detail::RunRefusal;
using dgram::detail::RunRules;
using dgram::detail::Runs;
using dgram::detail::SegmentPlanner;
using dgram::detail::SendProgress;
using test::os;

namespace {

const Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
const std::initializer_list<int> reasons = {EIO, EINVAL, EMSGSIZE};

/// Takes datagrams and runs, notes where each datagram began, and refuses the n-th item.
struct Kernel {
  explicit Kernel(std::size_t whole) : bytes(whole, 'x') {}

  std::error_code send(std::span<const SendItem> items, std::size_t& count) {
    faults += items.empty();
    for (count = 0; count < items.size(); ++count) {
      const SendItem& item = items[count];
      const std::size_t segment = item.segment_size;
      faults += item.buffers.size() != 1 || item.to != &to || item.options;
      faults += segment != 0 &&
                (item.datagrams() < 2 || item.datagrams() > dgram::max_run || item.bytes() > 65507);
      const std::size_t nth = sent_items++;
      if (nth == block_at) return asio::error::would_block;
      if (nth == fail_at) {
        if (segment != 0) ++refused;
        return why;
      }
      if (segment != 0 && refuses) {
        ++refused;
        return why;
      }
      const asio::const_buffer& piece = item.buffers.front();
      const char* const data = static_cast<const char*>(piece.data());
      // A piece of nothing may begin anywhere.
      std::size_t at = piece.size() == 0 ? next : static_cast<std::size_t>(data - bytes.data());
      std::size_t left = piece.size();
      do {
        const std::size_t size = segment == 0 ? left : std::min(left, segment);
        faults += at != next;
        sizes.push_back(size);
        in_runs += segment != 0;
        at += size;
        left -= size;
        next = at;
      } while (left != 0);
    }
    return {};
  }

  /// As SendSegmentsRequest does; a new planner after each wait.
  std::error_code run(std::size_t segment, Runs runs = Runs::any) {
    SendProgress progress;
    for (int waits = 0; waits < 10; ++waits) {
      SegmentPlanner planner(asio::buffer(bytes),
                             segment,
                             &to,
                             nullptr,
                             progress,
                             RunRules{runs},
                             remembers ? &refusals : nullptr);
      for (;;) {
        std::size_t sent = 0;
        std::error_code ec = send(planner.plan({}), sent);
        const std::optional<RunRefusal> proof = planner.settle(sent, ec);
        if (proof) {
          ++proofs;
          faults += proof->to != &to || proof->segment_size != segment || proof->why != why;
          refusals.add(*proof, {});
        }
        faults += progress.next != next;
        if (dgram::detail::is_would_block(ec)) break;
        if (ec) return ec;
        if (sent != 0 && progress.next == bytes.size()) return {};
      }
    }
    return asio::error::would_block;
  }
  /// What is wrong with datagrams of that size that are the whole.
  std::size_t wrong(std::size_t segment) const {
    std::size_t count = faults;
    std::size_t left = bytes.size();
    for (const std::size_t size : sizes) {
      count += size != std::min(segment, left);
      left -= size;
    }
    const std::size_t expected = bytes.empty() ? 1 : (bytes.size() + segment - 1) / segment;
    return count + left + (sizes.size() != expected);
  }

  std::string bytes;
  std::size_t fail_at = ~std::size_t{0};
  std::size_t block_at = ~std::size_t{0};
  bool refuses = false;  // every run
  bool remembers = true;
  std::error_code why;
  OffloadRefusals refusals;
  std::vector<std::size_t> sizes;
  std::size_t next = 0;
  std::size_t in_runs = 0;
  std::size_t refused = 0;
  std::size_t proofs = 0;
  std::size_t sent_items = 0;
  std::size_t faults = 0;
};

}  // namespace

TEST_CASE("a payload is cut into datagrams of one size, the last one shorter", "[unit][segments]") {
  std::size_t wrong = 0;
  for (const Runs runs : {Runs::none, Runs::uneven, Runs::any}) {
    for (const std::size_t segment : {1u, 2u, 99u, 1023u, 1024u, 32753u, 32754u, 65507u}) {
      for (const std::size_t n : {0u, 1u, 2u, 3u, 31u, 32u, 33u, 63u, 64u, 65u, 129u}) {
        if (n * segment > 3'000'000) continue;
        for (const std::size_t whole : {n * segment, n * segment + 1, n * segment + segment - 1}) {
          Kernel kernel(whole);
          wrong += static_cast<bool>(kernel.run(segment, runs));
          wrong += kernel.wrong(segment);
          if (runs == Runs::none) wrong += kernel.in_runs != 0;
          wrong += kernel.proofs;
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("where equal runs may not arrive, only the end of a payload is a run, when it is shorter",
          "[unit][segments]") {
  const auto in_runs = [](std::size_t whole) {
    Kernel kernel(whole);
    CHECK(!kernel.run(100, Runs::uneven));
    CHECK(kernel.wrong(100) == 0);
    return kernel.in_runs;
  };
  CHECK(in_runs(200) == 0);
  CHECK(in_runs(199) == 2);
  CHECK(in_runs(6400) == 0);
  CHECK(in_runs(6399) == 64);
  CHECK(in_runs(64000) == 0);
  // 640 datagrams, of which 32 leave in each call until the rest is short enough for a run.
  CHECK(in_runs(63999) == 64);
  CHECK(in_runs(6401) == 33);
}

TEST_CASE("a run of segments is 64 datagrams and 65,507 bytes at most, and two at least",
          "[unit][segments]") {
  const auto runs_of = [](std::size_t whole, std::size_t segment) {
    Kernel kernel(whole);
    CHECK(!kernel.run(segment));
    return kernel.in_runs;
  };
  CHECK(runs_of(100, 100) == 0);
  CHECK(runs_of(101, 100) == 2);
  CHECK(runs_of(6400, 100) == 64);
  CHECK(runs_of(6401, 100) == 64);  // and one alone
  CHECK(runs_of(6501, 100) == 66);
  CHECK(runs_of(4 * 32753, 32753) == 4);
  CHECK(runs_of(4 * 32754, 32754) == 0);
  CHECK(runs_of(65508, 65507) == 0);
}

TEST_CASE("an empty payload is one empty datagram, and no run", "[unit][segments]") {
  Kernel kernel(0);
  CHECK(!kernel.run(100));
  CHECK(kernel.sizes == std::vector<std::size_t>{0});
  CHECK(kernel.in_runs == 0);
}

TEST_CASE("a run of segments that is refused, at any place, goes out one by one, and that is proof",
          "[unit][segments]") {
  std::size_t wrong = 0;
  for (const int reason : reasons) {
    for (const bool remembers : {true, false}) {
      for (std::size_t at = 0; at < 5; ++at) {
        Kernel kernel(64 * 5 * 10 - 3);
        kernel.why = os(reason);
        kernel.fail_at = at;
        kernel.remembers = remembers;
        wrong += static_cast<bool>(kernel.run(10));
        wrong += kernel.wrong(10) + (kernel.refused != 1) + (kernel.proofs != 1);
        wrong += kernel.in_runs != (remembers ? at : 4) * 64;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("where every run of segments is refused, every datagram goes alone", "[unit][segments]") {
  for (const int reason : reasons) {
    Kernel kernel(10000);
    kernel.why = os(reason);
    kernel.refuses = true;
    CHECK(!kernel.run(10));
    CHECK(kernel.wrong(10) == 0);
    CHECK(kernel.refused == 1);
    CHECK(kernel.proofs == 1);
    CHECK(kernel.in_runs == 0);
  }
}

TEST_CASE("a segment that is refused alone is the error, and no proof", "[unit][segments]") {
  Kernel kernel(1000);
  kernel.why = os(EMSGSIZE);
  SendProgress progress;
  SegmentPlanner planner(
      asio::buffer(kernel.bytes), 100, &to, nullptr, progress, RunRules{Runs::any}, nullptr);
  REQUIRE(planner.plan({}).front().segment_size == 100);
  std::error_code ec = os(EMSGSIZE);
  CHECK(!planner.settle(0, ec));
  CHECK(!ec);
  REQUIRE(planner.plan({}).front().segment_size == 0);
  ec = os(EMSGSIZE);
  CHECK(!planner.settle(0, ec));
  CHECK(ec == os(EMSGSIZE));
  CHECK(progress.next == 0);
}

TEST_CASE("an error that no run can have is the error of the whole", "[unit][segments]") {
  Kernel kernel(1000);
  kernel.why = os(ENETUNREACH);
  kernel.refuses = true;
  CHECK(kernel.run(10) == os(ENETUNREACH));
  CHECK(kernel.proofs == 0);
  CHECK(kernel.sizes.empty());
}

TEST_CASE("would_block between segments is followed by the rest", "[unit][segments]") {
  std::size_t wrong = 0;
  for (const Runs runs : {Runs::none, Runs::any}) {
    for (const bool refuses : {false, true}) {
      for (std::size_t at = 0; at < 200; ++at) {
        Kernel kernel(2000 - 5);
        kernel.why = os(EIO);
        kernel.refuses = refuses;
        kernel.block_at = at;
        wrong += static_cast<bool>(kernel.run(10, runs));
        wrong += kernel.wrong(10);
        wrong += kernel.proofs != (runs == Runs::any && refuses);
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace unit_segment_planner_test
