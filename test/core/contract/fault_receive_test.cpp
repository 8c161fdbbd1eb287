// Sockets on a channel that fails to receive: each error goes to exactly one operation, and the
// socket goes on.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/bytes.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_receive_test {

using dgram::FaultScript;
using test::at_most;
using test::Faulty;
using test::os;
using test::recv_text;

namespace {

/// What no retry can hide: a program has to hear of them.
const std::vector<int> reported = {ECONNREFUSED, ENOMEM, EIO, EHOSTUNREACH, ENETDOWN, ENOBUFS};
/// What means "later".
const std::vector<int> retried = {EAGAIN, EINTR};

}  // namespace

TEST_CASE("an error of the first receive goes to one recv, the next recv has the datagram",
          "[contract][fault]") {
  for (const int number : reported) {
    INFO(number);
    Faulty f;
    f.script->receive = {{os(number)}};
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> {
      std::error_code ec;
      const dgram::Datagram none = co_await f.socket.recv(ec);
      CHECK(ec == os(number));
      CHECK(!none);
      co_await test::expect(f.socket, "a");
    }());
    CHECK(f.socket.stats().datagrams_received == 1);
  }
}

TEST_CASE(
    "an error of the second receive goes to the second recv, and loses nothing on either side",
    "[contract][fault]") {
  for (const int number : reported) {
    INFO(number);
    dgram::SocketOptions one_by_one;
    one_by_one.batch = 1;
    Faulty f(one_by_one);
    f.script->receive = {{}, {os(number)}};
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> {
      co_await test::expect(f.socket, "a");
      f.put("b");
      const std::string error = co_await recv_text(f.socket);
      CHECK(error.front() == '<');
      co_await test::expect(f.socket, "b");
    }());
  }
}

TEST_CASE("EAGAIN and EINTR storms end in the datagram, with a wait between the calls and no error",
          "[contract][fault]") {
  for (const int number : retried) {
    INFO(number);
    Faulty f;
    for (int i = 0; i < 100; ++i) f.script->receive.push_back({os(number)});
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> { co_await test::expect(f.socket, "a"); }());
    CHECK(f.script->receive_calls == 101);
    CHECK(f.script->waits == 101);  // never a second call without the kernel's word in between
  }
}

TEST_CASE("of two waiting receives the first gets the error, the second the datagram",
          "[contract][fault]") {
  for (const int number : reported) {
    Faulty f;
    f.script->receive = {{os(number)}};
    std::vector<std::string> results;
    for (int i = 0; i < 2; ++i)
      f.socket.async_recv([&results](std::error_code ec, dgram::Datagram datagram) {
        results.push_back(ec ? std::string(dgram::code_name(ec)) : std::string(datagram.text()));
      });
    f.put("a");
    test::run(f.io);
    REQUIRE(results.size() == 2);
    CHECK(results[0] == dgram::code_name(os(number)));
    CHECK(results[1] == "a");
  }
}

TEST_CASE("an error beside datagrams comes after them, once", "[contract][fault]") {
  Faulty f;
  f.script->receive = {at_most(2, os(EIO))};
  for (const char* text : {"a", "b", "c"}) f.put(text);
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "a");
    co_await test::expect(f.socket, "b");
    co_await test::expect(f.socket, "<EIO>");
    co_await test::expect(f.socket, "c");
  }());
}

TEST_CASE("would_block beside datagrams is no error", "[contract][fault]") {
  Faulty f;
  f.script->receive = {at_most(1, os(EAGAIN))};
  for (const char* text : {"a", "b"}) f.put(text);
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "a");
    co_await test::expect(f.socket, "b");
  }());
}

TEST_CASE("short batches, and batches of nothing, delay and lose nothing", "[contract][fault]") {
  Faulty f;
  f.script->receive = {at_most(0), at_most(1), at_most(0), at_most(2), at_most(0), at_most(0)};
  for (const char* text : {"a", "b", "c", "d", "e"}) f.put(text);
  test::run(f.io, [&]() -> asio::awaitable<void> {
    for (const char* text : {"a", "b", "c", "d", "e"}) co_await test::expect(f.socket, text);
  }());
}

TEST_CASE("recv_into reports an error once and goes on", "[contract][fault]") {
  for (const int number : reported) {
    Faulty f;
    f.script->receive = {{os(number)}, {}, {os(number)}};
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> {
      std::array<std::byte, 16> buffer;
      for (const char* expected : {"", "a", "", "b"}) {
        std::error_code ec;
        dgram::Received got;
        try {
          got = co_await f.socket.recv_into(buffer);
        } catch (const dgram::Error& error) {
          ec = error.code();
          CHECK(error.operation() == "recv_into");
        }
        CHECK(ec == (*expected ? std::error_code() : os(number)));
        CHECK(test::text_of(std::span(buffer).first(got.size)) == expected);
        if (got.size == 1 && expected[0] == 'a') f.put("b");
      }
    }());
  }
}

TEST_CASE("an error beside a datagram of recv_into comes after it, once", "[contract][fault]") {
  // The first receive of a socket asks for two datagrams. A later one asks for one, which the
  // kernel then writes into the caller's buffer.
  const bool straight = GENERATE(false, true);
  INFO((straight ? "straight" : "by way of the ring"));
  Faulty f;
  f.put("a");
  if (straight) f.script->receive.emplace_back();
  f.script->receive.push_back(at_most(1, os(EIO)));
  test::run(f.io, [&]() -> asio::awaitable<void> {
    std::array<std::byte, 16> buffer;
    std::string seen;
    for (std::size_t i = 0; i < (straight ? 4u : 3u); ++i) {
      std::error_code ec;
      dgram::Received got;
      try {
        got = co_await f.socket.recv_into(buffer);
      } catch (const dgram::Error& error) {
        ec = error.code();
      }
      if (ec) CHECK(ec == os(EIO));
      seen += ec ? std::string("<EIO>") : test::text_of(std::span(buffer).first(got.size));
      if (seen == "a" && straight) f.put("b");
      if (ec) f.put("c");
    }
    CHECK(seen == (straight ? "ab<EIO>c" : "a<EIO>c"));
  }());
}

TEST_CASE("recv_many gives what it has before it reports an error", "[contract][fault]") {
  Faulty f;
  f.script->receive = {at_most(2, os(EIO))};
  for (const char* text : {"a", "b", "c"}) f.put(text);
  test::run(f.io, [&]() -> asio::awaitable<void> {
    std::array<dgram::Datagram, 8> into;
    const std::size_t before = co_await f.socket.recv_many(into);
    CHECK(before == 2);
    std::error_code ec;
    try {
      co_await f.socket.recv_many(into);
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    CHECK(ec == os(EIO));
    CHECK(into[1].text() == "b");  // a failing call leaves the datagrams of the caller alone
    const std::size_t after = co_await f.socket.recv_many(into);
    CHECK(after == 1);
    CHECK(into[0].text() == "c");
  }());
}

TEST_CASE("recv_for reports an error as an error, not as a deadline", "[contract][fault]") {
  Faulty f;
  f.script->receive = {{os(ECONNREFUSED)}};
  f.put("a");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    std::error_code ec;
    try {
      co_await f.socket.recv_for(std::chrono::hours(1));
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    CHECK(ec == asio::error::connection_refused);
    const std::optional<dgram::Datagram> datagram =
        co_await f.socket.recv_for(std::chrono::hours(1));
    REQUIRE(datagram);
    CHECK(datagram->text() == "a");
  }());
}

TEST_CASE("try_recv reports an error once and then has the datagram", "[contract][fault]") {
  Faulty f;
  f.script->receive = {{os(EIO)}, {os(EAGAIN)}};
  f.put("a");
  std::error_code ec;
  CHECK(!f.socket.try_recv(ec));
  CHECK(ec == os(EIO));
  CHECK(!f.socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  const std::optional<dgram::Datagram> datagram = f.socket.try_recv(ec);
  REQUIRE(datagram);
  CHECK(!ec);
  CHECK(datagram->text() == "a");
}

TEST_CASE("a datagram that the channel cut says so, with its true length, and is counted",
          "[contract][fault]") {
  Faulty f;
  FaultScript::Fault cut;
  cut.cut_datagrams = true;
  f.script->receive = {cut};
  f.put("abcd");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const dgram::Datagram datagram = co_await f.socket.recv();
    CHECK(datagram.text() == "ab");
    CHECK(datagram.truncated());
    CHECK(datagram.full_size() == 4);
    f.put("efgh");
    const dgram::Datagram whole = co_await f.socket.recv();
    CHECK(!whole.truncated());
  }());
  CHECK(f.socket.stats().truncated == 1);
}

TEST_CASE("metadata that was lost reads as absent, and the datagram says why",
          "[contract][fault]") {
  Faulty f;
  FaultScript::Fault lost;
  lost.lose_control = true;
  f.script->receive = {lost};
  f.put("a");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const dgram::Datagram datagram = co_await f.socket.recv();
    CHECK(datagram.text() == "a");
    CHECK(datagram.control_truncated());
    CHECK(!datagram.hop_limit());
    f.put("b");
    const dgram::Datagram next = co_await f.socket.recv();
    CHECK(!next.control_truncated());
  }());
  CHECK(f.socket.stats().control_truncated == 1);
}

}  // namespace contract_fault_receive_test
