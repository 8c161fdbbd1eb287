// bind: to nothing, to an endpoint, to a host; and what it refuses.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_bind_test {

TEST_CASE("bind() takes any address and a port that the kernel chooses", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket socket(io);
  CHECK_FALSE(socket.is_open());
  socket.bind();
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint().address() == asio::ip::address_v4::any());
  CHECK(socket.local_endpoint().port() != 0);
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK(sender.try_send(
      "x", dgram::Endpoint(asio::ip::address_v4::loopback(), socket.local_endpoint().port()), ec));
  CHECK(socket.try_recv(ec));
}

TEST_CASE("bind() takes the family of the options", "[socket][bind]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket socket(io, options);
  socket.bind();
  CHECK(socket.local_endpoint().address() == asio::ip::address_v6::any());
}

TEST_CASE("bind(endpoint) takes exactly that address and port", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io);
  const dgram::Endpoint here = first.local_endpoint();
  CHECK(here.address() == asio::ip::address_v4::loopback());
  first.close();
  dgram::Socket second(io);
  second.bind(here);
  CHECK(second.local_endpoint() == here);
}

TEST_CASE("bind(host) takes a literal address or a name", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket literal(io), name(io), v6(io);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await literal.bind("127.0.0.1", 0);
    co_await name.bind("localhost", 0);
    co_await v6.bind("::1", 0);
  };
  test::run(io, body());
  CHECK(literal.local_endpoint().address() == asio::ip::address_v4::loopback());
  CHECK(name.local_endpoint().address().is_loopback());
  CHECK(v6.local_endpoint().address() == asio::ip::address_v6::loopback());
}

TEST_CASE("a socket binds once", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  const dgram::Endpoint here = socket.local_endpoint();
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  CHECK(ec == dgram::Errc::already_bound);
  CHECK(dgram::code_name(ec) == "ERR_SOCKET_ALREADY_BOUND");
  CHECK(socket.local_endpoint() == here);
  test::Outcome<void> outcome;
  socket.async_bind("127.0.0.1", 0, outcome.handler());
  test::run(io);
  CHECK(outcome.ec == dgram::Errc::already_bound);
}

TEST_CASE("a socket that a send has opened can no longer be bound", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket socket(io);
  std::error_code ec;
  CHECK(socket.try_send("x", receiver.local_endpoint(), ec));
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint().port() != 0);
  socket.bind(test::any_port(), ec);
  CHECK(ec == dgram::Errc::already_bound);
}

TEST_CASE("a bind that fails leaves a socket that can be bound elsewhere", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket taken = test::bound(io);
  dgram::Socket socket(io);
  std::error_code ec;
  socket.bind(taken.local_endpoint(), ec);
  CHECK(ec == asio::error::address_in_use);
  CHECK(dgram::code_name(ec) == "EADDRINUSE");
  CHECK_FALSE(socket.is_open());

  // 192.0.2.0/24 is for documentation (RFC 5737), but a machine may own an address of it;
  // 203.0.113.0/24 is as well.
  socket.bind(dgram::make_endpoint("203.0.113.77", 0), ec);
  CHECK(ec == std::errc::address_not_available);
  CHECK_FALSE(socket.is_open());

  socket.bind(test::any_port(), ec);
  CHECK_FALSE(ec);
  CHECK(socket.is_open());
}

TEST_CASE("a bind to another family than the options' is refused", "[socket][bind]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv4;
  dgram::Socket socket(io, options);
  std::error_code ec;
  socket.bind(test::any_port_v6(), ec);
  CHECK(ec == asio::error::address_family_not_supported);
  socket.bind(test::any_port(), ec);
  CHECK_FALSE(ec);
}

TEST_CASE("the throwing bind says what was asked", "[socket][bind][error]") {
  asio::io_context io;
  dgram::Socket taken = test::bound(io);
  const dgram::Endpoint here = taken.local_endpoint();
  dgram::Socket socket(io);
  try {
    socket.bind(here);
    FAIL("it was bound twice");
  } catch (const dgram::Error& e) {
    CHECK(e.operation() == "bind");
    CHECK(e.subject() == dgram::to_string(here));
    CHECK(e.code() == asio::error::address_in_use);
    CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("bind " + dgram::to_string(here)));
  }
}

TEST_CASE("bind by name refuses bad hosts and ports, and the socket stays unbound",
          "[socket][bind][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  const auto result = [&](std::string_view host, int port) {
    test::Outcome<void> outcome;
    socket.async_bind(host, port, outcome.handler());
    test::run(io);
    CHECK(outcome.calls == 1);
    return outcome.ec;
  };
  CHECK(result("", 0) == dgram::Errc::bad_host_name);
  CHECK(result(std::string(254, 'a'), 0) == dgram::Errc::bad_host_name);
  CHECK(result(std::string_view("local\0host", 10), 0) == dgram::Errc::bad_host_name);
  CHECK(result("127.0.0.1", -1) == dgram::Errc::bad_port);
  CHECK(result("127.0.0.1", 65536) == dgram::Errc::bad_port);
  CHECK(result("localhost", 65536) == dgram::Errc::bad_port);
  CHECK_FALSE(socket.is_open());
  CHECK_FALSE(result("127.0.0.1", 0));
  CHECK(socket.is_open());
}

TEST_CASE("a coroutine bind says which host and port failed", "[socket][bind][error]") {
  asio::io_context io;
  dgram::Socket socket(io);
  const auto body = [&]() -> asio::awaitable<void> {
    try {
      co_await socket.bind("127.0.0.1", 65536);
      FAIL("65536 is no port");
    } catch (const dgram::Error& e) {
      CHECK(e.operation() == "bind");
      CHECK(e.subject() == "127.0.0.1:65536");
    }
  };
  test::run(io, body());
}

TEST_CASE("an unbound socket has no addresses", "[socket][bind]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  socket.local_endpoint(ec);
  CHECK(ec);
  CHECK_THROWS_AS(socket.local_endpoint(), dgram::Error);
  socket.bind(test::any_port());
  socket.remote_endpoint(ec);
  CHECK(ec == asio::error::not_connected);
  CHECK_THROWS_AS(socket.remote_endpoint(), dgram::Error);
}

TEST_CASE("make_endpoint takes literals and checks ports", "[socket][bind][input]") {
  std::error_code ec;
  CHECK(dgram::to_string(dgram::make_endpoint("127.0.0.1", 53)) == "127.0.0.1:53");
  CHECK(dgram::to_string(dgram::make_endpoint("::1", 0)) == "[::1]:0");
  for (const char* text :
       {"localhost", "", "127.0.0.256", "1.2.3", "::1::", " 127.0.0.1", "127.0.0.1 "}) {
    INFO(text);
    CHECK(dgram::make_endpoint(text, 53, ec) == dgram::Endpoint());
    CHECK(ec == dgram::Errc::bad_address);
  }
  CHECK(dgram::make_endpoint(std::string_view("127.0.0.1\0", 10), 53, ec) == dgram::Endpoint());
  CHECK(ec == dgram::Errc::bad_address);
  for (const int port : {-1, 65536, 1 << 30}) {
    dgram::make_endpoint("127.0.0.1", port, ec);
    CHECK(ec == dgram::Errc::bad_port);
  }
  CHECK_THROWS_AS(dgram::make_endpoint("127.0.0.1", 65536), dgram::Error);
}

}  // namespace socket_bind_test
