// Sockets on a channel that cannot wait: the operation ends with the error. It neither spins nor
// hangs.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_wait_test {

using test::Faulty;
using test::os;

TEST_CASE("a read wait that fails ends one receive, and asks neither kernel nor wait again",
          "[contract][fault]") {
  for (const int number : {EBADF, ENOMEM, EPERM}) {
    Faulty f;
    f.script->wait = {{os(number)}};
    test::run(f.io, [&]() -> asio::awaitable<void> {
      std::error_code ec;
      co_await f.socket.recv(ec);
      CHECK(ec == os(number));
    }());
    CHECK(f.script->waits == 1);
    CHECK(f.script->receive_calls == 0);
    f.put("after");
    test::run(f.io, [&]() -> asio::awaitable<void> { co_await test::expect(f.socket, "after"); }());
  }
}

TEST_CASE("each failing wait ends one of the waiting receives, the rest wait on",
          "[contract][fault]") {
  Faulty f;
  f.script->wait = {{os(EBADF)}, {os(ENOMEM)}};
  std::vector<std::string> results;
  for (int i = 0; i < 3; ++i)
    f.socket.async_recv([&results](std::error_code ec, dgram::Datagram datagram) {
      results.push_back(ec ? std::string(dgram::code_name(ec)) : std::string(datagram.text()));
    });
  f.put("a");
  test::run(f.io);
  CHECK(results == std::vector<std::string>{"EBADF", "ENOMEM", "a"});
}

TEST_CASE("a wait that was merely cancelled is armed again for whoever still waits",
          "[contract][fault]") {
  Faulty f;
  for (int i = 0; i < 10; ++i) f.script->wait.push_back({asio::error::operation_aborted});
  f.put("a");
  test::run(f.io, [&]() -> asio::awaitable<void> { co_await test::expect(f.socket, "a"); }());
  CHECK(f.script->waits == 11);
}

TEST_CASE("a write wait that fails ends one send with its error, and nothing was sent",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}};
  f.script->wait = {{os(EBADF)}};
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::error_code first =
        co_await test::send_code(f.socket, "lost", f.peer.local_endpoint());
    CHECK(first == os(EBADF));
    CHECK(f.socket.send_queue_count() == 0);
    const std::error_code second =
        co_await test::send_code(f.socket, "next", f.peer.local_endpoint());
    CHECK(!second);
  }());
  CHECK(f.received() == "next\n");
}

TEST_CASE("sends behind a failing write wait each get their own end, in order",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}};
  f.script->wait = {{os(EBADF)}, {os(ENOMEM)}};
  std::vector<std::string> results;
  for (const char* text : {"a", "b", "c"})
    f.socket.async_send(text, f.peer.local_endpoint(), [&results](std::error_code ec, std::size_t) {
      results.push_back(std::string(dgram::code_name(ec)));
    });
  test::run(f.io);
  CHECK(results == std::vector<std::string>{"EBADF", "ENOMEM", ""});
  CHECK(f.received() == "c\n");
}

TEST_CASE("cancelling a receive whose wait is failing completes it once", "[contract][fault]") {
  Faulty f;
  f.script->wait = {{os(EBADF)}};
  int calls = 0;
  f.socket.async_recv([&calls](std::error_code, dgram::Datagram) { ++calls; });
  f.socket.cancel();
  test::run(f.io);
  CHECK(calls == 1);
}

TEST_CASE("closing a socket whose wait is failing completes its receive once",
          "[contract][fault]") {
  Faulty f;
  f.script->wait = {{os(EBADF)}};
  int calls = 0;
  f.socket.async_recv([&calls](std::error_code, dgram::Datagram) { ++calls; });
  f.socket.close();
  test::run(f.io);
  CHECK(calls == 1);
}

}  // namespace contract_fault_wait_test
