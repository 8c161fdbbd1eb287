// IPv6: on its own, and carrying IPv4 peers.
#include <asio/ip/v6_only.hpp>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_ipv6_test {

namespace {

const dgram::SocketOptions v6 = test::of_family(dgram::Family::ipv6);

}  // namespace

TEST_CASE("two IPv6 sockets talk to each other", "[socket][ipv6]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io, v6);
  dgram::Socket second = test::bound(io, v6);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await first.send("over six", second.local_endpoint());
    const dgram::Datagram d = co_await second.recv();
    CHECK(d.text() == "over six");
    CHECK(d.remote() == first.local_endpoint());
    co_await second.send("by literal", "::1", first.local_endpoint().port());
    const dgram::Datagram answer = co_await first.recv();
    CHECK(answer.text() == "by literal");
  };
  test::run(io, body());
}

TEST_CASE("an IPv6 socket also serves IPv4 peers, as mapped addresses", "[socket][ipv6]") {
  asio::io_context io;
  dgram::Socket both(io, v6);
  both.bind();
  asio::ip::v6_only only(true);
  both.get_option(only);
  CHECK_FALSE(only.value());
  dgram::Socket v4 = test::bound(io);
  std::error_code ec;
  CHECK(v4.try_send("from four",
                    dgram::Endpoint(asio::ip::address_v4::loopback(), both.local_endpoint().port()),
                    ec));
  const auto d = both.try_recv(ec);
  REQUIRE(d);
  REQUIRE(d->remote().address().is_v6());
  CHECK(d->remote().address().to_v6().is_v4_mapped());
  // And the answer goes where it came from.
  CHECK(both.try_send(*d, d->remote(), ec));
  const auto answer = v4.try_recv(ec);
  REQUIRE(answer);
  CHECK(answer->text() == "from four");
}

TEST_CASE("an IPv6-only socket takes no IPv4 peers and leaves them their port", "[socket][ipv6]") {
  asio::io_context io;
  dgram::SocketOptions options = v6;
  options.ipv6_only = true;
  dgram::Socket six(io, options);
  six.bind();
  const std::uint16_t port = six.local_endpoint().port();
  dgram::Socket four(io);
  std::error_code ec;
  four.bind(dgram::Endpoint(asio::ip::address_v4::any(), port), ec);
  CHECK_FALSE(ec);
  dgram::Socket sender = test::bound(io);
  CHECK(sender.try_send("x", dgram::Endpoint(asio::ip::address_v4::loopback(), port), ec));
  CHECK(four.try_recv(ec));
  CHECK_FALSE(six.try_recv(ec));
}

TEST_CASE("a send by name from an IPv6 socket asks for an IPv6 address", "[socket][ipv6]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io, v6);
  dgram::Socket receiver = test::bound(io, v6);
  dgram::Family asked = dgram::Family::unspecified;
  sender.set_lookup([&](std::string, dgram::Family family, dgram::LookupHandler done) {
    asked = family;
    done({}, asio::ip::address_v6::loopback());
  });
  test::Outcome<std::size_t> outcome;
  sender.async_send("x", "example.invalid", receiver.local_endpoint().port(), outcome.handler());
  test::run(io);
  CHECK(asked == dgram::Family::ipv6);
  CHECK_FALSE(outcome.ec);
  std::error_code ec;
  CHECK(receiver.try_recv(ec));
}

TEST_CASE("a socket of both families takes an IPv4 literal, plain or mapped", "[socket][ipv6]") {
  asio::io_context io;
  dgram::Socket both(io, v6);
  both.bind();
  dgram::Socket v4 = test::bound(io);
  test::Outcome<std::size_t> plain, mapped;
  both.async_send("x", "127.0.0.1", v4.local_endpoint().port(), plain.handler());
  both.async_send("x", "::ffff:127.0.0.1", v4.local_endpoint().port(), mapped.handler());
  test::run(io);
  CHECK_FALSE(plain.ec);
  CHECK_FALSE(mapped.ec);
  std::error_code ec;
  CHECK(v4.try_recv(ec));
  CHECK(v4.try_recv(ec));
}

TEST_CASE("a scoped literal names its interface by number", "[socket][ipv6]") {
  const dgram::Endpoint e = dgram::make_endpoint("fe80::1%1", 53);
  CHECK(e.address().to_v6().scope_id() == 1);
  std::error_code ec;
  dgram::make_endpoint("fe80::1%no-such-interface", 53, ec);
  CHECK(ec == dgram::Errc::bad_address);
}

}  // namespace socket_ipv6_test
