// A socket may be moved while operations are pending: they move along.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <optional>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_move_test {

namespace {
using namespace std::chrono_literals;
}

TEST_CASE("pending operations move along with their socket", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::optional<dgram::Socket> first(test::bound(io));
  test::Outcome<dgram::Datagram> recv;
  test::Outcome<std::optional<dgram::Datagram>> recv_for;
  first->async_recv(recv.handler());
  first->async_recv_for(1h, recv_for.handler());
  io.poll();

  dgram::Socket second(std::move(*first));
  first.reset();  // destroying what was moved from must not end them
  io.poll();
  CHECK(recv.calls == 0);
  test::put_numbers(sender, second, 0, 2);
  test::run(io);
  CHECK(test::number(recv.value) == 0);
  REQUIRE(recv_for.value);
  CHECK(test::number(*recv_for.value) == 1);
}

TEST_CASE("a coroutine that waits does not notice that the socket was moved",
          "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket first = test::bound(io);
  int got = -1;
  const auto wait = [&]() -> asio::awaitable<void> {
    const dgram::Datagram d = co_await first.recv();
    got = test::number(d);
  };
  asio::co_spawn(io, wait(), asio::detached);
  io.poll();
  dgram::Socket second(std::move(first));
  test::put_numbers(sender, second, 3, 4);
  test::run(io);
  CHECK(got == 3);
}

TEST_CASE("what a socket holds moves along", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket first = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, first, 64, 1, got));
  dgram::Socket second(std::move(first));
  CHECK(second.stats().held > 0);
  test::take_rest(second, got);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("a pending recv_error, and reports that a socket holds, move along",
          "[conformance][move][reports]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  const dgram::SocketOptions options = test::options_for(test::Operation::recv_error);
  std::optional<dgram::Socket> first(test::bound(io, options));
  test::Outcome<dgram::ErrorReport> pending;
  first->async_recv_error(pending.handler());
  io.poll();
  dgram::Socket second(std::move(*first));
  std::error_code ec;
  CHECK_FALSE(first->try_recv_error(ec));
  CHECK(ec == asio::error::bad_descriptor);
  first.reset();
  io.poll();
  CHECK(pending.calls == 0);
  test::put_report(second);
  test::put_report(second);
  test::run(io);
  CHECK(pending.calls == 1);
  CHECK_FALSE(pending.ec);
  dgram::Socket third(std::move(second));
  CHECK(third.try_recv_error(ec));
  CHECK(third.stats().error_reports == 2);
}

TEST_CASE("assigning to a socket closes the old one and takes over the new one with its operations",
          "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket target = test::bound(io);
  dgram::Socket source = test::bound(io);
  const dgram::Endpoint old_address = target.local_endpoint();
  const dgram::Endpoint new_address = source.local_endpoint();
  test::Outcome<dgram::Datagram> of_target, of_source;
  target.async_recv(of_target.handler());
  source.async_recv(of_source.handler());
  io.poll();

  target = std::move(source);
  CHECK(target.local_endpoint() == new_address);
  dgram::Socket again(io);
  CHECK_NOTHROW(again.bind(old_address));  // free again
  test::put(sender, target, "x");
  test::run(io);
  CHECK(of_target.ec == asio::error::operation_aborted);
  CHECK_FALSE(of_source.ec);
  CHECK(of_source.value.text() == "x");
}

TEST_CASE("a closed socket comes back by assigning a new one", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket socket = test::bound(io);
  socket.close();
  socket = test::bound(io);
  test::put(sender, socket, "x");
  std::error_code ec;
  CHECK(socket.try_recv(ec));
}

TEST_CASE("assigning a socket to itself changes nothing", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  const dgram::Endpoint here = socket.local_endpoint();
  dgram::Socket& same = socket;
  socket = std::move(same);
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint() == here);
}

TEST_CASE("a socket may be destroyed by the handler of its own operation", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  auto socket = std::make_unique<dgram::Socket>(test::bound(io));
  test::Outcome<dgram::Datagram> second;
  socket->async_recv([&](std::error_code, dgram::Datagram) { socket.reset(); });
  socket->async_recv(second.handler());
  io.poll();
  test::put(sender, *socket, "1");
  test::put(sender, *socket, "2");
  test::run(io);
  CHECK_FALSE(socket);
  CHECK(second.calls == 1);
  CHECK(second.ec == asio::error::operation_aborted);
}

TEST_CASE("sockets in a vector survive its growth with operations pending", "[conformance][move]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::vector<dgram::Socket> sockets;
  std::vector<std::unique_ptr<test::Outcome<dgram::Datagram>>> outcomes;
  for (int i = 0; i < 20; ++i) {
    sockets.push_back(test::bound(io));
    outcomes.push_back(std::make_unique<test::Outcome<dgram::Datagram>>());
    sockets.back().async_recv(outcomes.back()->handler());
  }
  io.poll();
  for (dgram::Socket& socket : sockets) test::put(sender, socket, "x");
  test::run(io);
  for (const auto& outcome : outcomes) CHECK(outcome->value.text() == "x");
}

}  // namespace conformance_move_test
