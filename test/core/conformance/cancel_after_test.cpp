// Promise 5: cancel_after, where Asio has it, times an operation out without losing a datagram.
#include <dgram/config.hpp>

#if defined(DGRAM_HAS_CANCEL_AFTER)
#include <asio/as_tuple.hpp>
#include <asio/cancel_after.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

TEST_CASE("cancel_after ends a receive that waits, and the next datagram stays",
          "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const auto body = [&]() -> asio::awaitable<void> {
    const auto late =
        co_await receiver.async_recv(asio::cancel_after(1ms, asio::as_tuple(asio::use_awaitable)));
    CHECK(std::get<0>(late) == asio::error::operation_aborted);
    CHECK_FALSE(std::get<1>(late).has_value());
    test::put(sender, receiver, "7");
    const auto d =
        co_await receiver.async_recv(asio::cancel_after(1h, asio::as_tuple(asio::use_awaitable)));
    CHECK_FALSE(std::get<0>(d));
    CHECK(test::number(std::get<1>(d)) == 7);
  };
  test::run(io, body());
}

TEST_CASE("cancel_after of no time at all loses no datagram that is ready",
          "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  for (int i = 0; i < 200; ++i) {
    test::Outcome<dgram::Datagram> outcome;
    receiver.async_recv(asio::cancel_after(0s, outcome.handler()));
    test::run(io);
    REQUIRE(outcome.calls == 1);
    if (outcome.value.has_value()) got.push_back(test::number(outcome.value));
  }
  test::take_rest(receiver, got);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("cancel_after works with sends by name", "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::vector<dgram::LookupHandler> unanswered;
  sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
    unanswered.push_back(std::move(done));
  });
  test::Outcome<std::size_t> outcome;
  sender.async_send("x", "example.invalid", 9, asio::cancel_after(1ms, outcome.handler()));
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::operation_aborted);
}
#endif

namespace conformance_cancel_after_test {}  // namespace conformance_cancel_after_test
