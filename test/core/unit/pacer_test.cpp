// When a paced socket may send what.
#include <algorithm>
#include <core/planning/pacer.hpp>
#include <random>
#include <support/catch2.hpp>
#include <vector>

namespace unit_pacer_test {

using namespace std::chrono_literals;
using dgram::TimePoint;
using dgram::detail::max_pacing_burst;
using dgram::detail::max_pacing_rate;
using dgram::detail::Pacer;

namespace {

const TimePoint start = TimePoint() + 1000h;

/// What has left when.
struct Departure {
  TimePoint at;
  std::size_t bytes;
};

/// The most bytes by which anything that left within any interval exceeds rate and burst.
double excess(const std::vector<Departure>& all, double rate, double burst) {
  double worst = 0;
  for (std::size_t first = 0; first < all.size(); ++first) {
    double bytes = 0;
    for (std::size_t last = first; last < all.size(); ++last) {
      bytes += static_cast<double>(all[last].bytes);
      const std::chrono::duration<double> time = all[last].at - all[first].at;
      worst = std::max(worst, bytes - burst - rate * time.count());
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("a burst may leave at once, and then as much as the rate brings", "[unit][pacing]") {
  Pacer pacer(1'000'000, 3000, start);
  CHECK(pacer.admits(3000, start));
  pacer.sent(1000, start);
  CHECK(pacer.admits(2000, start));
  CHECK(!pacer.admits(2001, start));
  pacer.sent(2000, start);
  CHECK(!pacer.admits(1, start));
  CHECK(pacer.admits(1, start + 1us));
  CHECK(!pacer.admits(2, start + 1us));
  CHECK(!pacer.admits(3000, start + 2999us));
  CHECK(pacer.admits(3000, start + 3000us));
}

TEST_CASE("a part of a nanosecond is waited for as a whole one", "[unit][pacing]") {
  Pacer pacer(700'000'000, 1000, start);
  pacer.sent(1000, start);  // 1428.57 ns
  CHECK(!pacer.admits(1000, start + 1428ns));
  CHECK(pacer.admits(1000, start + 1429ns));
}

TEST_CASE("a pause saves up no more than one burst", "[unit][pacing]") {
  Pacer pacer(1'000'000, 3000, start);
  pacer.sent(3000, start);
  CHECK(pacer.admits(3000, start + 1h));
  pacer.sent(3000, start + 1h);
  CHECK(!pacer.admits(1, start + 1h));
}

TEST_CASE("what is larger than a burst leaves alone, and what follows waits for it",
          "[unit][pacing]") {
  Pacer pacer(1'000'000, 3000, start);
  CHECK(pacer.admits(9000, start));
  pacer.sent(9000, start);
  CHECK(!pacer.admits(1, start + 6000us));
  CHECK(pacer.admits(1, start + 6001us));
  CHECK(!pacer.admits(9000, start + 8999us));
  CHECK(pacer.admits(9000, start + 9000us));
}

TEST_CASE("a packet that has to wait is tried when it fits, or half of a burst does",
          "[unit][pacing]") {
  Pacer pacer(1'000'000, 3000, start);
  pacer.sent(3000, start);
  CHECK(pacer.retry_at(10) == start + 1500us);
  CHECK(pacer.retry_at(2000) == start + 2000us);
  CHECK(pacer.retry_at(60000) == start + 3000us);
}

TEST_CASE("a packet is admitted when its pause is over, for rates and sizes of every kind",
          "[unit][pacing]") {
  for (const std::uint64_t rate : {std::uint64_t{1},
                                   std::uint64_t{7},
                                   std::uint64_t{999'999'937},
                                   std::uint64_t{125'000'000},
                                   max_pacing_rate}) {
    for (const std::size_t burst : {std::size_t{0},
                                    std::size_t{1},
                                    std::size_t{1500},
                                    std::size_t{65536},
                                    max_pacing_burst}) {
      for (const std::size_t bytes : {std::size_t{42}, std::size_t{1242}, std::size_t{65569}}) {
        INFO(rate << ' ' << burst << ' ' << bytes);
        Pacer pacer(rate, burst, start);
        int sent = 0;
        TimePoint now = start;
        for (; sent < 50 && now < start + 24h * 3650; ++sent) {
          if (!pacer.admits(bytes, now)) {
            REQUIRE(pacer.retry_at(bytes) > now);
            now = pacer.retry_at(bytes);
          }
          REQUIRE(pacer.admits(bytes, now));
          pacer.sent(bytes, now);
        }
        CHECK(sent > 1);
      }
    }
  }
}

TEST_CASE("in no interval more leaves than rate and burst allow, and the rate is reached",
          "[unit][pacing]") {
  std::mt19937 random(7);
  for (const std::uint64_t rate : {20'000u, 1'000'000u, 125'000'000u}) {
    INFO(rate);
    Pacer pacer(rate, 5000, start);
    std::vector<Departure> all;
    TimePoint now = start;
    double bytes = 0;
    while (all.size() < 400) {
      const std::size_t size = 42 + random() % 4900;
      if (!pacer.admits(size, now)) {
        now = pacer.retry_at(size) + std::chrono::nanoseconds(random() % 2000);
      }
      pacer.sent(size, now);
      all.push_back({now, size});
      bytes += static_cast<double>(size);
    }
    CHECK(excess(all, static_cast<double>(rate), 5000) < 0.001);
    const std::chrono::duration<double> time = now - start;
    CHECK(bytes >= 0.9 * static_cast<double>(rate) * time.count());
  }
}

TEST_CASE("a change of the rate gives no second burst", "[unit][pacing]") {
  Pacer pacer(1'000'000, 3000, start);
  pacer.sent(3000, start);
  for (int i = 0; i < 100; ++i) pacer.change(i % 2 == 0 ? 2'000'000 : 1'000'000, 3000, start);
  CHECK(!pacer.admits(3, start));
  pacer.change(3'000'000, 3000, start);
  CHECK(pacer.rate() == 3'000'000);
  CHECK(!pacer.admits(3000, start + 999us));
  CHECK(pacer.admits(3000, start + 1001us));
}

TEST_CASE("without a burst of its own a pacer has a millisecond's worth, and two packets at least",
          "[unit][pacing]") {
  CHECK(Pacer(1000, 0, start).burst() == 3000);
  CHECK(Pacer(3'000'000, 0, start).burst() == 3000);
  CHECK(Pacer(10'000'000, 0, start).burst() == 10'000);
  CHECK(Pacer(10'000'000, 1, start).burst() == 1);
}

}  // namespace unit_pacer_test
