// stats(): system calls by how many datagrams each moved.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_stats_calls_test {

namespace {

using Counts = std::array<std::uint64_t, 8>;

/// The fewest datagrams that calls so counted can have moved.
std::uint64_t at_least(const Counts& counts) {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) sum += counts[i] << (i - 1);
  return sum;
}

enum class Sizes { equal, growing };

/// The histogram of a send_many of so many datagrams.
Counts sends_of(std::size_t n, Sizes sizes) {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const std::string bytes(n, 'x');
  std::vector<dgram::Outgoing> batch;
  for (std::size_t i = 0; i < n; ++i)
    batch.emplace_back(asio::buffer(bytes.data(), sizes == Sizes::equal ? 1 : i + 1),
                       receiver.local_endpoint());
  test::Outcome<std::size_t> outcome;
  sender.async_send_many(batch, outcome.handler());
  test::run(io);
  CHECK(outcome.value == n);
  return sender.stats().send_calls.counts;
}

}  // namespace

TEST_CASE("a call that finds nothing is counted as one of none", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(socket.try_recv(ec));
  CHECK(socket.stats().receive_calls.counts == Counts{3});
  CHECK(socket.stats().receive_calls.calls() == 3);
}

TEST_CASE("a datagram that comes alone is counted as a call of one", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::put(sender, receiver, "x");
  std::error_code ec;
  REQUIRE(receiver.try_recv(ec));
  // Where a call takes one datagram, a batch ends with a call that finds none.
  const Counts alone = test::is_linux_channel() ? Counts{0, 1} : Counts{1, 1};
  CHECK(receiver.stats().receive_calls.counts == alone);
  CHECK(sender.stats().send_calls.counts == Counts{0, 1});
  CHECK(receiver.stats().send_calls.calls() + sender.stats().receive_calls.calls() == 0);
}

TEST_CASE("a send that the kernel refuses is counted as a call of none", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK_FALSE(sender.try_send("x", dgram::make_endpoint("127.255.255.255", 9), ec));
  CHECK(sender.stats().send_calls.counts == Counts{1});
}

TEST_CASE("a send that the rules refuse is no call", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK_FALSE(sender.try_send("x", dgram::make_endpoint("127.0.0.1", 0), ec));
  CHECK(sender.stats().send_calls.calls() == 0);
}

TEST_CASE("send_many is counted by its calls", "[socket][stats]") {
  if (!test::is_linux_channel()) {
    CHECK(sends_of(16, Sizes::growing) == Counts{0, 16});
    CHECK(sends_of(16, Sizes::equal) == Counts{0, 16});
    return;
  }
  CHECK(sends_of(1, Sizes::growing) == Counts{0, 1});
  CHECK(sends_of(2, Sizes::growing) == Counts{0, 0, 1});
  CHECK(sends_of(16, Sizes::growing) == Counts{0, 0, 0, 0, 0, 1});
  CHECK(sends_of(32, Sizes::growing) == Counts{0, 0, 0, 0, 0, 0, 1});
  CHECK(sends_of(33, Sizes::growing) == Counts{0, 1, 0, 0, 0, 0, 1});
  CHECK(sends_of(40, Sizes::growing) == Counts{0, 0, 0, 0, 1, 0, 1});
}

TEST_CASE("runs of equal datagrams leave in one call, whatever their number", "[socket][stats]") {
  if (!test::is_linux_channel()) return;
  CHECK(sends_of(33, Sizes::equal) == Counts{0, 0, 0, 0, 0, 0, 1});
  CHECK(sends_of(64, Sizes::equal) == Counts{0, 0, 0, 0, 0, 0, 0, 1});
  CHECK(sends_of(65, Sizes::equal) == Counts{0, 0, 0, 0, 0, 0, 0, 1});
}

TEST_CASE("a burst is received in calls of many, and no call is counted twice", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::put_numbers(sender, receiver, 0, 80);
  std::vector<int> got;
  test::take_rest(receiver, got);
  REQUIRE(got == test::first_numbers(80));
  const Counts counts = receiver.stats().receive_calls.counts;
  CHECK(counts[0] >= 1);  // the last one found nothing
  CHECK(at_least(counts) <= 80);
  CHECK(counts[6] + counts[7] == 0);  // a batch is 16
  if (test::is_linux_channel())
    CHECK(counts[5] >= 1);
  else
    CHECK(counts[1] == 80);
}

TEST_CASE("with a batch of one every call moves one datagram at most", "[socket][stats]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = 1;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io, options);
  test::put_numbers(sender, receiver, 0, 20);
  std::vector<int> got;
  test::take_rest(receiver, got);
  const Counts counts = receiver.stats().receive_calls.counts;
  CHECK(counts == Counts{counts[0], 20});
}

TEST_CASE("calls are still known after close, and move along", "[socket][stats]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  test::put(sender, receiver, "x");
  dgram::Socket moved(std::move(sender));
  moved.close();
  CHECK(moved.stats().send_calls.counts == Counts{0, 1});
  CHECK(sender.stats().send_calls.calls() == 0);
}

}  // namespace socket_stats_calls_test
