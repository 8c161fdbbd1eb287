// DGRAM_DISABLE: what its words mean, and which mean nothing.
#include <core/planning/runs.hpp>
#include <string>
#include <support/catch2.hpp>

namespace unit_disabled_test {

using dgram::detail::Disabled;
using dgram::detail::parse_disabled;

namespace {

std::string parsed(const char* words) {
  const Disabled d = parse_disabled(words);
  return std::string(d.gso ? "S" : "") + (d.gro ? "R" : "") + (d.mmsg ? "M" : "") + '|' + d.unknown;
}

}  // namespace

TEST_CASE("nothing is switched off without a word", "[unit][disabled]") {
  CHECK(parsed(nullptr) == "|");
  CHECK(parsed("") == "|");
  CHECK(parsed(",") == "|");
  CHECK(parsed(",,,") == "|");
}

TEST_CASE("each word switches one thing off, in any order, as often as it is said",
          "[unit][disabled]") {
  CHECK(parsed("gso") == "S|");
  CHECK(parsed("gro") == "R|");
  CHECK(parsed("mmsg") == "M|");
  CHECK(parsed("gso,gro,mmsg") == "SRM|");
  CHECK(parsed("mmsg,gso") == "SM|");
  CHECK(parsed("gro,gro") == "R|");
  CHECK(parsed(",gso,,gro,") == "SR|");
}

TEST_CASE("words that mean nothing are told, and the others hold", "[unit][disabled]") {
  CHECK(parsed("all") == "|all");
  CHECK(parsed("gso,foo,gro,bar") == "SR|foo,bar");
  CHECK(parsed("GSO") == "|GSO");
  CHECK(parsed("gso;gro") == "|gso;gro");
  CHECK(parsed("gsox,gs") == "|gsox,gs");
  CHECK(parsed("gso=1") == "|gso=1");
}

}  // namespace unit_disabled_test
