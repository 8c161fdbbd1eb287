// recv_many, recv_into, try_recv, try_send and wait_readable.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/offload.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_recv_many_test {

TEST_CASE("recv_many waits for the first and takes what else is here", "[socket][recv_many]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::array<dgram::Datagram, 8> into;
  test::Outcome<std::size_t> outcome;
  receiver.async_recv_many(into, outcome.handler());
  io.poll();
  CHECK(outcome.calls == 0);
  test::put_numbers(sender, receiver, 0, 3);
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.value >= 1);
  CHECK(outcome.value <= 3);
  for (std::size_t i = 0; i < into.size(); ++i) {
    CHECK(into[i].has_value() == (i < outcome.value));
    if (into[i]) CHECK(test::number(into[i]) == static_cast<int>(i));
  }
}

TEST_CASE("recv_many gives everything in order, whatever the size of the span",
          "[socket][recv_many]") {
  for (const std::size_t room : {1u, 2u, 7u, 16u, 17u, 100u}) {
    INFO(room);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io);
    dgram::Socket sender = test::bound(io);
    test::put_numbers(sender, receiver, 0, 100);
    std::vector<int> got;
    std::vector<dgram::Datagram> into(room);
    std::size_t calls = 0;
    const auto body = [&]() -> asio::awaitable<void> {
      while (got.size() < 100) {
        const std::size_t n = co_await receiver.recv_many(into);
        ++calls;
        REQUIRE(n >= 1);
        REQUIRE(n <= room);
        for (std::size_t i = 0; i < n; ++i) got.push_back(test::number(into[i]));
      }
    };
    test::run(io, body());
    CHECK(got == test::first_numbers(100));
    CHECK(calls <= 100);
  }
}

TEST_CASE("a burst is received in few calls, or one by one where recvmmsg is switched off",
          "[socket][offload][recv_many]") {
  constexpr std::size_t sent = 64;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put_numbers(sender, receiver, 0, sent);
  std::array<dgram::Datagram, sent> into;
  std::size_t got = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    while (got < sent) {
      const std::size_t n = co_await receiver.recv_many(into);
      got += n;
    }
  };
  test::run(io, body());
  CHECK(got == sent);
  const std::uint64_t calls = receiver.stats().receive_calls.calls();
  CHECK((test::granted("batch_receive") ? calls <= sent / 2 : calls >= sent));
}

TEST_CASE("recv_many releases the datagrams that were in its span before it asks the kernel",
          "[socket][recv_many]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::array<dgram::Datagram, 3> into;
  test::put(sender, receiver, "old 0");
  test::put(sender, receiver, "old 1");
  test::put(sender, receiver, "old 2");
  std::error_code ec;
  for (dgram::Datagram& each : into) each = *receiver.try_recv(ec);
  test::Outcome<std::size_t> outcome;
  receiver.async_recv_many(into, outcome.handler());
  io.poll();
  CHECK(into[1].text() == "old 1");  // while it waits they are the caller's
  test::put(sender, receiver, "new");
  test::run(io);
  CHECK(outcome.value == 1);
  CHECK(into[0].text() == "new");
  CHECK(!into[1]);
  CHECK(!into[2]);
}

TEST_CASE("receives into no room at all are refused and take nothing",
          "[socket][recv_many][input]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "stays");
  test::Outcome<std::size_t> many;
  test::Outcome<dgram::Received> into;
  receiver.async_recv_many({}, many.handler());
  receiver.async_recv_into({}, into.handler());
  test::run(io);
  CHECK(many.ec == dgram::Errc::no_buffers);
  CHECK(into.ec == dgram::Errc::no_buffers);
  std::error_code ec;
  const auto d = receiver.try_recv(ec);
  REQUIRE(d);
  CHECK(d->text() == "stays");
}

TEST_CASE("receives into no room at all are refused at once, also where others wait",
          "[socket][recv_many][input]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  const bool another_waits = GENERATE(false, true);
  test::Outcome<dgram::Datagram> waiting;
  if (another_waits) receiver.async_recv(waiting.handler());
  test::Outcome<std::size_t> many;
  test::Outcome<dgram::Received> into;
  receiver.async_recv_many({}, many.handler());
  receiver.async_recv_into({}, into.handler());
  io.poll();
  CHECK(many.ec == dgram::Errc::no_buffers);
  CHECK(into.ec == dgram::Errc::no_buffers);
  CHECK(waiting.calls == 0);
}

TEST_CASE("recv_into stores the bytes and the sender", "[socket][recv_into]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  // Some of them come out of what the socket holds, some straight from the kernel.
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  const auto body = [&]() -> asio::awaitable<void> {
    std::array<std::byte, 100> bytes;
    while (got.size() < 64) {
      const dgram::Received r = co_await receiver.recv_into(bytes);
      REQUIRE_FALSE(r.truncated);
      REQUIRE(r.size == r.full_size);
      REQUIRE(r.remote == sender.local_endpoint());
      got.push_back(test::number(std::span<const std::byte>(bytes).first(r.size)));
    }
  };
  test::run(io, body());
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("recv_into never writes beyond its span", "[socket][recv_into]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const std::string text(3000, 'x');
  test::put(sender, receiver, text);
  std::vector<std::byte> bytes(2600, std::byte{'-'});
  test::Outcome<dgram::Received> outcome;
  receiver.async_recv_into(std::span(bytes).subspan(100, 2400), outcome.handler());
  test::run(io);
  CHECK(outcome.value.size == 2400);
  CHECK(outcome.value.full_size == 3000);
  CHECK(outcome.value.truncated);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    REQUIRE(bytes[i] == ((i >= 100 && i < 2500) ? std::byte{'x'} : std::byte{'-'}));
}

TEST_CASE("try_recv says would_block when there is nothing, and never waits", "[socket][try]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  test::put_numbers(sender, receiver, 0, 50);
  std::vector<int> got;
  test::take_rest(receiver, got);
  CHECK(got == test::first_numbers(50));
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  test::put(sender, receiver, "x");
  CHECK(receiver.try_recv(ec));
  CHECK_FALSE(ec);
}

TEST_CASE("try_send works at once, without a context that runs", "[socket][try]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender(io);
  std::error_code ec;
  CHECK(sender.try_send("one", receiver.local_endpoint(), ec));
  CHECK_FALSE(ec);
  sender.connect(receiver.local_endpoint());
  CHECK(sender.try_send("two", ec));
  CHECK(receiver.try_recv(ec)->text() == "one");
  CHECK(receiver.try_recv(ec)->text() == "two");
}

TEST_CASE("wait_readable waits for the kernel", "[socket][wait_readable]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<void> outcome;
  receiver.async_wait_readable(outcome.handler());
  io.poll();
  CHECK(outcome.calls == 0);
  test::put(sender, receiver, "x");
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK_FALSE(outcome.ec);
  std::error_code ec;
  CHECK(receiver.try_recv(ec));
}

TEST_CASE("wait_readable is ready while the socket holds something, and takes nothing",
          "[socket][wait_readable]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    while (got.size() < 64) {
      co_await receiver.wait_readable();
      const auto d = receiver.try_recv(ec);
      REQUIRE(d);
      got.push_back(test::number(*d));
    }
  };
  test::run(io, body());
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("wait_readable does not stand in the way of the receive behind it",
          "[socket][wait_readable]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<void> readable;
  test::Outcome<dgram::Datagram> recv;
  receiver.async_wait_readable(readable.handler());
  receiver.async_recv(recv.handler());
  io.poll();
  test::put(sender, receiver, "x");
  test::run(io);
  CHECK(readable.calls == 1);
  CHECK_FALSE(readable.ec);
  CHECK(recv.value.text() == "x");
}

}  // namespace socket_recv_many_test
