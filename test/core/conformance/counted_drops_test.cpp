// Promise 8: no datagram is dropped without a counter.
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/offload.hpp"
#include "support/run.hpp"

namespace conformance_counted_drops_test {

TEST_CASE("what close() throws away is counted", "[conformance][counters]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  const std::uint64_t held = receiver.stats().held;
  REQUIRE(held > 0);
  receiver.close();
  const dgram::Stats stats = receiver.stats();
  CHECK(stats.discarded_at_close == held);
  CHECK(stats.held == 0);
  CHECK(stats.pinned_bytes == 0);
}

TEST_CASE("what was received is what was delivered and what is held", "[conformance][counters]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  const dgram::Stats stats = receiver.stats();
  CHECK(stats.datagrams_received == got.size() + stats.held);
}

TEST_CASE("what the kernel drops for want of room is counted", "[conformance][counters]") {
  if (!test::is_linux_channel()) return;  // nobody tells there
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 4096;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  const std::string text(500, 'x');
  constexpr std::uint64_t sent = 1000;
  for (std::uint64_t i = 0; i < sent; ++i) test::put(sender, receiver, text);
  // Without another datagram on its way: SO_RXQ_OVFL alone would say nothing yet.
  const std::uint64_t dropped = receiver.stats().kernel_drops;
  CHECK(dropped > 0);
  std::uint64_t received = 0;
  std::error_code ec;
  while (receiver.try_recv(ec)) ++received;
  CHECK(received > 0);
  CHECK(received + dropped == sent);
  receiver.close();
  CHECK(receiver.stats().kernel_drops == dropped);
}

TEST_CASE("of trains that the kernel drops each is counted, as one at least",
          "[conformance][counters]") {
  if (!test::granted("gro")) return;  // none comes
  constexpr std::uint64_t trains = 200, length = 10;
  asio::io_context io;
  dgram::SocketOptions options;
  options.gro = true;
  options.recv_buffer_size = 1 << 16;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(length, 500);
  for (std::uint64_t i = 0; i < trains; ++i) {
    std::vector<dgram::Outgoing> train = test::outgoing(texts, receiver.local_endpoint());
    std::error_code ec;
    REQUIRE(sender.try_send_many(train, ec) == length);
  }
  const std::uint64_t dropped = receiver.stats().kernel_drops;
  CHECK(dropped > 0);
  std::uint64_t received = 0;
  std::error_code ec;
  while (receiver.try_recv(ec)) ++received;
  CHECK(received > 0);
  const bool each_datagram = received + dropped == trains * length;
  const bool each_train = received + dropped * length == trains * length;
  CHECK((each_datagram || each_train));
}

TEST_CASE("every datagram that was sent or refused is counted", "[conformance][counters]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = sender.local_endpoint();
  const std::string too_large(65508, 'x');
  std::error_code ec;
  CHECK(sender.try_send("abc", to, ec));
  CHECK_FALSE(sender.try_send(too_large, to, ec));
  const dgram::Stats stats = sender.stats();
  CHECK(stats.datagrams_sent == 1);
  CHECK(stats.bytes_sent == 3);
  CHECK(stats.send_calls.calls() >= 1);
}

}  // namespace conformance_counted_drops_test
