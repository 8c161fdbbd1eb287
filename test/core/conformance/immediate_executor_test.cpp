// Promise 4: an operation that is ready at once may complete through its handler's immediate
// executor, and only through that.
#include <dgram/config.hpp>

#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
#include <asio/bind_immediate_executor.hpp>
#include <asio/system_executor.hpp>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace {
// Its dispatch() calls at once.
constexpr auto at_once = [](auto handler) {
  return asio::bind_immediate_executor(asio::system_executor(), std::move(handler));
};
}  // namespace

TEST_CASE(
    "an operation that is ready completes inside its call where an immediate executor allows it",
    "[conformance][completion]") {
  for (const test::Operation operation : {test::Operation::recv,
                                          test::Operation::recv_for,
                                          test::Operation::recv_many,
                                          test::Operation::recv_into,
                                          test::Operation::wait_readable,
                                          test::Operation::send,
                                          test::Operation::send_many,
                                          test::Operation::send_segments}) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    dgram::Socket peer = test::bound(io);
    std::vector<int> taken;
    test::run(io, test::hold_some(peer, socket, 64, 2, taken));
    int calls = 0;
    test::Memory memory;
    test::start(operation,
                socket,
                memory,
                peer.local_endpoint(),
                at_once,
                [&](std::error_code ec, std::size_t) {
                  CHECK_FALSE(ec);
                  ++calls;
                });
    CHECK(calls == 1);
    test::run(io);
    CHECK(calls == 1);
  }
}

TEST_CASE(
    "a report that the socket holds is taken inside its call where an immediate executor allows it",
    "[conformance][completion]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io, test::options_for(test::Operation::recv_error));
  test::put_report(socket);
  std::error_code none;
  CHECK_FALSE(socket.try_recv(none));  // who finds nothing takes the reports out: it is held now
  REQUIRE(socket.stats().error_reports == 1);
  test::Outcome<dgram::Datagram> unready;
  socket.async_recv(at_once(unready.handler()));
  socket.cancel();
  test::run(io);  // an operation inside the context gives the next ones their turns
  test::Outcome<dgram::ErrorReport> outcome;
  socket.async_recv_error(at_once(outcome.handler()));
  CHECK(outcome.calls == 1);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value.error == asio::error::connection_refused);
  test::run(io);
  CHECK(outcome.calls == 1);
}

TEST_CASE("a recv_error that must wait ignores the immediate executor",
          "[conformance][completion]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io, test::options_for(test::Operation::recv_error));
  test::Outcome<dgram::ErrorReport> outcome;
  socket.async_recv_error(at_once(outcome.handler()));
  CHECK(outcome.calls == 0);
  io.poll();
  test::put_report(socket);
  CHECK(outcome.calls == 0);
  test::run(io);
  CHECK(outcome.calls == 1);
}

TEST_CASE("an operation that must wait ignores the immediate executor",
          "[conformance][completion]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(at_once(outcome.handler()));
  CHECK(outcome.calls == 0);
  io.poll();
  test::put(peer, socket, "later");
  CHECK(outcome.calls == 0);
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.value.text() == "later");
}

TEST_CASE("a handler that completes at once may close or destroy the socket",
          "[conformance][completion]") {
  asio::io_context io;
  auto socket = std::make_unique<dgram::Socket>(test::bound(io));
  dgram::Socket peer = test::bound(io);
  const dgram::Endpoint to = peer.local_endpoint();
  bool called = false;
  socket->async_send("x", to, at_once([&](std::error_code, std::size_t) {
                       socket.reset();
                       called = true;
                     }));
  test::run(io);
  CHECK(called);
}
#endif

namespace conformance_immediate_executor_test {}  // namespace conformance_immediate_executor_test
