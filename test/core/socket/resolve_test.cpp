// resolve: the address of a host, without anything done with it.
#include <dgram/dgram.hpp>
#include <optional>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_resolve_test {

namespace {

const asio::ip::address loopback = asio::ip::address_v4::loopback();

}  // namespace

TEST_CASE("resolve finds localhost in the socket's family", "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  asio::ip::address address;
  const auto body = [&]() -> asio::awaitable<void> {
    address = co_await socket.resolve("localhost");
  };
  test::run(io, body());
  CHECK(address == loopback);
}

TEST_CASE("resolve works on a socket that is not open, and opens nothing", "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket(io);
  test::Outcome<asio::ip::address> outcome;
  socket.async_resolve("localhost", outcome.handler());
  test::run(io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value.is_loopback());
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("resolve takes a literal address as it is, of either family, without a lookup",
          "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  int lookups = 0;
  socket.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler) { ++lookups; });
  test::Outcome<asio::ip::address> v4, v6;
  socket.async_resolve("192.0.2.1", v4.handler());
  CHECK(v4.calls == 0);
  socket.async_resolve("2001:db8::1", v6.handler());
  test::run(io);
  CHECK(v4.value.to_string() == "192.0.2.1");
  CHECK(v6.value.to_string() == "2001:db8::1");
  CHECK(lookups == 0);
}

TEST_CASE("resolve asks the socket's own lookup", "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::string asked;
  socket.set_lookup([&](std::string host, dgram::Family, dgram::LookupHandler done) {
    asked = host;
    done({}, loopback);
  });
  test::Outcome<asio::ip::address> outcome;
  socket.async_resolve("example.invalid", outcome.handler());
  test::run(io);
  CHECK(asked == "example.invalid");
  CHECK(outcome.value == loopback);
}

TEST_CASE("resolve says what the lookup says", "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  socket.set_lookup([](std::string, dgram::Family, dgram::LookupHandler done) {
    done(asio::error::host_not_found);
  });
  std::string what;
  const auto body = [&]() -> asio::awaitable<void> {
    try {
      co_await socket.resolve("example.invalid");
    } catch (const dgram::Error& failure) {
      CHECK(failure.code() == asio::error::host_not_found);
      what = failure.what();
    }
  };
  test::run(io, body());
  CHECK(what.substr(0, 24) == "resolve example.invalid:");
}

TEST_CASE("resolve refuses what is no host name", "[socket][names][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  for (const std::string& host :
       {std::string(), std::string(254, 'x'), std::string("local\0host", 10)}) {
    test::Outcome<asio::ip::address> outcome;
    socket.async_resolve(host, outcome.handler());
    test::run(io);
    CHECK(outcome.ec == dgram::Errc::bad_host_name);
  }
}

TEST_CASE("close ends a resolve that nobody answers, and a closed socket resolves nothing",
          "[socket][names]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::optional<dgram::LookupHandler> kept;
  socket.set_lookup([&](std::string, dgram::Family, dgram::LookupHandler done) {
    kept.emplace(std::move(done));
  });
  test::Outcome<asio::ip::address> pending, late;
  socket.async_resolve("example.invalid", pending.handler());
  socket.close();
  socket.async_resolve("example.invalid", late.handler());
  test::run(io);
  CHECK(pending.ec == asio::error::operation_aborted);
  CHECK(late.ec == asio::error::bad_descriptor);
}

}  // namespace socket_resolve_test
