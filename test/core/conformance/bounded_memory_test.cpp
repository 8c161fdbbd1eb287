// Promise 7: memory is bounded. The queue of sends that wait has bounds, and receive memory is
// there only while there is something to hold.
#include <dgram/dgram.hpp>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_bounded_memory_test {

TEST_CASE("the queue of waiting sends is bounded in operations", "[conformance][bounded]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::SocketOptions options;
  options.send_queue_count = 2;
  dgram::Socket sender = test::bound(io, options);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  gate->shut = true;
  std::array<test::Outcome<std::size_t>, 3> outcomes;
  for (auto& outcome : outcomes) {
    sender.async_send("x", to, outcome.handler());
    io.poll();  // the first one finds out that the kernel takes no more
  }
  CHECK(outcomes[0].calls == 0);
  CHECK(outcomes[1].calls == 0);
  CHECK(outcomes[2].ec == dgram::Errc::queue_full);
  CHECK(sender.send_queue_count() == 2);
  CHECK(sender.stats().send_queue_full == 1);

  gate->open();
  test::run(io);
  CHECK_FALSE(outcomes[0].ec);
  CHECK_FALSE(outcomes[1].ec);
  CHECK(sender.stats().datagrams_sent == 2);
  CHECK(sender.send_queue_count() == 0);
}

TEST_CASE(
    "the queue of waiting sends is bounded in bytes, and lets a large one in when it is empty",
    "[conformance][bounded]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::SocketOptions options;
  options.send_queue_bytes = 100;
  dgram::Socket sender = test::bound(io, options);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::string large(200, 'x');
  gate->shut = true;
  test::Outcome<std::size_t> only, refused;
  sender.async_send(large, to, only.handler());
  io.poll();
  sender.async_send("y", to, refused.handler());
  io.poll();
  CHECK(only.calls == 0);
  CHECK(refused.ec == dgram::Errc::queue_full);
  CHECK(sender.send_queue_size() == 200);
  gate->open();
  test::run(io);
  CHECK(only.value == 200);

  const std::string half(60, 'x');
  gate->shut = true;
  test::Outcome<std::size_t> first, second, third;
  io.restart();
  sender.async_send(half, to, first.handler());
  io.poll();
  sender.async_send(half, to, second.handler());
  sender.async_send(std::string_view(half).substr(0, 40), to, third.handler());
  io.poll();
  CHECK(first.calls == 0);
  CHECK(second.ec == dgram::Errc::queue_full);
  CHECK(third.calls == 0);
  CHECK(sender.send_queue_size() == 100);
  gate->open();
  test::run(io);
  CHECK(first.value == 60);
  CHECK(third.value == 40);
}

TEST_CASE(
    "a send_many that does not fit into the queue says so for the operation and sends nothing",
    "[conformance][bounded]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::SocketOptions options;
  options.send_queue_count = 1;
  dgram::Socket sender = test::bound(io, options);
  const dgram::Endpoint to = sender.local_endpoint();
  gate->shut = true;
  test::Outcome<std::size_t> waiting, refused;
  sender.async_send("x", to, waiting.handler());
  io.poll();
  std::array<dgram::Outgoing, 2> batch{dgram::Outgoing(asio::buffer("a", 1), to),
                                       dgram::Outgoing(asio::buffer("b", 1), to)};
  sender.async_send_many(batch, refused.handler());
  io.poll();
  CHECK(refused.ec == dgram::Errc::queue_full);
  CHECK(refused.value == 0);
  CHECK(batch[0].result == asio::error::operation_aborted);
  gate->open();
  test::run(io);
  CHECK(sender.stats().datagrams_sent == 1);
}

TEST_CASE("try_send does not overtake the sends that wait", "[conformance][bounded]") {
  asio::io_context io;
  const auto gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = sender.local_endpoint();
  gate->shut = true;
  std::error_code ec;
  CHECK_FALSE(sender.try_send("no room", to, ec));
  CHECK(ec == asio::error::would_block);
  test::Outcome<std::size_t> waiting;
  sender.async_send("x", to, waiting.handler());
  io.poll();
  gate->shut = false;
  CHECK_FALSE(sender.try_send("behind", to, ec));
  CHECK(ec == asio::error::would_block);
  gate->open();
  test::run(io);
  CHECK(sender.try_send("room", to, ec));
}

TEST_CASE("receive memory is held only while there is something to hold",
          "[conformance][bounded]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  CHECK(receiver.stats().pinned_bytes == 0);
  {
    std::vector<dgram::Datagram> kept;
    std::error_code ec;
    for (int i = 0; i < 200; ++i) {
      test::put(sender, receiver, "kept");
      auto d = receiver.try_recv(ec);
      REQUIRE(d);
      kept.push_back(std::move(*d));
    }
    // Each is at least there, and a kept one costs no more than a slab.
    CHECK(receiver.stats().pinned_bytes >= 200u * 4u);
    CHECK(receiver.stats().pinned_bytes <= 200u * (std::size_t{64} << 10));
    for (const dgram::Datagram& d : kept) REQUIRE(d.text() == "kept");
  }
  // A socket that has found nothing more is idle.
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(receiver.stats().pinned_bytes == 0);
}

TEST_CASE("a socket with a receive that waits owns no receive memory", "[conformance][bounded]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> first, second;
  receiver.async_recv(first.handler());
  test::put(sender, receiver, "x");
  test::run(io);
  first.value.reset();
  receiver.async_recv(second.handler());
  io.restart();
  io.poll();
  CHECK(second.calls == 0);
  CHECK(receiver.stats().pinned_bytes == 0);
  receiver.close();
  test::run(io);
}

TEST_CASE("a socket that waits owns nothing once the last datagram that was taken from it is gone",
          "[conformance][bounded]") {
  // The common hand-off: receive, give the datagram to somebody, receive again; it is dropped while
  // the socket waits.
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> first, second;
  receiver.async_recv(first.handler());
  test::put(sender, receiver, "x");
  test::run(io);
  receiver.async_recv(second.handler());
  io.restart();
  io.poll();
  CHECK(receiver.stats().pinned_bytes > 0);
  first.value.reset();
  CHECK(receiver.stats().pinned_bytes == 0);
  receiver.close();
  test::run(io);
}

TEST_CASE("receive memory does not grow with the traffic", "[conformance][bounded]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const std::string text(1200, 'x');
  std::uint64_t most = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int round = 0; round < 100; ++round) {
      for (int i = 0; i < 50; ++i) test::put(sender, receiver, text);
      for (int i = 0; i < 50; ++i) {
        const dgram::Datagram d = co_await receiver.recv();
        REQUIRE(d.size() == text.size());
      }
      const dgram::Stats stats = receiver.stats();
      most = std::max(most, stats.pinned_bytes + stats.pooled_bytes);
    }
  };
  test::run(io, body());
  // One batch of 64 KiB pieces, and as much again.
  CHECK(most <= (std::uint64_t{2} << 20) + (std::uint64_t{64} << 10));
}

TEST_CASE("a copy pins nothing but itself", "[conformance][bounded]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "small");
  std::error_code ec;
  auto d = receiver.try_recv(ec);
  REQUIRE(d);
  const dgram::Datagram copy = d->copy();
  d.reset();
  receiver.close();
  CHECK(receiver.stats().pinned_bytes < 1024);
  CHECK(copy.text() == "small");
  CHECK(copy.remote() == sender.local_endpoint());
  CHECK(copy.full_size() == 5);
}

}  // namespace conformance_bounded_memory_test
