// Everything pending, and then the end, in each of its forms. The sanitizers watch.
#include <unistd.h>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>
#include <dgram/dgram.hpp>
#include <memory>

#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/run.hpp"

namespace socket_teardown_test {

namespace {

using test::Operation;

constexpr std::chrono::seconds limit{20};

struct Result {
  int calls = 0;
  std::error_code ec;
};

/// A socket with one operation of each kind that waits: receives for a datagram, sends for room, a
/// send by name for its answer; and a coroutine in each direction.
struct Busy {
  explicit Busy(asio::io_context& io)
      : gate(test::gate(io)), socket(std::make_unique<dgram::Socket>(test::bound(io))) {
    socket->set_lookup([this](std::string, dgram::Family, dgram::LookupHandler done) {
      lookups.push_back(std::move(done));
    });
    gate->shut = true;
    const dgram::Endpoint to = socket->local_endpoint();
    for (const Operation operation : test::receiving) start(operation, to);
    for (const Operation operation :
         {Operation::send, Operation::send_many, Operation::send_segments})
      start(operation, to);
    Result& by_name = results.emplace_back();
    socket->async_send("x", "example.invalid", 9, [&by_name](std::error_code ec, std::size_t) {
      ++by_name.calls;
      by_name.ec = ec;
    });
    asio::co_spawn(io, receive(*socket, results.emplace_back()), asio::detached);
    asio::co_spawn(io, send(*socket, to, results.emplace_back()), asio::detached);
    io.poll();
    for (const Result& result : results) REQUIRE(result.calls == 0);
  }

  void start(Operation operation, const dgram::Endpoint& to) {
    Result& result = results.emplace_back();
    test::start(operation,
                *socket,
                memory[static_cast<std::size_t>(operation)],
                to,
                test::plain,
                [&result](std::error_code ec, std::size_t) {
                  ++result.calls;
                  result.ec = ec;
                });
  }

  static asio::awaitable<void> receive(dgram::Socket& s, Result& result) {
    std::error_code ec;
    const dgram::Datagram d = co_await s.recv(ec);
    ++result.calls;
    result.ec = ec;
  }
  static asio::awaitable<void> send(dgram::Socket& s, dgram::Endpoint to, Result& result) {
    std::error_code ec;
    co_await s.async_send("x", to, asio::redirect_error(asio::use_awaitable, ec));
    ++result.calls;
    result.ec = ec;
  }

  /// Gives the socket to one of its own pending handlers, as a service does whose coroutines own
  /// their sockets. Like Asio's, a socket must not outlive its context.
  void let_a_handler_own_it() {
    std::shared_ptr<dgram::Socket> owner(std::move(socket));
    owner->async_recv([owner](std::error_code, dgram::Datagram) {});
  }

  void check_all_aborted() const {
    for (const Result& result : results) {
      CHECK(result.calls == 1);
      CHECK(result.ec == asio::error::operation_aborted);
    }
  }
  void check_none_called() const {
    for (const Result& result : results) CHECK(result.calls == 0);
  }

  std::shared_ptr<test::Gate> gate;
  std::deque<Result> results;
  std::array<test::Memory, 10> memory;
  std::vector<dgram::LookupHandler> lookups;  ///< Never answered, and not dropped before the end.
  std::unique_ptr<dgram::Socket> socket;
};

}  // namespace

TEST_CASE("close with everything pending ends everything with operation_aborted",
          "[socket][teardown]") {
  asio::io_context io;
  Busy busy(io);
  busy.socket->close();
  busy.check_none_called();
  test::run(io, limit);
  busy.check_all_aborted();
}

TEST_CASE("cancel with everything pending ends everything, and the socket goes on",
          "[socket][teardown]") {
  asio::io_context io;
  Busy busy(io);
  busy.socket->cancel();
  busy.check_none_called();
  test::run(io, limit);
  busy.check_all_aborted();
  busy.gate->open();
  test::put(*busy.socket, *busy.socket, "on");
  std::error_code ec;
  CHECK(busy.socket->try_recv(ec)->text() == "on");
}

TEST_CASE("destroying the socket with everything pending ends everything with operation_aborted",
          "[socket][teardown]") {
  asio::io_context io;
  Busy busy(io);
  busy.socket.reset();
  busy.check_none_called();
  test::run(io, limit);
  busy.check_all_aborted();
}

TEST_CASE("destroying the context with everything pending calls nobody and leaks nothing",
          "[socket][teardown]") {
  auto io = std::make_unique<asio::io_context>();
  Busy busy(*io);
  busy.let_a_handler_own_it();
  io.reset();
  busy.check_none_called();
}

TEST_CASE("destroying socket and then context, without a turn in between, calls nobody",
          "[socket][teardown]") {
  auto io = std::make_unique<asio::io_context>();
  Busy busy(*io);
  busy.socket.reset();
  io.reset();
  busy.check_none_called();
}

TEST_CASE("moving the socket with everything pending moves everything", "[socket][teardown]") {
  asio::io_context io;
  Busy busy(io);
  dgram::Socket other(std::move(*busy.socket));
  busy.socket.reset();
  io.poll();
  busy.check_none_called();
  other.close();
  test::run(io, limit);
  busy.check_all_aborted();
}

TEST_CASE("releasing the descriptor with everything pending ends everything",
          "[socket][teardown]") {
  asio::io_context io;
  Busy busy(io);
  const int fd = busy.socket->release();
  busy.check_none_called();
  test::run(io, limit);
  busy.check_all_aborted();
  ::close(fd);
}

TEST_CASE("a stopped context may be destroyed with results on their way", "[socket][teardown]") {
  auto io = std::make_unique<asio::io_context>();
  Busy busy(*io);
  busy.socket->cancel();  // everything is posted now, and never runs
  busy.let_a_handler_own_it();
  io.reset();
  busy.check_none_called();
}

TEST_CASE("a coroutine that owns its socket dies with the context", "[socket][teardown]") {
  bool destroyed = false;
  struct Notice {
    bool& flag;
    ~Notice() { flag = true; }
  };
  {
    asio::io_context io;
    const auto body = [&]() -> asio::awaitable<void> {
      const Notice notice{destroyed};
      dgram::Socket socket = test::bound(io);
      const dgram::Datagram d = co_await socket.recv();
      FAIL("nothing was sent");
    };
    asio::co_spawn(io, body(), asio::detached);
    io.poll();
    CHECK_FALSE(destroyed);
  }
  CHECK(destroyed);
}

TEST_CASE("a handler that owns its socket dies with the context", "[socket][teardown]") {
  asio::io_context io;
  auto socket = std::make_shared<dgram::Socket>(test::bound(io));
  const std::weak_ptr<dgram::Socket> watch = socket;
  socket->async_recv([socket](std::error_code, dgram::Datagram) {});
  socket->async_recv_for(std::chrono::hours(1),
                         [socket](std::error_code, std::optional<dgram::Datagram>) {});
  socket.reset();
  io.poll();
  CHECK_FALSE(watch.expired());
  watch.lock()->cancel();
  test::run(io, limit);
  CHECK(watch.expired());
}

TEST_CASE("closing inside the handler of one operation ends the others", "[socket][teardown]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  Result second;
  socket.async_recv([&](std::error_code, dgram::Datagram) { socket.close(); });
  socket.async_recv([&](std::error_code ec, dgram::Datagram) {
    ++second.calls;
    second.ec = ec;
  });
  io.poll();
  test::put(peer, socket, "1");
  test::put(peer, socket, "2");
  test::run(io, limit);
  CHECK(second.calls == 1);
  CHECK(second.ec == asio::error::operation_aborted);
}

}  // namespace socket_teardown_test
