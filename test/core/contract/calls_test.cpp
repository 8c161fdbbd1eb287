// Any channel: calls() counts the system calls by how many datagrams they moved.
#include <array>
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/channel_kind.hpp>

namespace contract_calls_test {

namespace {

using Counts = std::array<std::uint64_t, 8>;

/// Sends so many datagrams of one byte in one batch.
void send_batch(test::ChannelPair& pair, std::size_t n) {
  const asio::const_buffer piece("x", 1);
  const std::vector<dgram::SendItem> items(
      n, {std::span<const asio::const_buffer>(&piece, 1), &pair.b_name, nullptr});
  std::size_t count = 0;
  if (const std::error_code ec = pair.a->send_batch(items, count))
    throw std::system_error(ec, "send_batch");
  if (count != n) throw std::runtime_error("not all were sent");
}

}  // namespace

TEST_CASE("a channel that moved nothing has made no calls", "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  CHECK(pair.a->calls().sends.calls() == 0);
  CHECK(pair.a->calls().receives.calls() == 0);
}

TEST_CASE("a call of one datagram is counted as one", "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  send_batch(pair, 1);
  CHECK(pair.a->calls().sends.counts == Counts{0, 1});
  test::Slots slots(1);
  test::await_readable(*pair.b);
  std::size_t count = 0;
  REQUIRE(!pair.b->receive_batch(slots.all(), count));
  CHECK(pair.b->calls().receives.counts == Counts{0, 1});
  CHECK(pair.b->calls().sends.calls() == 0);
}

TEST_CASE("a call that found nothing is counted as none", "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 16}) {
    test::Slots slots(n);
    std::size_t count = 0;
    CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
  }
  CHECK(pair.b->calls().receives.counts == Counts{2});
}

TEST_CASE("a call that failed is counted as none", "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  const dgram::Endpoint broadcast = dgram::make_endpoint("127.255.255.255", 9);
  CHECK(test::send(*pair.a, "x", &broadcast));  // not allowed: nothing leaves
  CHECK(pair.a->calls().sends.counts == Counts{1});
}

TEST_CASE("a batch is counted once for each call that it took", "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  const std::size_t n = GENERATE(as<std::size_t>{}, 2, 16, 32, 64);
  send_batch(pair, n);
  const Counts sends = pair.a->calls().sends.counts;
  test::await_readable(*pair.b);
  test::Slots slots(n);
  std::size_t count = 0;
  pair.b->receive_batch(slots.all(), count);
  REQUIRE(count == n);
  const Counts receives = pair.b->calls().receives.counts;
  if (!test::is_linux_channel()) {
    CHECK(sends == Counts{0, n});
    CHECK(receives == Counts{0, n});
    return;
  }
  if (n == 2) CHECK(sends == Counts{0, 0, 1});
  if (n == 16) CHECK(sends == Counts{0, 0, 0, 0, 0, 1});
  if (n == 32) CHECK(sends == Counts{0, 0, 0, 0, 0, 0, 1});
  if (n == 64) CHECK(sends == Counts{0, 0, 0, 0, 0, 0, 2});
  if (n == 2) CHECK(receives == Counts{0, 0, 1});
  if (n == 16) CHECK(receives == Counts{0, 0, 0, 0, 0, 1});
  if (n == 32) CHECK(receives == Counts{0, 0, 0, 0, 0, 0, 1});
  if (n == 64) CHECK(receives == Counts{0, 0, 0, 0, 0, 0, 0, 1});
}

TEST_CASE("calls() answers after close and goes on when the channel is opened again",
          "[contract][calls]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  send_batch(pair, 1);
  pair.a->close();
  CHECK(pair.a->calls().sends.calls() == 1);
  pair.a_name = test::open_bound(*pair.a);
  send_batch(pair, 1);
  CHECK(pair.a->calls().sends.calls() == 2);
}

}  // namespace contract_calls_test
