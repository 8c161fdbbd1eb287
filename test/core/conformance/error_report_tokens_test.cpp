// Promise 5 for recv_error: it takes any completion token.
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <dgram/dgram.hpp>
#include <future>
#include <memory>
#include <optional>

#if __has_include(<asio/deferred.hpp>)
#include <asio/deferred.hpp>
inline constexpr auto deferred = asio::deferred;
#else
#include <asio/experimental/deferred.hpp>
inline constexpr auto deferred = asio::experimental::deferred;
#endif

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_error_report_tokens_test {

namespace {

/// A socket that asks for reports, and a port where nobody listens.
struct ReportingSocket {
  void refuse() {
    std::error_code ec;
    CHECK(socket.try_send("to nobody", dead, ec));
  }
  asio::io_context io;
  dgram::Endpoint dead = test::dead_port(io);
  dgram::Socket socket = test::bound(io, test::with_reports());
};

}  // namespace

TEST_CASE("recv_error takes callbacks, also move-only ones, futures and detached",
          "[conformance][reports][tokens]") {
  if (!test::is_linux_channel()) return;
  ReportingSocket f;
  for (int i = 0; i < 3; ++i) f.refuse();
  int got = 0;
  f.socket.async_recv_error(
      [&got, owned = std::make_unique<int>(7)](std::error_code ec, dgram::ErrorReport report) {
        if (!ec && report.error == asio::error::connection_refused) got = *owned;
      });
  std::future<dgram::ErrorReport> future = f.socket.async_recv_error(asio::use_future);
  f.socket.async_recv_error(asio::detached);
  test::run(f.io);
  CHECK(got == 7);
  CHECK(future.get().destination == f.dead);
  std::error_code ec;
  CHECK_FALSE(f.socket.try_recv_error(ec));

  std::future<dgram::ErrorReport> none = f.socket.async_recv_error(asio::use_future);
  f.socket.close();
  test::run(f.io);
  CHECK_THROWS_AS(none.get(), std::system_error);
}

TEST_CASE("recv_error takes deferred, and starts nothing before it is launched",
          "[conformance][reports][tokens]") {
  if (!test::is_linux_channel()) return;
  ReportingSocket f;
  f.refuse();
  auto operation = f.socket.async_recv_error(deferred);
  f.io.poll();
  CHECK(f.socket.stats().error_reports == 0);
  test::Outcome<dgram::ErrorReport> outcome;
  std::move(operation)(outcome.handler());
  test::run(f.io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.value.destination == f.dead);
}

TEST_CASE("recv_error takes use_awaitable, redirect_error and as_tuple, and is a coroutine itself",
          "[conformance][reports][tokens]") {
  if (!test::is_linux_channel()) return;
  ReportingSocket f;
  dgram::Socket& socket = f.socket;
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    f.refuse();
    const dgram::ErrorReport first = co_await socket.async_recv_error(asio::use_awaitable);
    CHECK(first.destination == f.dead);
    f.refuse();
    const dgram::ErrorReport second =
        co_await socket.async_recv_error(asio::redirect_error(asio::use_awaitable, ec));
    CHECK_FALSE(ec);
    CHECK(second.destination == f.dead);
    f.refuse();
    const auto third = co_await socket.async_recv_error(DGRAM_DETAIL_AS_TUPLE(asio::use_awaitable));
    CHECK_FALSE(std::get<0>(third));
    CHECK(std::get<1>(third).destination == f.dead);
    f.refuse();
    const dgram::ErrorReport fourth = co_await socket.recv_error();
    CHECK(fourth.destination == f.dead);
    f.refuse();
    const dgram::ErrorReport fifth = co_await socket.recv_error(ec);
    CHECK_FALSE(ec);
    CHECK(fifth.destination == f.dead);
    asio::post(f.io, [&] { socket.close(); });
    const dgram::ErrorReport none = co_await socket.recv_error(ec);
    CHECK(ec == asio::error::operation_aborted);
    CHECK(none.destination == dgram::Endpoint());
  };
  test::run(f.io, body());
}

}  // namespace conformance_error_report_tokens_test
