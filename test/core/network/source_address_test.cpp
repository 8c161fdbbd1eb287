// A source address that goes away and comes back: the sends say so, the socket outlives it.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/network/bound_on.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/network.hpp"
#include "support/run.hpp"

namespace network_source_address_test {

namespace {

using asio::ip::make_address;
using test::Host;
using Texts = std::vector<std::string>;

/// How a socket comes by the address that goes away.
struct Source {
  const char* name;
  const char* bound;    // where the socket is bound
  const char* chosen;   // SendOptions::source_address; none: ""
  const char* address;  // the one that goes away
  const char* peer;     // whom it sends to
  bool connected;
};
constexpr Source sources[] = {
    {"bound, IPv4", "10.0.0.9", "", "10.0.0.9/24", "10.0.0.2", false},
    {"bound, IPv6", "fd00::9", "", "fd00::9/64", "fd00::2", false},
    {"bound, mapped", "::ffff:10.0.0.9", "", "10.0.0.9/24", "::ffff:10.0.0.2", false},
    {"chosen, IPv4", "0.0.0.0", "10.0.0.9", "10.0.0.9/24", "10.0.0.2", false},
    {"chosen, IPv6", "::", "fd00::9", "fd00::9/64", "fd00::2", false},
    {"chosen, mapped", "::", "10.0.0.9", "10.0.0.9/24", "::ffff:10.0.0.2", false},
    {"bound and connected, IPv4", "10.0.0.9", "", "10.0.0.9/24", "10.0.0.2", true},
    {"bound and connected, IPv6", "fd00::9", "", "fd00::9/64", "fd00::2", true},
};
constexpr int source_count = 8;

struct SourceAndPeer {
  explicit SourceAndPeer(const Source& s) : source(s) {
    test::link({a, "eth0", {"10.0.0.1/24", "fd00::1/64", "10.0.0.9/24", "fd00::9/64"}},
               {b, "eth0", {"10.0.0.2/24", "fd00::2/64"}});
    peer.emplace(b, unmapped(source.peer));
    to = dgram::Endpoint(make_address(source.peer), peer->local().port());
    if (*source.chosen != 0) options.source_address = make_address(source.chosen);
  }
  static std::string unmapped(std::string text) {
    return text.starts_with("::ffff:") ? text.substr(7) : text;
  }
  void remove() const { a.ip(std::string("address del ") + source.address + " dev eth0"); }
  void bring_back() const {
    const bool v6 = std::string(source.address).find(':') != std::string::npos;
    a.ip(std::string("address add ") + source.address + (v6 ? " nodad" : "") + " dev eth0");
    a.await_ready("eth0");
  }
  asio::ip::address expected() const {
    const std::string text = source.address;
    return make_address(text.substr(0, text.find('/')));
  }

  const Source source;
  const Host a{"a"}, b{"b"};
  std::optional<test::PlainSocket> peer;
  dgram::Endpoint to;
  dgram::SendOptions options;
};

/// Every way to send one datagram; the errors that they bring.
asio::awaitable<std::vector<std::error_code>> send_all_ways(dgram::Socket& socket,
                                                            const SourceAndPeer& pair) {
  std::vector<std::error_code> errors(1);
  co_await socket.send("send", pair.to, pair.options, errors.back());
  std::vector<dgram::Outgoing> batch(3, {asio::buffer("many", 4), pair.to, pair.options});
  co_await socket.send_many(batch);
  for (const dgram::Outgoing& one : batch) errors.push_back(one.result);
  if (!pair.options.empty()) co_return errors;
  socket.try_send("try", pair.to, errors.emplace_back());
  co_await socket.async_send_segments(
      "segment", 7, pair.to, asio::redirect_error(asio::use_awaitable, errors.emplace_back()));
  if (pair.source.connected) co_await socket.send("send", errors.emplace_back());
  co_return errors;
}

}  // namespace

TEST_CASE("while its source address is away every send says so, and the socket goes on after it",
          "[network][source]") {
  const Source source = sources[GENERATE(range(0, source_count))];
  INFO(source.name);
  SourceAndPeer pair(source);
  asio::io_context io;
  const test::Here here = pair.a.enter();
  dgram::Socket socket = test::bound_on(pair.a, io, source.bound);
  if (source.connected) socket.connect(pair.to);

  const auto body = [&]() -> asio::awaitable<void> {
    std::vector<std::error_code> errors = co_await send_all_ways(socket, pair);
    for (const std::error_code& ec : errors) CHECK_FALSE(ec);
    pair.remove();
    for (int i = 0; i < 3; ++i) {
      errors = co_await send_all_ways(socket, pair);
      for (const std::error_code& ec : errors) CHECK(ec == dgram::Errc::source_unavailable);
    }
    pair.bring_back();
    errors = co_await send_all_ways(socket, pair);
    for (const std::error_code& ec : errors) CHECK_FALSE(ec);
    std::error_code ec;
    co_await socket.send("last", pair.to, pair.options, ec);
    CHECK_FALSE(ec);
  };
  test::run(io, body());
  const std::size_t once = source.connected ? 7 : *source.chosen != 0 ? 4 : 6;
  CHECK(pair.peer->receive_until("last").size() == 2 * once + 1);
  CHECK(pair.peer->remote().address() == pair.expected());
}

TEST_CASE("a source address that goes away between two sends of a batch is told by the rest alone",
          "[network][source]") {
  const bool v6 = GENERATE(false, true);
  SourceAndPeer pair(sources[v6 ? 4 : 3]);
  asio::io_context io;
  const test::Here here = pair.a.enter();
  dgram::Socket socket = test::bound_on(pair.a, io, pair.source.bound);
  pair.remove();
  const dgram::SendOptions plain;
  std::vector<dgram::Outgoing> batch;
  for (int i = 0; i < 10; ++i)
    batch.emplace_back(asio::buffer("x", 1), pair.to, i % 2 == 0 ? plain : pair.options);
  const auto body = [&]() -> asio::awaitable<void> {
    const std::size_t sent = co_await socket.send_many(batch);
    CHECK(sent == 5);
  };
  test::run(io, body());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    INFO(i);
    if (i % 2 == 0)
      CHECK_FALSE(batch[i].result);
    else
      CHECK(batch[i].result == dgram::Errc::source_unavailable);
  }
}

TEST_CASE("receiving goes on while the source address is away", "[network][source]") {
  const bool v6 = GENERATE(false, true);
  SourceAndPeer pair(sources[v6 ? 1 : 0]);
  asio::io_context io;
  const test::Here here = pair.a.enter();
  dgram::Socket socket = test::bound_on(pair.a, io, pair.source.bound);
  const auto body = [&]() -> asio::awaitable<void> {
    pair.peer->send("before", socket.local_endpoint());
    const dgram::Datagram before = co_await socket.recv();
    CHECK(before.text() == "before");
    pair.remove();
    std::error_code ec;
    socket.try_send("x", pair.to, ec);
    CHECK(ec == dgram::Errc::source_unavailable);
    asio::post(io, [&] {  // while the recv waits
      pair.bring_back();
      pair.peer->send("after", socket.local_endpoint());
    });
    const dgram::Datagram after = co_await socket.recv();
    CHECK(after.text() == "after");
  };
  test::run(io, body());
}

}  // namespace network_source_address_test
