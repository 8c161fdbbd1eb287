// async_dispose(): closes a socket in whatever state it is, and returns when `close` was emitted.
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <chrono>
#include <dgram/node/socket.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <support/run.hpp>
#include <system_error>

#include "failures.hpp"
#include "held_lookups.hpp"

namespace node_dispose_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// A coroutine that disposes, and what was seen of it.
asio::awaitable<void> dispose(Socket socket, std::string& log) {
  co_await socket.async_dispose();
  log += "disposed ";
}

/// The same, that can be canceled in every way that there is.
asio::awaitable<void> dispose_until_canceled(Socket socket, std::string& log) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  try {
    co_await socket.async_dispose();
    log += "disposed ";
  } catch (const std::system_error& error) {
    log += error.code() == asio::error::operation_aborted ? "canceled " : error.what();
  }
}

/// A socket whose lookups wait for their answers, and a log of what happens to it.
struct LoggedSocket {
  LoggedSocket() {
    socket.on(event::listening, [this] { log += "listening "; });
    socket.on(event::connect, [this] { log += "connect "; });
    socket.on(event::error, [this](const Error&) { log += "error "; });
    socket.on(event::close, [this] { log += "close "; });
  }
  void spawn(asio::awaitable<void> coroutine) {
    asio::co_spawn(io, std::move(coroutine), [this](std::exception_ptr failure) {
      if (failure) log += "failed ";
    });
  }
  void dispose() { spawn(node_dispose_test::dispose(socket, log)); }
  void bind() {
    socket.bind(0, "127.0.0.1");
    lookups.answer();
  }
  void connect() {
    socket.connect_sync(9, "127.0.0.1");
    run_ready();
  }
  /// A send, which waits for a bind where there is none yet.
  void send() {
    socket.send("x", 9, "127.0.0.1", [this](const Error* error, std::size_t) {
      log += error ? error->code() + ' ' : "sent ";
    });
  }
  void run_ready() {
    io.restart();
    io.poll();
  }
  void run() { test::run(io); }
  bool is_closed() const {
    return test::code_of([&] { socket.get_send_queue_count(); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING";
  }

  std::string log;
  asio::io_context io;
  test::HeldLookups lookups;
  Socket socket = create_socket(io, lookups.options());
};

}  // namespace

TEST_CASE("disposing an unbound socket closes it", "[node][dispose]") {
  LoggedSocket f;
  f.dispose();
  f.run();
  CHECK(f.log == "close disposed ");
  CHECK(f.is_closed());
}

TEST_CASE("disposing does nothing before it is awaited", "[node][dispose]") {
  LoggedSocket f;
  { const asio::awaitable<void> never = f.socket.async_dispose(); }
  f.run();
  CHECK(f.log.empty());
  CHECK(!f.is_closed());
}

TEST_CASE("disposing a bound socket closes it", "[node][dispose]") {
  LoggedSocket f;
  f.bind();
  f.dispose();
  f.run();
  CHECK(f.log == "listening close disposed ");
  CHECK(f.is_closed());
}

TEST_CASE("disposing a socket that binds closes it at once", "[node][dispose]") {
  LoggedSocket f;
  f.socket.bind(0, "somewhere");
  f.dispose();
  f.run();
  CHECK(f.log == "close disposed ");
  f.lookups.fail();  // nobody hears of it any more
  f.run();
  CHECK(f.log == "close disposed ");
}

TEST_CASE("disposing a connected socket, and one that connects, closes it", "[node][dispose]") {
  LoggedSocket connected;
  connected.bind();
  connected.connect();
  connected.dispose();
  connected.run();
  CHECK(connected.log == "listening connect close disposed ");

  LoggedSocket connecting;
  connecting.bind();
  connecting.socket.connect(9, "somewhere");
  connecting.dispose();
  connecting.run();
  connecting.lookups.answer("127.0.0.1");
  connecting.run();
  CHECK(connecting.log == "listening close disposed ");
}

TEST_CASE("disposing waits behind sends that wait for a bind", "[node][dispose]") {
  LoggedSocket f;
  f.send();
  f.dispose();
  f.run_ready();
  CHECK(f.log.empty());
  CHECK(!f.is_closed());
  f.lookups.answer();
  f.run();
  f.lookups.answer();
  f.run();
  CHECK(f.log == "listening close disposed ECANCELED ");
  CHECK(f.is_closed());
}

// close() alone would leave it open.
TEST_CASE("disposing closes also when the bind fails that it waited for", "[node][dispose]") {
  LoggedSocket f;
  f.send();
  f.dispose();
  f.run_ready();
  f.lookups.fail();
  f.run();
  CHECK(f.log == "error ECANCELED close disposed ");
  CHECK(f.is_closed());
}

TEST_CASE("disposing closes also when the bind fails and nobody listens for the error",
          "[node][dispose]") {
  std::string log;
  asio::io_context io;
  test::HeldLookups lookups;
  Socket socket = create_socket(io, lookups.options());
  socket.send("x", 9, "127.0.0.1");
  asio::co_spawn(io, dispose(socket, log), [](std::exception_ptr) {});
  io.poll();
  CHECK_THROWS_AS(lookups.fail(), Error);
  test::run(io);
  CHECK(log == "disposed ");
}

TEST_CASE("disposing closes also when a listener of listening throws before it",
          "[node][dispose]") {
  LoggedSocket f;
  f.socket.prepend(event::listening, [] { throw std::runtime_error("listening"); });
  f.send();
  f.dispose();
  f.run_ready();
  CHECK_THROWS_WITH(f.lookups.answer(), "listening");
  f.run();
  CHECK(f.log == "close disposed ");
  CHECK(f.is_closed());
}

TEST_CASE("disposing goes on behind a close that waits, and before one that comes later",
          "[node][dispose]") {
  LoggedSocket f;
  f.send();
  f.socket.close();
  f.dispose();
  f.run_ready();
  f.lookups.answer();
  f.run();
  CHECK(f.log == "listening close disposed ");

  LoggedSocket later;
  later.send();
  later.dispose();
  later.run_ready();
  later.socket.close();
  CHECK_THROWS_AS(later.lookups.answer(), Error);  // closed twice, as in Node
  later.run();
  CHECK(later.log == "listening close disposed ");
}

TEST_CASE("disposing a closed socket returns at once", "[node][dispose]") {
  LoggedSocket f;
  f.socket.close();
  f.run();
  CHECK(f.log == "close ");
  f.dispose();
  f.run();
  CHECK(f.log == "close disposed ");
}

TEST_CASE("disposing a socket whose close is on its way returns, and closes nothing twice",
          "[node][dispose]") {
  LoggedSocket f;
  f.dispose();
  f.socket.close();
  f.run();
  CHECK((f.log == "close disposed " || f.log == "disposed close "));
}

TEST_CASE("two may dispose of a socket at the same time", "[node][dispose]") {
  LoggedSocket now;
  now.bind();
  now.dispose();
  now.dispose();
  now.run();
  const std::string once = "close ";
  CHECK(now.log.find(once) == now.log.rfind(once));
  CHECK(now.log.size() == std::string("listening close disposed disposed ").size());

  LoggedSocket later;
  later.send();
  later.dispose();
  later.dispose();
  later.run_ready();
  later.lookups.answer();
  later.run();
  CHECK(later.log == "listening close disposed disposed ");

  LoggedSocket never;
  never.send();
  never.dispose();
  never.dispose();
  never.run_ready();
  never.lookups.fail();
  never.run();
  CHECK(never.log == "error ECANCELED close disposed disposed ");
}

TEST_CASE("disposing returns behind all listeners of close", "[node][dispose]") {
  LoggedSocket f;
  f.send();
  f.dispose();
  f.run_ready();
  f.socket.on(event::close, [&] { f.log += "added "; });
  f.lookups.answer();
  f.run();
  CHECK(f.log == "listening close added disposed ");
  CHECK(f.socket.listener_count(event::close) == 0);
}

TEST_CASE("a socket can be disposed of from its own listeners", "[node][dispose]") {
  LoggedSocket f;
  f.socket.on(event::listening, [&] {
    f.dispose();
    f.log += "spawned ";
  });
  f.bind();
  f.run();
  CHECK(f.log == "listening spawned close disposed ");
}

// Node's promise waits for ever then. Here a coroutine would, and with it run().
TEST_CASE("disposing returns also when a listener of close throws", "[node][dispose]") {
  LoggedSocket f;
  f.socket.prepend(event::close, [] { throw std::runtime_error("close"); });
  f.bind();
  f.dispose();
  CHECK_THROWS_WITH(f.run(), "close");
  CHECK_NOTHROW(test::run(f.io, std::chrono::seconds(5)));
  CHECK(f.log == "listening disposed ");
}

// What <dgram/node/socket.hpp> says of every closed socket: a listener that holds its own socket
// would keep it for ever.
TEST_CASE("a socket whose listener of close throws holds no listener afterwards",
          "[node][dispose]") {
  const auto held = std::make_shared<int>();
  asio::io_context io;
  {
    Socket socket = create_socket(io, "udp4");
    socket.on(event::close, [socket, held] { throw std::runtime_error("close"); });
    socket.on(event::message, [socket, held](const auto&, const auto&) {});
    socket.close();
  }
  CHECK_THROWS_WITH(test::run(io), "close");
  test::run(io);
  CHECK(held.use_count() == 1);
}

TEST_CASE("a canceled disposal ends with operation_aborted; the socket closes all the same",
          "[node][dispose]") {
  for (const auto type : {asio::cancellation_type::terminal,
                          asio::cancellation_type::partial,
                          asio::cancellation_type::total}) {
    INFO(static_cast<unsigned>(type));
    LoggedSocket f;
    asio::cancellation_signal signal;
    f.send();
    const std::size_t listeners = f.socket.listener_count(event::close);
    asio::co_spawn(f.io,
                   dispose_until_canceled(f.socket, f.log),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    f.run_ready();
    CHECK(f.log.empty());
    signal.emit(type);
    f.run_ready();
    CHECK(f.log == "canceled ");
    CHECK(f.socket.listener_count(event::close) == listeners);
    f.lookups.answer();
    f.run();
    CHECK(f.log == "canceled listening close ");
    CHECK(f.is_closed());
  }
}

TEST_CASE("a disposal that is canceled when the socket has closed ends in one way or the other",
          "[node][dispose]") {
  LoggedSocket f;
  asio::cancellation_signal signal;
  f.socket.on(event::close, [&] { signal.emit(asio::cancellation_type::terminal); });
  asio::co_spawn(f.io,
                 dispose_until_canceled(f.socket, f.log),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  f.run();
  CHECK((f.log == "close canceled " || f.log == "close disposed "));
  CHECK(f.is_closed());
}

TEST_CASE("a disposal needs no handle that lives", "[node][dispose]") {
  std::string log;
  asio::io_context io;
  std::optional<Socket> socket = create_socket(io, "udp4");
  socket->on(event::close, [&] { log += "close"; });
  socket->bind(0, "127.0.0.1");
  io.poll();
  asio::awaitable<void> disposal = socket->async_dispose();
  socket.reset();
  test::run(io, std::move(disposal));
  CHECK(log == "close");
}

TEST_CASE("a disposal that waits goes with its context, and leaves nothing behind",
          "[node][dispose]") {
  const auto held = std::make_shared<int>();
  std::string log;
  {
    asio::io_context io;
    test::HeldLookups lookups;
    Socket socket = create_socket(io, lookups.options());
    socket.on(event::close, [&log, socket, held] { log += "close "; });
    socket.send(
        "x", 9, "127.0.0.1", [&log, socket, held](const Error*, std::size_t) { log += "sent "; });
    asio::co_spawn(io, dispose(socket, log), [held](std::exception_ptr) {});
    io.poll();
    CHECK(held.use_count() > 1);
  }
  CHECK(held.use_count() == 1);
  CHECK(log.empty());
}

TEST_CASE("a disposal that was never begun goes with its context, too", "[node][dispose]") {
  const auto held = std::make_shared<int>();
  std::string log;
  {
    asio::io_context io;
    Socket socket = create_socket(io, "udp4");
    socket.on(event::close, [&log, socket, held] { log += "close "; });
    asio::co_spawn(io, dispose(socket, log), [held](std::exception_ptr) {});
  }
  CHECK(held.use_count() == 1);
  CHECK(log.empty());
}

}  // namespace node_dispose_test
