// Sends to a host name: the resolver, the caller's own lookup, and what neither ever sees.
#include <asio/co_spawn.hpp>
#include <dgram/dgram.hpp>
#include <thread>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_send_by_name_test {

namespace {

struct SendByName : test::SocketPair {
  int port = receiver.local_endpoint().port();
  test::Outcome<std::size_t> outcome;

  void start(std::string_view host) { sender.async_send("x", host, port, outcome.handler()); }
  bool arrived() {
    std::error_code ec;
    return receiver.try_recv(ec).has_value();
  }
};

const asio::ip::address loopback = asio::ip::address_v4::loopback();

}  // namespace

TEST_CASE("a send finds localhost", "[socket][names]") {
  SendByName f;
  f.start("localhost");
  test::run(f.io);
  CHECK_FALSE(f.outcome.ec);
  CHECK(f.outcome.value == 1);
  CHECK(f.arrived());
}

TEST_CASE("a literal address never touches a lookup", "[socket][names]") {
  SendByName f;
  int lookups = 0;
  f.sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler) { ++lookups; });
  f.start("127.0.0.1");
  test::run(f.io);
  CHECK(f.outcome.value == 1);
  CHECK(f.arrived());
  const auto body = [&]() -> asio::awaitable<void> {
    co_await f.sender.send("x", "127.0.0.1", f.port);
  };
  test::run(f.io, body());
  CHECK(f.arrived());
  CHECK(lookups == 0);
}

TEST_CASE("a lookup is asked for the name as it was given and for the socket's family",
          "[socket][names]") {
  SendByName f;
  std::string asked;
  dgram::Family family = dgram::Family::unspecified;
  f.sender.set_lookup([&](std::string host, dgram::Family wanted, dgram::LookupHandler done) {
    asked = host;
    family = wanted;
    done({}, loopback);  // before it returns
  });
  f.start("some.Host.example");
  CHECK(f.outcome.calls == 0);  // even so, not inside the call
  test::run(f.io);
  CHECK(asked == "some.Host.example");
  CHECK(family == dgram::Family::ipv4);
  CHECK_FALSE(f.outcome.ec);
  CHECK(f.arrived());
}

TEST_CASE("a lookup may answer later", "[socket][names]") {
  SendByName f;
  std::optional<dgram::LookupHandler> pending;
  f.sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
    pending.emplace(std::move(done));
  });
  f.start("example.invalid");
  f.io.poll();
  REQUIRE(pending);
  CHECK(f.outcome.calls == 0);
  (*pending)({}, loopback);
  CHECK(f.outcome.calls == 0);
  test::run(f.io);
  CHECK(f.outcome.value == 1);
  CHECK(f.arrived());
}

TEST_CASE("a lookup may answer from another thread, and run() waits for it", "[socket][names]") {
  SendByName f;
  std::thread resolver;
  f.sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
    resolver = std::thread([d = std::move(done)]() mutable { d({}, loopback); });
  });
  f.start("example.invalid");
  test::run(f.io);
  if (resolver.joinable()) resolver.join();
  CHECK(f.outcome.calls == 1);
  CHECK_FALSE(f.outcome.ec);
  CHECK(f.arrived());
}

TEST_CASE("an error of the lookup is the error of the send, and nothing is sent",
          "[socket][names]") {
  SendByName f;
  f.sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
    done(asio::error::host_not_found);
  });
  f.start("example.invalid");
  test::run(f.io);
  CHECK(f.outcome.ec == asio::error::host_not_found);
  CHECK(f.outcome.value == 0);
  CHECK(dgram::code_name(f.outcome.ec) == "ENOTFOUND");
  CHECK_FALSE(f.arrived());
}

TEST_CASE("an answer of the wrong family is refused", "[socket][names][input]") {
  SendByName f;
  f.sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
    done({}, asio::ip::address_v6::loopback());
  });
  f.start("example.invalid");
  test::run(f.io);
  CHECK(f.outcome.ec == asio::error::address_family_not_supported);
}

TEST_CASE("a lookup that is dropped ends the send with operation_aborted", "[socket][names]") {
  SendByName f;
  f.sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler) {});
  f.start("example.invalid");
  test::run(f.io);
  CHECK(f.outcome.calls == 1);
  CHECK(f.outcome.ec == asio::error::operation_aborted);
}

TEST_CASE("an answer that comes after cancellation does nothing", "[socket][names][cancel]") {
  for (const bool close : {false, true}) {
    SendByName f;
    std::optional<dgram::LookupHandler> pending;
    f.sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
      pending.emplace(std::move(done));
    });
    f.start("example.invalid");
    f.io.poll();
    REQUIRE(pending);
    if (close)
      f.sender.close();
    else
      f.sender.cancel();
    // The answer is still owed, and nobody waits for it any more: it must not keep run() busy.
    test::run(f.io, std::chrono::seconds(20));
    CHECK(f.outcome.calls == 1);
    CHECK(f.outcome.ec == asio::error::operation_aborted);
    (*pending)({}, loopback);
    test::run(f.io);
    CHECK(f.outcome.calls == 1);
    CHECK_FALSE(f.arrived());
  }
}

TEST_CASE("an answer that comes after the context is gone does nothing", "[socket][names]") {
  std::optional<dgram::LookupHandler> pending;
  bool called = false;
  {
    asio::io_context io;
    dgram::Socket sender = test::bound(io);
    sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
      pending.emplace(std::move(done));
    });
    sender.async_send(
        "x", "example.invalid", 9, [&](std::error_code, std::size_t) { called = true; });
    io.poll();
    REQUIRE(pending);
  }
  (*pending)({}, loopback);
  pending.reset();
  CHECK_FALSE(called);
}

TEST_CASE("a second answer does nothing", "[socket][names]") {
  SendByName f;
  f.sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
    done({}, loopback);
    done(asio::error::host_not_found);
  });
  f.start("example.invalid");
  test::run(f.io);
  CHECK(f.outcome.calls == 1);
  CHECK_FALSE(f.outcome.ec);
}

TEST_CASE("names that cannot be are refused before any lookup", "[socket][names][input]") {
  SendByName f;
  int lookups = 0;
  f.sender.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler) { ++lookups; });
  for (const std::string& host : {std::string(),
                                  std::string(254, 'a'),
                                  std::string(70000, 'a'),
                                  std::string("local\0host", 10),
                                  std::string("127.0.0.1\0", 10)}) {
    test::Outcome<std::size_t> outcome;
    f.sender.async_send("x", host, f.port, outcome.handler());
    test::run(f.io);
    INFO(host.size());
    CHECK(outcome.ec == dgram::Errc::bad_host_name);
  }
  CHECK(lookups == 0);
  CHECK_FALSE(f.arrived());
}

TEST_CASE("a name of 253 characters reaches the lookup whole", "[socket][names][input]") {
  SendByName f;
  std::string name;
  while (name.size() < 253) name += name.size() % 10 == 9 ? '.' : 'a';
  std::string asked;
  f.sender.set_lookup([&](std::string host, dgram::Family, dgram::LookupHandler done) {
    asked = host;
    done({}, loopback);
  });
  f.start(name);
  test::run(f.io);
  CHECK(asked == name);
  CHECK_FALSE(f.outcome.ec);
}

TEST_CASE("bad ports are refused for names and literals alike", "[socket][names][input]") {
  SendByName f;
  f.sender.set_lookup(
      [](std::string, dgram::Family, dgram::LookupHandler done) { done({}, loopback); });
  for (const char* host : {"127.0.0.1", "example.invalid"}) {
    for (const int port : {0, -1, 65536, 1 << 30}) {
      INFO(host << ' ' << port);
      test::Outcome<std::size_t> outcome;
      f.sender.async_send("x", host, port, outcome.handler());
      test::run(f.io);
      CHECK(outcome.ec == dgram::Errc::bad_port);
      const auto body = [&]() -> asio::awaitable<void> { co_await f.sender.send("x", host, port); };
      try {
        test::run(f.io, body());
        FAIL("a bad port was taken");
      } catch (const dgram::Error& e) {
        CHECK(e.code() == dgram::Errc::bad_port);
        CHECK(e.operation() == "send");
        CHECK_THAT(
            e.subject(),
            Catch::Matchers::ContainsSubstring(std::string(host) + ':' + std::to_string(port)));
      }
    }
  }
}

TEST_CASE("a name that does not exist is not found", "[socket][names]") {
  // RFC 6761, section 6.4: .invalid never exists. Without a name server this may say "try again".
  SendByName f;
  f.start("dgram-test.invalid");
  test::run(f.io);
  CHECK((f.outcome.ec == asio::error::host_not_found ||
         f.outcome.ec == asio::error::host_not_found_try_again));
  CHECK_FALSE(f.arrived());
}

TEST_CASE("an empty lookup function brings the system's resolver back", "[socket][names]") {
  SendByName f;
  f.sender.set_lookup([](std::string, dgram::Family, dgram::LookupHandler) {});
  f.sender.set_lookup({});
  f.start("localhost");
  test::run(f.io);
  CHECK_FALSE(f.outcome.ec);
  CHECK(f.arrived());
}

TEST_CASE("the host string need not outlive the call", "[socket][names]") {
  SendByName f;
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    auto host = std::make_unique<std::string>("localhost");
    auto sending = f.sender.send("x", *host, f.port);
    host.reset();
    n = co_await std::move(sending);
    CHECK(n == 1);
  };
  test::run(f.io, body());
  CHECK(f.arrived());
}

TEST_CASE(
    "a socket of both families reaches an IPv4 host by literal, by lookup and by endpoint of "
    "resolve",
    "[socket][names][ipv6]") {
  enum class How { literal, lookup, coroutine, connect, resolve };
  const How how = GENERATE(How::literal, How::lookup, How::coroutine, How::connect, How::resolve);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  const int port = receiver.local_endpoint().port();
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket socket(io, options);
  socket.open();
  std::string host = "127.0.0.1";
  if (how == How::lookup) {
    host = "only.ipv4.example";
    socket.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
      done({}, asio::ip::address_v4::loopback());
    });
  }
  test::Outcome<std::size_t> sent;
  test::Outcome<void> connected;
  test::Outcome<asio::ip::address> resolved;
  std::error_code ec;
  switch (how) {
    case How::literal:
    case How::lookup:
      socket.async_send("x", host, port, sent.handler());
      break;
    case How::coroutine:
      asio::co_spawn(io, socket.send("x", host, port), [&](std::exception_ptr failed, std::size_t) {
        CHECK_FALSE(failed);
      });
      break;
    case How::connect:
      socket.async_connect(host, port, connected.handler());
      break;
    case How::resolve:
      socket.async_resolve(host, resolved.handler());
      break;
  }
  test::run(io);
  CHECK_FALSE(sent.ec);
  CHECK_FALSE(connected.ec);
  if (how == How::connect) CHECK(socket.try_send("x", ec));
  if (how == How::resolve)
    CHECK(socket.try_send(
        "x", dgram::Endpoint(resolved.value, static_cast<unsigned short>(port)), ec));
  CHECK(receiver.try_recv(ec));
}

TEST_CASE("a socket of IPv6 alone does not take an IPv4 host for one that it reaches",
          "[socket][names][ipv6]") {
  const bool is_literal = GENERATE(false, true);
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  options.ipv6_only = true;
  dgram::Socket socket(io, options);
  socket.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
    done({}, asio::ip::address_v4::loopback());
  });
  test::Outcome<std::size_t> sent;
  socket.async_send("x", is_literal ? "127.0.0.1" : "only.ipv4.example", 9, sent.handler());
  test::run(io);
  CHECK(sent.ec == (is_literal ? std::error_code(asio::error::address_family_not_supported)
                               : std::error_code(asio::error::host_not_found)));
}

TEST_CASE("localhost and literals wait for no resolver", "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  // Answers are here after the turns that are ready: nothing else runs on behalf of them.
  for (const char* host : {"localhost", "LocalHost", "127.0.0.1"}) {
    test::Outcome<asio::ip::address> outcome;
    socket.async_resolve(host, outcome.handler());
    io.restart();
    io.poll();
    CHECK(outcome.calls == 1);
    CHECK(outcome.value == asio::ip::address_v4::loopback());
  }
  dgram::SocketOptions v6;
  v6.family = dgram::Family::ipv6;
  dgram::Socket other = test::bound(io, v6);
  test::Outcome<asio::ip::address> outcome;
  other.async_resolve("localhost", outcome.handler());
  io.restart();
  io.poll();
  CHECK(outcome.value == asio::ip::address_v6::loopback());
}

}  // namespace socket_send_by_name_test
