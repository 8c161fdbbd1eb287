// Promise 3: a zero-length datagram is a datagram, in and out, in batches too.
#include <dgram/dgram.hpp>
#include <string_view>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace conformance_zero_length_test {

using namespace std::chrono_literals;

TEST_CASE("an empty datagram arrives through every receive", "[conformance][zero]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    const dgram::Endpoint from = sender.local_endpoint();
    for (int i = 0; i < 5; ++i) test::put(sender, receiver, "");

    const dgram::Datagram d = co_await receiver.recv();
    CHECK(d.has_value());
    CHECK(d.size() == 0);
    CHECK(d.text().empty());
    CHECK_FALSE(d.truncated());
    CHECK(d.remote() == from);

    const std::optional<dgram::Datagram> in_time = co_await receiver.recv_for(1h);
    REQUIRE(in_time);
    CHECK(in_time->has_value());

    std::array<std::byte, 8> bytes;
    const dgram::Received r = co_await receiver.recv_into(bytes);
    CHECK(r.size == 0);
    CHECK(r.full_size == 0);
    CHECK_FALSE(r.truncated);
    CHECK(r.remote == from);

    std::array<dgram::Datagram, 1> one;
    n = co_await receiver.recv_many(one);
    CHECK(n == 1);
    CHECK(one[0].has_value());

    co_await receiver.wait_readable();
    std::error_code ec;
    const auto tried = receiver.try_recv(ec);
    REQUIRE(tried);
    CHECK(tried->has_value());
    CHECK_FALSE(receiver.try_recv(ec));
    CHECK(ec == asio::error::would_block);
  };
  test::run(io, body());
  CHECK(receiver.stats().datagrams_received == 5);
  CHECK(receiver.stats().bytes_received == 0);
}

TEST_CASE("an empty datagram leaves through every send", "[conformance][zero]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    const dgram::Endpoint to = receiver.local_endpoint();
    n = co_await sender.send("", to);
    CHECK(n == 0);
    n = co_await sender.send(asio::const_buffer(), to);
    CHECK(n == 0);
    const std::array<asio::const_buffer, 2> two_empty{};
    n = co_await sender.send(two_empty, to);
    CHECK(n == 0);
    n = co_await sender.send_segments("", 100, to);
    CHECK(n == 0);
    std::error_code ec;
    CHECK(sender.try_send("", to, ec));
    std::array<dgram::Outgoing, 2> batch{dgram::Outgoing({}, to), dgram::Outgoing({}, to)};
    n = co_await sender.send_many(batch);
    CHECK(n == 2);
    n = co_await sender.send("", "127.0.0.1", to.port());
    CHECK(n == 0);
    sender.connect(to);
    n = co_await sender.send("");
    CHECK(n == 0);
  };
  test::run(io, body());
  int arrived = 0;
  std::error_code ec;
  while (auto d = receiver.try_recv(ec)) {
    CHECK(d->has_value());
    CHECK(d->size() == 0);
    ++arrived;
  }
  CHECK(arrived == 9);
  CHECK(sender.stats().datagrams_sent == 9);
}

TEST_CASE("empty datagrams keep their place among others", "[conformance][zero]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  for (int round = 0; round < 4; ++round)
    for (const std::string_view text : {"", "a", "", "", "bb"}) test::put(sender, receiver, text);
  const auto body = [&]() -> asio::awaitable<void> {
    std::string sizes;
    std::array<dgram::Datagram, 7> some;
    while (sizes.size() < 20) {
      const std::size_t n = co_await receiver.recv_many(some);
      for (std::size_t i = 0; i < n; ++i) sizes += std::to_string(some[i].size());
    }
    CHECK(sizes == "01002010020100201002");
  };
  test::run(io, body());
}

}  // namespace conformance_zero_length_test
