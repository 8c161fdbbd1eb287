// The two tables of stats(): system calls by what they moved, errors by code.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <dgram/stats.hpp>
#include <support/catch2.hpp>
#include <support/os.hpp>

namespace unit_call_counts_test {

using dgram::CallHistogram;
using dgram::ErrorCounts;

namespace {

/// The bucket that a call of so many datagrams is counted in; -1 when it is not exactly one.
int bucket_of(std::size_t datagrams) {
  CallHistogram histogram;
  histogram.record(datagrams);
  int bucket = -1;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (histogram.counts[i] == 0) continue;
    if (bucket != -1 || histogram.counts[i] != 1) return -1;
    bucket = static_cast<int>(i);
  }
  return bucket;
}

}  // namespace

TEST_CASE("calls are counted by how many datagrams they moved, in powers of two", "[unit][stats]") {
  CHECK(bucket_of(0) == 0);
  CHECK(bucket_of(1) == 1);
  for (const std::size_t n : std::initializer_list<std::size_t>{2, 3}) CHECK(bucket_of(n) == 2);
  for (const std::size_t n : std::initializer_list<std::size_t>{4, 7}) CHECK(bucket_of(n) == 3);
  for (const std::size_t n : std::initializer_list<std::size_t>{8, 15}) CHECK(bucket_of(n) == 4);
  for (const std::size_t n : std::initializer_list<std::size_t>{16, 31}) CHECK(bucket_of(n) == 5);
  for (const std::size_t n : std::initializer_list<std::size_t>{32, 63}) CHECK(bucket_of(n) == 6);
  CHECK(bucket_of(64) == 7);
}

TEST_CASE("calls() is the sum of the buckets", "[unit][stats]") {
  CallHistogram histogram;
  CHECK(histogram.calls() == 0);
  for (std::size_t n = 0; n <= 64; ++n) histogram.record(n);
  CHECK(histogram.calls() == 65);
}

TEST_CASE("errors are counted by code, in the order in which each came first", "[unit][stats]") {
  ErrorCounts errors;
  errors.record(asio::error::message_size);
  errors.record(dgram::Errc::bad_port, 3);
  errors.record(asio::error::message_size);
  CHECK(errors.counts[0].code == asio::error::message_size);
  CHECK(errors.counts[0].count == 2);
  CHECK(errors.counts[1].code == dgram::Errc::bad_port);
  CHECK(errors.counts[1].count == 3);
  CHECK(errors.counts[2].count == 0);
  CHECK(errors.of(asio::error::message_size) == 2);
  CHECK(errors.of(dgram::Errc::bad_port) == 3);
  CHECK(errors.other == 0);
}

TEST_CASE("a code that never came counts 0, and so does no error", "[unit][stats]") {
  ErrorCounts errors;
  CHECK(errors.of(asio::error::message_size) == 0);
  CHECK(errors.of({}) == 0);
  errors.record(asio::error::message_size);
  CHECK(errors.of(dgram::Errc::bad_port) == 0);
  CHECK(errors.of({}) == 0);
}

TEST_CASE("the same number of another category is another code", "[unit][stats]") {
  ErrorCounts errors;
  const std::error_code dgrams = dgram::Errc::bad_port;
  errors.record(dgrams);
  CHECK(errors.of(test::os(dgrams.value())) == 0);
}

TEST_CASE("codes beyond the first twelve are counted together", "[unit][stats]") {
  ErrorCounts errors;
  for (int i = 1; i <= 14; ++i) errors.record(test::os(i), static_cast<std::uint64_t>(i));
  for (int i = 1; i <= 12; ++i) CHECK(errors.of(test::os(i)) == static_cast<std::uint64_t>(i));
  CHECK(errors.of(test::os(13)) == 0);
  CHECK(errors.other == 13 + 14);
  errors.record(test::os(12));  // a known one still has its own place
  CHECK(errors.of(test::os(12)) == 13);
  CHECK(errors.other == 13 + 14);
}

}  // namespace unit_call_counts_test
