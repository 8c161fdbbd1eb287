// Sockets that asked for error reports, on a channel that scripts them: an error of one peer ends
// no receive and fails no send to another.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <dgram/forwarding_channel.hpp>
#include <memory>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/options.hpp>
#include <support/outcome.hpp>
#include <support/run.hpp>
#include <utility>

namespace contract_fault_reports_test {

using dgram::ErrorReport;
using dgram::FaultScript;
using test::at_most;
using test::Faulty;
using test::os;
using Origin = dgram::ErrorReport::Origin;

namespace {

ErrorReport report(int number, Origin origin, const dgram::Endpoint& destination) {
  ErrorReport result;
  result.error = os(number);
  result.origin = origin;
  result.destination = destination;
  return result;
}

const dgram::Endpoint elsewhere = dgram::make_endpoint("192.0.2.7", 9);
const std::vector<int> of_peers = {
    ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, EMSGSIZE, EPROTO, ENOPROTOOPT};

/// Each send meets the refusal of a datagram that went elsewhere. Where the socket never gives up,
/// the channel does.
class Refusing final : public dgram::ForwardingChannel {
 public:
  Refusing(const asio::any_io_executor& executor, std::size_t& calls)
      : ForwardingChannel(dgram::make_kernel_channel(executor)), calls_(calls) {}
  std::error_code send_batch(std::span<const dgram::SendItem> items,
                             std::size_t& count) noexcept override {
    if (++calls_ > 100) return inner().send_batch(items, count);
    count = 0;
    has_report_ = true;
    return os(ECONNREFUSED);
  }
  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override {
    if (!std::exchange(has_report_, false)) return 0;
    reports.front() = report(ECONNREFUSED, Origin::icmp, elsewhere);
    return 1;
  }

 private:
  std::size_t& calls_;
  bool has_report_ = false;
};

}  // namespace

TEST_CASE("an error of a peer ends no recv of an unconnected socket that gets reports",
          "[contract][fault][reports]") {
  for (const int number : of_peers) {
    INFO(number);
    Faulty f(test::with_reports());
    f.script->receive = {{os(number)}, {os(number)}};
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> { co_await test::expect(f.socket, "a"); }());
    CHECK(f.socket.stats().errors.of(os(number)) == 0);  // nobody was told
  }
}

TEST_CASE("an error of a peer ends no recv that waits, nor those behind it",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.script->receive = {{os(ECONNREFUSED)}, {}, {os(EHOSTUNREACH)}};
  test::Outcome<dgram::Datagram> first, second;
  f.socket.async_recv(first.handler());
  f.socket.async_recv(second.handler());
  f.io.poll();
  f.put("a");
  f.put("b");
  test::run(f.io);
  CHECK(first.value.text() == "a");
  CHECK(second.value.text() == "b");
}

TEST_CASE("a storm of errors of peers delays a recv and does not end it",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  for (int i = 0; i < 100; ++i) f.script->receive.push_back({os(ECONNREFUSED)});
  f.put("a");
  test::run(f.io, [&]() -> asio::awaitable<void> { co_await test::expect(f.socket, "a"); }());
  CHECK(f.script->receive_calls == 101);
  CHECK(f.script->waits > 1);  // others have their turn in between
}

TEST_CASE("an error of a peer beside datagrams is none of theirs", "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.script->receive = {at_most(1, os(ECONNREFUSED))};
  f.put("a");
  f.put("b");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "a");
    co_await test::expect(f.socket, "b");
  }());
  CHECK(f.socket.stats().errors.of(os(ECONNREFUSED)) == 0);
}

TEST_CASE("an error of this host is reported with reports as without",
          "[contract][fault][reports]") {
  for (const bool beside : {false, true}) {
    Faulty f(test::with_reports());
    f.script->receive = {beside ? at_most(1, os(EIO)) : FaultScript::Fault{os(EIO)}};
    f.put("a");
    test::run(f.io, [&]() -> asio::awaitable<void> {
      const char* const first = beside ? "a" : "<EIO>";
      const char* const second = beside ? "<EIO>" : "a";
      co_await test::expect(f.socket, first);
      co_await test::expect(f.socket, second);
    }());
    CHECK(f.socket.stats().errors.of(os(EIO)) == 1);
  }
}

TEST_CASE("without reports an error surfaces once, in a recv and in a send",
          "[contract][fault][reports]") {
  Faulty f;
  f.script->receive = {{os(ECONNREFUSED)}};
  f.script->send = {{os(ECONNREFUSED)}};
  f.put("a");
  const dgram::Endpoint to = f.peer.local_endpoint();
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "<ECONNREFUSED>");
    co_await test::expect(f.socket, "a");
    const std::error_code first = co_await test::send_code(f.socket, "b", to);
    CHECK(first == asio::error::connection_refused);
    const std::error_code second = co_await test::send_code(f.socket, "c", to);
    CHECK(!second);
  }());
  CHECK(f.received() == "c\n");
  CHECK(f.socket.stats().errors.of(os(ECONNREFUSED)) == 2);
}

TEST_CASE("a connected socket that gets reports is told in its recv as well",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.socket.connect(f.peer.local_endpoint());
  f.script->receive = {{os(ECONNREFUSED)}};
  f.script->reports = {report(ECONNREFUSED, Origin::icmp, f.peer.local_endpoint())};
  f.put("a");
  test::run(f.io, [&]() -> asio::awaitable<void> {
    co_await test::expect(f.socket, "<ECONNREFUSED>");
    co_await test::expect(f.socket, "a");
  }());
  std::error_code ec;
  const std::optional<ErrorReport> told = f.socket.try_recv_error(ec);
  REQUIRE(told);
  CHECK(told->destination == f.peer.local_endpoint());
}

TEST_CASE("a pending error of another peer fails no send, and the datagram goes out once",
          "[contract][fault][reports]") {
  for (const int number : of_peers) {
    for (const bool has_report : {false, true}) {
      INFO(number << (has_report ? ", with its report" : ", its report was lost"));
      Faulty f(test::with_reports());
      f.script->send = {{os(number)}};
      if (has_report) f.script->reports = {report(number, Origin::icmp, elsewhere)};
      const dgram::Endpoint to = f.peer.local_endpoint();
      test::run(f.io, [&]() -> asio::awaitable<void> {
        const std::error_code ec = co_await test::send_code(f.socket, "a", to);
        CHECK(!ec);
      }());
      CHECK(f.received() == "a\n");
      const dgram::Stats stats = f.socket.stats();
      CHECK(stats.datagrams_sent == 1);
      CHECK(stats.send_errors == 0);
      CHECK(stats.errors.of(os(number)) == 0);
      CHECK(stats.error_reports == (has_report ? 1 : 0));
    }
  }
}

TEST_CASE("a pending error inside a batch fails none of its datagrams",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.script->send = {at_most(1, os(ECONNREFUSED))};
  f.script->reports = {report(ECONNREFUSED, Origin::icmp, elsewhere)};
  std::array<dgram::Outgoing, 3> batch;
  for (dgram::Outgoing& one : batch)
    one = dgram::Outgoing(asio::buffer("x", 1), f.peer.local_endpoint());
  test::Outcome<std::size_t> outcome;
  f.socket.async_send_many(batch, outcome.handler());
  test::run(f.io);
  CHECK(!outcome.ec);
  CHECK(outcome.value == 3);
  for (const dgram::Outgoing& one : batch) CHECK(!one.result);
  CHECK(f.received() == "x\nx\nx\n");
  CHECK(f.socket.stats().datagrams_sent == 3);
}

TEST_CASE("a datagram that this host itself could not send fails its own send, once",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  const dgram::Endpoint to = f.peer.local_endpoint();
  f.script->send = {{os(EMSGSIZE)}};
  f.script->reports = {report(EMSGSIZE, Origin::local, to)};
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::error_code first = co_await test::send_code(f.socket, "a", to);
    CHECK(first == asio::error::message_size);
    const std::error_code second = co_await test::send_code(f.socket, "b", to);
    CHECK(!second);
  }());
  CHECK(f.script->send_calls == 2);
  CHECK(f.received() == "b\n");
  CHECK(f.socket.stats().send_errors == 1);
  CHECK(f.socket.stats().errors.of(os(EMSGSIZE)) == 1);
  std::error_code ec;
  const std::optional<ErrorReport> told = f.socket.try_recv_error(ec);
  REQUIRE(told);
  CHECK(told->origin == Origin::local);
  CHECK_FALSE(f.socket.try_recv_error(ec));
  CHECK(ec == asio::error::would_block);
}

TEST_CASE("a report of this host about another datagram fails no send",
          "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  f.script->send = {{os(EMSGSIZE)}};
  f.script->reports = {report(EMSGSIZE, Origin::local, elsewhere)};
  std::error_code ec;
  CHECK(f.socket.try_send("a", f.peer.local_endpoint(), ec));
  CHECK(f.received() == "a\n");
}

TEST_CASE("an error of this host fails a send at once, with reports as without",
          "[contract][fault][reports]") {
  for (const int number : {ENOBUFS, EIO, ENOMEM, EPERM}) {
    INFO(number);
    Faulty f(test::with_reports());
    f.script->send = {{os(number)}};
    std::error_code ec;
    CHECK_FALSE(f.socket.try_send("a", f.peer.local_endpoint(), ec));
    CHECK(ec == os(number));
    CHECK(f.script->send_calls == 1);
  }
}

TEST_CASE("an error that stays is reported, not tried for ever", "[contract][fault][reports]") {
  Faulty f(test::with_reports());
  for (int i = 0; i < 100; ++i) f.script->send.push_back({os(ENETUNREACH)});
  std::error_code ec;
  CHECK_FALSE(f.socket.try_send("a", f.peer.local_endpoint(), ec));
  CHECK(ec == asio::error::network_unreachable);
  CHECK(f.script->send_calls <= 8);
  CHECK(f.socket.stats().send_errors == 1);
  CHECK(f.socket.stats().errors.of(os(ENETUNREACH)) == 1);
}

TEST_CASE("a send that meets one other peer's error after the other gives up",
          "[contract][fault][reports]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  std::size_t calls = 0;
  dgram::set_channel_factory(io, [&calls](const asio::any_io_executor& executor) {
    return std::make_unique<Refusing>(executor, calls);
  });
  dgram::Socket socket = test::bound(io, test::with_reports());
  std::error_code ec;
  CHECK_FALSE(socket.try_send("a", peer.local_endpoint(), ec));
  CHECK(ec == asio::error::connection_refused);
  CHECK(calls == 8);
  CHECK(socket.stats().send_errors == 1);
}

TEST_CASE("the code of the connected peer's error that another send found is told by a receive",
          "[contract][fault][reports]") {
  const bool asks = GENERATE(false, true);
  INFO((asks ? "with reports" : "without"));
  dgram::SocketOptions options;
  options.receive_errors = asks;
  Faulty f(options);
  dgram::Socket other = test::bound(f.io);
  f.socket.connect(f.peer.local_endpoint());
  f.script->send = {{os(ECONNREFUSED)}};
  if (asks) f.script->reports = {report(ECONNREFUSED, Origin::icmp, f.peer.local_endpoint())};
  std::error_code ec;
  CHECK(f.socket.try_send("a", other.local_endpoint(), ec));
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::connection_refused);
  CHECK_FALSE(f.socket.try_recv(ec));
  CHECK(ec == asio::error::would_block);
}

}  // namespace contract_fault_reports_test
