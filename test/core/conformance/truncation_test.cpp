// Promise 2: what was cut is visible, with the true length; control data that was lost is flagged
// and counted, and reads as absent.
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <string>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace conformance_truncation_test {

TEST_CASE("recv gives every datagram whole, whatever its size", "[conformance][truncation]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const std::string large(65507, 'x');
  test::put(sender, receiver, large);
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    CHECK(d.text() == large);
    CHECK_FALSE(d.truncated());
    CHECK(d.full_size() == d.size());
  };
  test::run(io, body());
  CHECK(receiver.stats().truncated == 0);
}

TEST_CASE("recv_into reports a cut with the true length, and the next datagram is whole",
          "[conformance][truncation]") {
  for (const std::size_t size : {11u, 2049u, 65507u}) {
    INFO(size);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io);
    dgram::Socket sender = test::bound(io);
    const std::string large(size, 'x');
    test::put(sender, receiver, large);
    test::put(sender, receiver, "0123456789");
    const auto body = [&]() -> asio::awaitable<void> {
      std::array<std::byte, 10> bytes;
      const dgram::Received cut = co_await receiver.recv_into(bytes);
      CHECK(cut.truncated);
      CHECK(cut.size == bytes.size());
      CHECK(cut.full_size == size);
      CHECK(cut.remote == sender.local_endpoint());
      const dgram::Received whole = co_await receiver.recv_into(bytes);
      CHECK_FALSE(whole.truncated);
      CHECK(whole.size == 10);
      CHECK(whole.full_size == 10);
    };
    test::run(io, body());
    CHECK(receiver.stats().truncated == 1);
  }
}

TEST_CASE("a datagram that the channel cut says so by itself, and is counted",
          "[conformance][truncation]") {
  asio::io_context io;
  const auto script = test::make_faulty(io);
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  dgram::FaultScript::Fault cut;
  cut.cut_datagrams = true;
  script->receive.push_back(cut);
  test::put(sender, receiver, "0123456789");
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    CHECK(d.text() == "01234");
    CHECK(d.truncated());
    CHECK(d.full_size() == 10);
    test::put(sender, receiver, "whole");
    const dgram::Datagram next = co_await receiver.recv();
    CHECK(next.text() == "whole");
    CHECK_FALSE(next.truncated());
  };
  test::run(io, body());
  CHECK(receiver.stats().truncated == 1);
}

TEST_CASE("metadata that did not fit is flagged, counted, and absent",
          "[conformance][truncation][metadata]") {
  if (!test::is_linux_channel()) return;  // no metadata to lose
  asio::io_context io;
  const auto script = test::make_faulty(io);
  dgram::SocketOptions options;
  options.receive_local_address = options.receive_ecn = options.receive_hop_limit =
      options.receive_timestamp = true;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  dgram::FaultScript::Fault lost;
  lost.lose_control = true;
  script->receive.push_back(lost);
  test::put(sender, receiver, "first");
  const auto body = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await receiver.recv();
    CHECK(d.text() == "first");
    CHECK(d.control_truncated());
    CHECK_FALSE(d.truncated());
    CHECK_FALSE(d.local_address());
    CHECK_FALSE(d.interface_index());
    CHECK_FALSE(d.ecn());
    CHECK_FALSE(d.dscp());
    CHECK_FALSE(d.hop_limit());
    CHECK_FALSE(d.received_at());
    CHECK(d.reply_options().empty());
    test::put(sender, receiver, "second");
    const dgram::Datagram next = co_await receiver.recv();
    CHECK_FALSE(next.control_truncated());
    CHECK(next.hop_limit().has_value());
  };
  test::run(io, body());
  CHECK(receiver.stats().control_truncated == 1);
}

TEST_CASE("metadata that a recv_into has lost is counted", "[conformance][truncation]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  const auto script = test::make_faulty(io);
  dgram::SocketOptions options;
  options.receive_hop_limit = true;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  dgram::FaultScript::Fault lost;
  lost.lose_control = true;
  script->receive = {lost, lost};
  const auto body = [&]() -> asio::awaitable<void> {
    std::array<std::byte, 10> bytes;
    // The first one by way of the ring, the second one straight into the buffer.
    for (std::uint64_t i = 1; i <= 2; ++i) {
      test::put(sender, receiver, "x");
      const dgram::Received received = co_await receiver.recv_into(bytes);
      CHECK(received.size == 1);
      CHECK(receiver.stats().control_truncated == i);
    }
  };
  test::run(io, body());
}

TEST_CASE("metadata that was not asked for is absent", "[conformance][truncation]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "plain");
  std::error_code ec;
  const auto d = receiver.try_recv(ec);
  REQUIRE(d);
  CHECK_FALSE(d->local_address());
  CHECK_FALSE(d->interface_index());
  CHECK_FALSE(d->ecn());
  CHECK_FALSE(d->dscp());
  CHECK_FALSE(d->hop_limit());
  CHECK_FALSE(d->received_at());
  CHECK_FALSE(d->control_truncated());
}

}  // namespace conformance_truncation_test
