// What the counts of a path check mean.
#include <dgram/check/path_check.hpp>
#include <string>

#include "support/catch2.hpp"

namespace unit_path_check_text_test {

namespace {

dgram::PathCheck::Counts counts(std::size_t arrived, bool in_runs) {
  dgram::PathCheck::Counts result;
  result.sent = 100;
  result.arrived = arrived;
  result.in_runs = in_runs ? 100 : 0;
  return result;
}

dgram::PathCheck::Direction direction(std::size_t single,
                                      std::size_t equal,
                                      std::size_t uneven,
                                      bool runs = true) {
  dgram::PathCheck::Direction result;
  result.single = counts(single, false);
  result.equal_runs = counts(equal, runs);
  result.uneven_runs = counts(uneven, runs);
  return result;
}

}  // namespace

TEST_CASE("runs are lost where a third more of them than of single datagrams are", "[path_check]") {
  CHECK_FALSE(direction(100, 67, 67).loses_runs());
  CHECK(direction(100, 66, 100).loses_equal_runs());
  CHECK_FALSE(direction(100, 66, 100).loses_uneven_runs());
  CHECK(direction(100, 100, 0).loses_uneven_runs());
  CHECK(direction(90, 50, 90).loses_equal_runs());
  CHECK_FALSE(direction(90, 60, 90).loses_equal_runs());
}

TEST_CASE("where half of the single datagrams are lost, nothing is said of runs", "[path_check]") {
  CHECK(direction(50, 0, 0).single_ones_arrive());
  CHECK(direction(50, 0, 0).loses_runs());
  CHECK_FALSE(direction(49, 0, 0).single_ones_arrive());
  CHECK_FALSE(direction(49, 0, 0).loses_runs());
}

TEST_CASE("where no runs are made, none are lost, whatever has not arrived", "[path_check]") {
  const dgram::PathCheck::Direction without = direction(100, 0, 0, false);
  CHECK_FALSE(without.makes_runs());
  CHECK_FALSE(without.loses_runs());
  CHECK(direction(100, 0, 0).makes_runs());
}

TEST_CASE("what is lost only in runs is named, with the host that sends and what to do",
          "[path_check]") {
  dgram::PathCheck check;
  check.there = direction(100, 0, 100);
  check.back = direction(100, 99, 98);
  check.back.single.arrived = 99;
  check.back.single.damaged = 1;
  CHECK(check.loses_runs());
  CHECK(to_string(check) ==
        "there: single 100 of 100, in runs of equal length 0 of 100, in runs with a shorter last "
        "one 100 of 100\n"
        "there: lost only in runs of equal length. On this host: Segmentation::off towards that "
        "address, or DGRAM_DISABLE=gso, or ethtool -K <device> tx-udp-segmentation off\n"
        "back: single 99 of 100 (1 damaged), in runs of equal length 99 of 100, in runs with a "
        "shorter last one 98 of 100\n"
        "back: runs arrive");

  const auto says = [&](std::string_view what) {
    return to_string(check).find(what) != std::string::npos;
  };
  check.back = direction(100, 100, 0);
  CHECK(says("back: lost only in runs with a shorter last one. On the other host: "));
  check.back = direction(100, 0, 0);
  CHECK(says("back: lost only in runs. On the other host: "));
  check.back = direction(100, 100, 100, false);
  CHECK(says("back: no runs are made"));
  check.back = direction(49, 0, 0);
  CHECK(says("back: single datagrams are lost as well: nothing can be said of runs"));
}

}  // namespace unit_path_check_text_test
