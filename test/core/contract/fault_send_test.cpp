// Sockets on a channel that fails to send: later means later, no means no, each to exactly one
// datagram.
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_send_test {

using dgram::Errc;
using dgram::FaultScript;
using test::at_most;
using test::Faulty;
using test::os;

namespace {

/// What is final for a datagram. ENOBUFS too: waiting for room would hang where the kernel never
/// reports it.
const std::vector<int> refusals = {
    ENOBUFS, EMSGSIZE, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPERM, EACCES, ENOMEM, EIO, EINVAL};

/// The results of callbacks, in the order in which they came.
struct Results {
  void operator()(const std::string& name, std::error_code ec) {
    order.push_back(name + (ec ? ':' + std::string(dgram::code_name(ec)) : ""));
  }
  std::vector<std::string> order;
};

void start(Faulty& f, Results& results, const char* text) {
  f.socket.async_send(text,
                      f.peer.local_endpoint(),
                      [&results, text](std::error_code ec, std::size_t) { results(text, ec); });
}

/// Lets the first send find out that the kernel takes no more. The script must hold enough refusals
/// for the checks that follow.
void run_until_blocked(Faulty& f) {
  f.io.restart();
  while (f.script->send_calls == 0) REQUIRE(f.io.poll_one() == 1);
}

}  // namespace

TEST_CASE("a send that the kernel puts off waits and then goes out, without an error",
          "[contract][fault]") {
  for (const int number : {EAGAIN, EINTR}) {
    Faulty f;
    for (int i = 0; i < 50; ++i) f.script->send.push_back({os(number)});
    test::run(f.io, [&]() -> asio::awaitable<void> {
      const std::size_t sent = co_await f.socket.send("a", f.peer.local_endpoint());
      CHECK(sent == 1);
    }());
    CHECK(f.script->waits == 50);  // a wait after each refusal, never a loop
    CHECK(f.received() == "a\n");
    CHECK(f.socket.stats().datagrams_sent == 1);
    CHECK(f.socket.stats().send_errors == 0);
  }
}

TEST_CASE("sends behind one that waits keep their order", "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}, {os(EAGAIN)}, {}, {os(EAGAIN)}};
  Results results;
  for (const char* text : {"a", "b", "c", "d"}) start(f, results, text);
  test::run(f.io);
  CHECK(results.order == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(f.received() == "a\nb\nc\nd\n");
}

TEST_CASE("the send queue can be read, and is empty when all is sent", "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}};
  Results results;
  CHECK(f.socket.send_queue_count() == 0);
  start(f, results, "12345");
  start(f, results, "123");
  run_until_blocked(f);
  CHECK(f.socket.send_queue_count() == 2);
  CHECK(f.socket.send_queue_size() == 8);
  test::run(f.io);
  CHECK(f.socket.send_queue_count() == 0);
  CHECK(f.socket.send_queue_size() == 0);
}

TEST_CASE("a send beyond the count bound is refused with queue_full, and the queue recovers",
          "[contract][fault]") {
  dgram::SocketOptions options;
  options.send_queue_count = 2;
  Faulty f(options);
  f.script->send = {{os(EAGAIN)}};
  Results results;
  start(f, results, "a");
  run_until_blocked(f);
  start(f, results, "b");
  start(f, results, "refused");
  CHECK(f.socket.send_queue_count() == 2);
  test::run(f.io);
  std::sort(results.order.begin(), results.order.end());
  CHECK(results.order == std::vector<std::string>{"a", "b", "refused:ERR_SEND_QUEUE_FULL"});
  CHECK(f.socket.stats().send_queue_full == 1);
  start(f, results, "c");
  test::run(f.io);
  CHECK(results.order.back() == "c");
  CHECK(f.received() == "a\nb\nc\n");
}

TEST_CASE("a send beyond the byte bound is refused; one that is alone is let in whatever its size",
          "[contract][fault]") {
  dgram::SocketOptions options;
  options.send_queue_bytes = 4;
  Faulty f(options);
  f.script->send = {{os(EAGAIN)}};
  Results results;
  start(f, results, "larger than the bound");
  run_until_blocked(f);
  start(f, results, "x");
  test::run(f.io);
  std::sort(results.order.begin(), results.order.end());
  CHECK(results.order ==
        std::vector<std::string>{"larger than the bound", "x:ERR_SEND_QUEUE_FULL"});
  CHECK(f.received() == "larger than the bound\n");
}

TEST_CASE("a refusal completes its send with the error and never waits", "[contract][fault]") {
  for (const int number : refusals) {
    INFO(number);
    Faulty f;
    f.script->send = {{os(number)}};
    test::run(f.io, [&]() -> asio::awaitable<void> {
      const std::error_code first =
          co_await test::send_code(f.socket, "lost", f.peer.local_endpoint());
      const std::error_code second =
          co_await test::send_code(f.socket, "next", f.peer.local_endpoint());
      CHECK(first == os(number));
      CHECK(!second);
    }());
    CHECK(f.script->waits == 0);
    CHECK(f.received() == "next\n");
    CHECK(f.socket.stats().send_errors == 1);
    CHECK(f.socket.stats().datagrams_sent == 1);
  }
}

TEST_CASE("of sends that wait, only the one that is refused fails", "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}, {os(EMSGSIZE), 1}};  // one call for all that wait
  Results results;
  for (const char* text : {"a", "b", "c"}) start(f, results, text);
  test::run(f.io);
  CHECK(results.order == std::vector<std::string>{"a", "b:EMSGSIZE", "c"});
  CHECK(f.received() == "a\nc\n");
}

TEST_CASE("a waiting send that is cancelled has sent nothing; the one behind it goes out",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}};
  Results results;
  asio::cancellation_signal signal;
  const auto handler = [&results](std::error_code ec, std::size_t) { results("a", ec); };
  f.socket.async_send(
      "a", f.peer.local_endpoint(), asio::bind_cancellation_slot(signal.slot(), handler));
  start(f, results, "b");
  run_until_blocked(f);
  signal.emit(asio::cancellation_type::total);
  CHECK(results.order.empty());
  test::run(f.io);
  std::sort(results.order.begin(), results.order.end());
  CHECK(results.order == std::vector<std::string>{"a:ECANCELED", "b"});
  CHECK(f.received() == "b\n");
}

TEST_CASE("close ends the sends that wait, once each, and nothing more goes out",
          "[contract][fault]") {
  Faulty f;
  for (int i = 0; i < 10; ++i) f.script->send.push_back({os(EAGAIN)});
  Results results;
  start(f, results, "a");
  start(f, results, "b");
  run_until_blocked(f);
  f.socket.close();
  CHECK(results.order.empty());
  CHECK(f.socket.send_queue_count() == 0);
  test::run(f.io);
  CHECK(results.order == std::vector<std::string>{"a:ECANCELED", "b:ECANCELED"});
  CHECK(f.received().empty());
}

TEST_CASE("try_send says would_block and leaves the socket able to send", "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}, {os(ENOBUFS)}};
  std::error_code ec;
  CHECK(!f.socket.try_send("a", f.peer.local_endpoint(), ec));
  CHECK(ec == asio::error::would_block);
  CHECK(!f.socket.try_send("b", f.peer.local_endpoint(), ec));
  CHECK(ec == asio::error::no_buffer_space);
  CHECK(f.socket.try_send("c", f.peer.local_endpoint(), ec));
  CHECK(!ec);
  f.script->send = {{os(EAGAIN)}};
  CHECK(!f.socket.try_send("d", f.peer.local_endpoint(), ec));
  Results results;
  start(f, results, "e");
  test::run(f.io);
  CHECK(results.order == std::vector<std::string>{"e"});
  CHECK(f.received() == "c\ne\n");
}

TEST_CASE("try_send does not overtake a send that waits", "[contract][fault]") {
  Faulty f;
  f.script->send = {{os(EAGAIN)}};
  Results results;
  start(f, results, "first");
  run_until_blocked(f);
  std::error_code ec;
  CHECK(!f.socket.try_send("second", f.peer.local_endpoint(), ec));
  CHECK(ec == asio::error::would_block);
  test::run(f.io);
  CHECK(f.received() == "first\n");
}

TEST_CASE("a call that took nothing and gave no reason is not taken for a sent datagram",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(0), at_most(0)};
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::size_t sent = co_await f.socket.send("a", f.peer.local_endpoint());
    CHECK(sent == 1);
  }());
  CHECK(f.received() == "a\n");
  CHECK(f.socket.stats().datagrams_sent == 1);
}

TEST_CASE("send_segments goes on after short counts and waits, and stops at a refusal",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(1), at_most(1, os(EAGAIN)), at_most(0), {os(EAGAIN)}};
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::size_t sent =
        co_await f.socket.send_segments("aabbccdde", 2, f.peer.local_endpoint());
    CHECK(sent == 9);
  }());
  CHECK(f.received() == "aa\nbb\ncc\ndd\ne\n");

  f.script->send = {at_most(2, os(ENOBUFS))};
  std::error_code result;
  std::size_t accepted = 99;
  f.socket.async_send_segments(
      "aabbccdde", 2, f.peer.local_endpoint(), [&](std::error_code ec, std::size_t n) {
        result = ec;
        accepted = n;
      });
  test::run(f.io);
  CHECK(result == asio::error::no_buffer_space);
  CHECK(accepted == 4);
  CHECK(f.received() == "aa\nbb\n");
}

}  // namespace contract_fault_send_test
