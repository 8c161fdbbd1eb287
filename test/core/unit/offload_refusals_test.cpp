// Where runs are refused: for one address, for a while, and not for what may still pass.
#include <asio/error.hpp>
#include <cerrno>
#include <core/planning/runs.hpp>
#include <dgram/error.hpp>
#include <support/catch2.hpp>
#include <support/os.hpp>
#include <vector>

namespace unit_offload_refusals_test {

using namespace std::chrono_literals;
using dgram::Endpoint;
using dgram::TimePoint;
using dgram::detail::may_refuse_runs;
using dgram::detail::OffloadRefusals;
using dgram::detail::RunRefusal;

namespace {

const TimePoint start = TimePoint() + 1000h;
const std::error_code invalid = asio::error::invalid_argument;
const std::error_code too_large = asio::error::message_size;

Endpoint host(unsigned n, std::uint16_t port = 9) {
  return Endpoint(asio::ip::address_v4(0x0a000000u + n), port);
}

}  // namespace

TEST_CASE("whatever is not a peer's word may refuse a run, in every category that says it",
          "[unit][refusals]") {
  for (const int number : {EIO, EINVAL, EMSGSIZE, ENOBUFS, ENOMEM, EPERM, ENODEV, EINVAL}) {
    INFO(number);
    CHECK(may_refuse_runs(test::os(number)));
  }
  CHECK(may_refuse_runs(std::error_code(EIO, std::system_category())));
  CHECK(may_refuse_runs(std::make_error_code(std::errc::io_error)));
  for (const int number : {EAGAIN, EINTR, ECONNREFUSED, ENETUNREACH, EACCES, EBADF, EADDRINUSE})
    CHECK(!may_refuse_runs(test::os(number)));
  CHECK(!may_refuse_runs({}));
  CHECK(!may_refuse_runs(dgram::Errc::bad_port));
}

TEST_CASE("what lacks at a moment refuses no other run", "[unit][refusals]") {
  for (const int number : {ENOBUFS, ENOMEM})
    CHECK(!dgram::detail::refuses_all_runs(test::os(number)));
  for (const int number : {EIO, EINVAL, EMSGSIZE, EPERM})
    CHECK(dgram::detail::refuses_all_runs(test::os(number)));
}

TEST_CASE("nothing is refused at first", "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint to = host(1);
  CHECK(refusals.allow(&to, 1, start));
  CHECK(refusals.allow(nullptr, 65507, start));
}

TEST_CASE("a refusal is for one address, whichever its port", "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint to = host(1, 9);
  const Endpoint other_port = host(1, 10);
  const Endpoint other = host(2, 9);
  refusals.add({&to, 100, invalid}, start);
  CHECK(!refusals.allow(&to, 100, start));
  CHECK(!refusals.allow(&other_port, 100, start));
  CHECK(refusals.allow(&other, 100, start));
  CHECK(refusals.allow(nullptr, 100, start));
  refusals.add({nullptr, 100, invalid}, start);
  CHECK(!refusals.allow(nullptr, 100, start));
  CHECK(refusals.allow(&other, 100, start));
}

TEST_CASE("link-local addresses of two interfaces are two addresses", "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint one(asio::ip::make_address("fe80::1%1"), 9);
  const Endpoint two(asio::ip::make_address("fe80::1%2"), 9);
  refusals.add({&one, 100, invalid}, start);
  CHECK(!refusals.allow(&one, 100, start));
  CHECK(refusals.allow(&two, 100, start));
}

TEST_CASE("EIO and EINVAL refuse every size, EMSGSIZE leaves smaller ones alone",
          "[unit][refusals]") {
  const Endpoint to = host(1);
  for (const std::error_code& why : {invalid, std::make_error_code(std::errc::io_error)}) {
    OffloadRefusals refusals;
    refusals.add({&to, 1400, why}, start);
    for (const std::size_t size : {1u, 1399u, 1400u, 1401u})
      CHECK(!refusals.allow(&to, size, start));
  }
  OffloadRefusals refusals;
  refusals.add({&to, 1400, too_large}, start);
  for (const std::size_t size : {1u, 1200u, 1399u}) CHECK(refusals.allow(&to, size, start));
  for (const std::size_t size : {1400u, 1401u, 32000u}) CHECK(!refusals.allow(&to, size, start));
  // A smaller one that is refused, too, moves the limit; a larger one moves nothing.
  refusals.add({&to, 1300, too_large}, start + 1s);
  CHECK(refusals.allow(&to, 1299, start + 1s));
  CHECK(!refusals.allow(&to, 1300, start + 1s));
  refusals.add({&to, 1500, too_large}, start + 2s);
  CHECK(!refusals.allow(&to, 1300, start + 2s));
  CHECK(refusals.allow(&to, 1299, start + 2s));
  // And what refuses all of them is not forgotten for it.
  refusals.add({&to, 1200, invalid}, start + 3s);
  CHECK(!refusals.allow(&to, 1, start + 3s));
  refusals.add({&to, 1400, too_large}, start + 4s);
  CHECK(!refusals.allow(&to, 1, start + 4s));
}

TEST_CASE("a refusal expires, and each attempt that is refused again doubles its time",
          "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint to = host(1);
  TimePoint now = start;
  for (const auto period : {1min, 2min, 4min, 8min, 16min, 16min, 16min}) {
    INFO(period.count() << " minutes");
    refusals.add({&to, 100, invalid}, now);
    CHECK(!refusals.allow(&to, 100, now));
    CHECK(!refusals.allow(&to, 100, now + period - 1ns));
    now += period;
    CHECK(refusals.allow(&to, 100, now));
  }
}

TEST_CASE("refusals of what was planned before the first one double nothing", "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint to = host(1);
  for (int i = 0; i < 10; ++i) refusals.add({&to, 100, invalid}, start);
  CHECK(!refusals.allow(&to, 100, start + 1min - 1ns));
  CHECK(refusals.allow(&to, 100, start + 1min));
}

TEST_CASE("EMSGSIZE that has expired leaves no limit behind", "[unit][refusals]") {
  OffloadRefusals refusals;
  const Endpoint to = host(1);
  refusals.add({&to, 500, too_large}, start);
  refusals.add({&to, 1400, too_large}, start + 2min);  // the route has changed
  CHECK(refusals.allow(&to, 500, start + 2min));
  CHECK(refusals.allow(&to, 1399, start + 2min));
  CHECK(!refusals.allow(&to, 1400, start + 2min));
}

TEST_CASE("beyond sixteen addresses the oldest refusal is forgotten", "[unit][refusals]") {
  CHECK(OffloadRefusals::capacity == 16);
  OffloadRefusals refusals;
  std::vector<Endpoint> hosts;
  for (unsigned i = 0; i < 40; ++i) hosts.push_back(host(i));
  for (std::size_t last = 0; last < hosts.size(); ++last) {
    refusals.add({&hosts[last], 100, invalid}, start);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      const bool known = i <= last && last - i < OffloadRefusals::capacity;
      REQUIRE(refusals.allow(&hosts[i], 100, start) == !known);
    }
  }
}

TEST_CASE("a refusal that comes again is the newest", "[unit][refusals]") {
  OffloadRefusals refusals;
  std::vector<Endpoint> hosts;
  for (unsigned i = 0; i < 17; ++i) hosts.push_back(host(i));
  for (unsigned i = 0; i < 16; ++i) refusals.add({&hosts[i], 100, invalid}, start);
  refusals.add({&hosts[0], 100, invalid}, start);
  refusals.add({&hosts[16], 100, invalid}, start);
  CHECK(!refusals.allow(&hosts[0], 100, start));
  CHECK(refusals.allow(&hosts[1], 100, start));
  for (unsigned i = 2; i < 17; ++i) CHECK(!refusals.allow(&hosts[i], 100, start));
}

}  // namespace unit_offload_refusals_test
