// Batches that leave in runs: one bad datagram, or a run that is refused, at any place.
#include <cerrno>
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/offload.hpp"

namespace socket_send_runs_test {

namespace {

constexpr std::size_t size = 40;
const std::initializer_list<std::size_t> counts = {1, 2, 3, 33, 64, 65, 130, 300};

/// What is wrong with a batch that had one bad datagram: its result, another's, the order, a
/// datagram that is missing, or there twice.
struct OneBad {
  OneBad() {
    for (const std::string& text : test::all_sized(300, size)) texts.push_back(text);
  }
  std::size_t wrong_in(std::size_t n, std::size_t bad, const std::error_code& expected) {
    const std::span<dgram::Outgoing> sent(batch.data(), n);
    std::size_t wrong = test::send_all(io, sender, sent) != n - 1;
    for (std::size_t i = 0; i < n; ++i)
      wrong += sent[i].result != (i == bad ? expected : std::error_code());
    std::vector<std::string> expect(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(n));
    expect.erase(expect.begin() + static_cast<std::ptrdiff_t>(bad));
    return wrong + (test::take_texts(receiver) != expect);
  }
  /// Every place of every size of a batch; `spoil` makes one datagram bad.
  template <class Spoil>
  std::size_t everywhere(const std::error_code& expected, Spoil spoil) {
    std::size_t wrong = 0;
    for (const std::size_t n : counts) {
      for (std::size_t bad = 0; bad < n; ++bad) {
        batch = test::outgoing(texts, receiver.local_endpoint());
        spoil(batch[bad]);
        wrong += wrong_in(n, bad, expected);
      }
    }
    return wrong;
  }

  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  std::vector<std::string> texts;
  std::vector<dgram::Outgoing> batch;
};

std::size_t bad_ones() {
  std::size_t sum = 0;
  for (const std::size_t n : counts) sum += n;
  return sum;
}

}  // namespace

TEST_CASE("a datagram that is too large, at any place of a run, fails alone",
          "[socket][offload][send_runs]") {
  const std::string huge(65508, 'x');
  OneBad one;
  CHECK(one.everywhere(asio::error::message_size,
                       [&](dgram::Outgoing& bad) { bad.bytes = asio::buffer(huge); }) == 0);
  CHECK(one.sender.stats().send_errors == bad_ones());
}

TEST_CASE("a datagram of the wrong family, at any place of a run, fails alone",
          "[socket][offload][send_runs]") {
  OneBad one;
  CHECK(one.everywhere(asio::error::address_family_not_supported, [](dgram::Outgoing& bad) {
    bad.to = dgram::Endpoint(asio::ip::address_v6::loopback(), 9);
  }) == 0);
  CHECK(one.sender.stats().send_errors == bad_ones());
}

// Only the kernel finds this out.
TEST_CASE("a datagram that the kernel refuses, at any place of a run, fails alone",
          "[socket][offload][send_runs]") {
  OneBad one;
  CHECK(one.everywhere(asio::error::access_denied, [](dgram::Outgoing& bad) {
    bad.to = dgram::make_endpoint("127.255.255.255", 9);
  }) == 0);
  CHECK(one.sender.stats().send_errors == bad_ones());
}

TEST_CASE("a datagram whose source cannot be, at any place of a run, fails alone",
          "[socket][offload][send_runs]") {
  if (!test::is_linux_channel()) return;
  OneBad one;
  CHECK(one.everywhere(dgram::Errc::source_unavailable, [](dgram::Outgoing& bad) {
    bad.options.source_address = asio::ip::make_address("192.0.2.1");
  }) == 0);
}

TEST_CASE("equal neighbours leave in runs, one datagram never does",
          "[socket][offload][send_runs]") {
  OneBad one;
  const bool gso = test::granted("gso");
  for (const std::size_t n : {2u, 3u, 64u, 65u, 66u, 128u, 129u, 300u}) {
    INFO(n);
    one.batch = test::outgoing(one.texts, one.receiver.local_endpoint());
    const std::uint64_t before = one.sender.stats().gso_datagrams;
    CHECK(test::send_all(one.io, one.sender, std::span(one.batch.data(), n)) == n);
    const std::uint64_t in_runs = one.sender.stats().gso_datagrams - before;
    // 64 at a time; the one that is left alone is no run.
    CHECK(in_runs == (gso ? n - (n % 64 == 1) : 0));
    CHECK(test::take_texts(one.receiver).size() == n);
  }
  const std::uint64_t before = one.sender.stats().gso_datagrams;
  CHECK(test::send_all(one.io, one.sender, std::span(one.batch.data(), 1)) == 1);
  CHECK(one.sender.stats().gso_datagrams == before);
}

TEST_CASE("datagrams of every size arrive as they were sent", "[socket][offload][send_runs]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  for (const std::size_t each :
       {1u, 2u, 3u, 100u, 256u, 257u, 1023u, 1024u, 1472u, 1473u, 9000u, 32753u, 32754u, 65507u}) {
    INFO(each);
    const std::size_t n = each > 2000 ? 7 : each > 300 ? 70 : 300;
    const std::vector<std::string> texts = test::all_sized(n, each);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, receiver.local_endpoint());
    CHECK(test::send_all(io, sender, batch) == n);
    CHECK(test::take_texts(receiver) == texts);
  }
  // Empty ones, longer and shorter ones, in between.
  std::vector<std::string> mixed;
  for (std::size_t i = 0; i < 300; ++i)
    mixed.push_back(test::sized(std::array{100u, 100u, 100u, 50u, 100u, 0u, 0u, 200u}[i % 8], i));
  std::vector<dgram::Outgoing> batch = test::outgoing(mixed, receiver.local_endpoint());
  CHECK(test::send_all(io, sender, batch) == mixed.size());
  CHECK(test::take_texts(receiver) == mixed);
}

TEST_CASE("send_segments arrives as it was cut, in runs where there are any",
          "[socket][offload][send_runs]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const bool gso = test::granted("gso");
  for (const std::size_t segment : {1u, 100u, 1472u, 9000u, 40000u, 65507u}) {
    for (const std::size_t whole :
         {segment - 1, segment, segment + 1, 2 * segment, 65 * segment + 1}) {
      if (whole > 4'000'000) continue;
      INFO(segment << " of " << whole);
      const std::string payload = test::sized(whole, segment);
      std::vector<std::string> expected;
      for (std::size_t at = 0; at < whole; at += segment)
        expected.push_back(payload.substr(at, segment));
      if (expected.empty()) expected.emplace_back();
      const std::uint64_t before = sender.stats().gso_datagrams;
      test::Outcome<std::size_t> outcome;
      sender.async_send_segments(payload, segment, receiver.local_endpoint(), outcome.handler());
      test::run(io);
      CHECK(outcome.calls == 1);
      CHECK(!outcome.ec);
      CHECK(outcome.value == whole);
      const std::vector<std::string> got = test::take_texts(receiver);
      CHECK(got.size() == expected.size());
      CHECK((got == expected));
      const bool runs = gso && expected.size() > 1 && 2 * segment <= 65507;
      CHECK((sender.stats().gso_datagrams != before) == runs);
    }
  }
}

TEST_CASE("runs leave over IPv6, and to IPv4 from a socket of both",
          "[socket][offload][send_runs]") {
  asio::io_context io;
  dgram::SocketOptions options = test::roomy();
  options.family = dgram::Family::ipv6;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket over_ipv4 = test::bound(io, test::roomy());
  dgram::Socket sender(io, options);
  sender.bind(dgram::make_endpoint("::", 0));
  const dgram::Endpoint mapped(asio::ip::make_address("::ffff:127.0.0.1"),
                               over_ipv4.local_endpoint().port());
  for (const std::size_t each : {1u, 1200u, 32753u, 32754u, 65507u}) {
    INFO(each);
    const std::vector<std::string> texts = test::all_sized(5, each);
    for (const auto& [to, at] :
         {std::pair(receiver.local_endpoint(), &receiver), std::pair(mapped, &over_ipv4)}) {
      std::vector<dgram::Outgoing> batch = test::outgoing(texts, to);
      const std::uint64_t before = sender.stats().gso_datagrams;
      CHECK(test::send_all(io, sender, batch) == 5);
      CHECK((test::take_texts(*at) == texts));
      const bool runs = test::granted("gso") && each <= 32753;
      CHECK((sender.stats().gso_datagrams != before) == runs);
    }
  }
  // The largest there are over IPv6, which is beyond any run.
  const std::vector<std::string> texts = test::all_sized(3, 65527);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, receiver.local_endpoint());
  CHECK(test::send_all(io, sender, batch) == 3);
  CHECK((test::take_texts(receiver) == texts));
}

}  // namespace socket_send_runs_test
