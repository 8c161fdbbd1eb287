// send: every form of payload and destination, and what is refused.
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_send_test {

namespace {

std::string next_text(dgram::Socket& socket) {
  std::error_code ec;
  const auto d = socket.try_recv(ec);
  return d ? std::string(d->text()) : "(nothing: " + ec.message() + ")";
}

/// The result of one async_send.
std::error_code result(asio::io_context& io,
                       dgram::Socket& socket,
                       dgram::Payload payload,
                       const dgram::Endpoint& to) {
  test::Outcome<std::size_t> outcome;
  socket.async_send(payload, to, outcome.handler());
  test::run(io);
  CHECK(outcome.calls == 1);
  if (outcome.ec) CHECK(outcome.value == 0);
  return outcome.ec;
}

}  // namespace

TEST_CASE("a payload may be text, bytes, a buffer, a datagram or a container of bytes",
          "[socket][send]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::string text = "string";
  const std::string_view view = "view";
  const std::vector<unsigned char> bytes{'v', 'e', 'c'};
  const std::array<std::byte, 2> array{std::byte{'a'}, std::byte{'r'}};
  const std::span<const std::byte> span(array);
  std::array<char, 3> writable{'m', 'u', 't'};
  const auto body = [&]() -> asio::awaitable<void> {
    std::size_t n = 0;
    n = co_await sender.send("literal", to);
    CHECK(n == 7);
    n = co_await sender.send(text, to);
    CHECK(n == 6);
    n = co_await sender.send(view, to);
    CHECK(n == 4);
    n = co_await sender.send(bytes, to);
    CHECK(n == 3);
    n = co_await sender.send(array, to);
    CHECK(n == 2);
    n = co_await sender.send(span, to);
    CHECK(n == 2);
    n = co_await sender.send(asio::buffer(writable), to);
    CHECK(n == 3);
    n = co_await sender.send(asio::buffer(text, 2), to);
    CHECK(n == 2);
  };
  test::run(io, body());
  for (const char* expected : {"literal", "string", "view", "vec", "ar", "ar", "mut", "st"})
    CHECK(next_text(receiver) == expected);
}

TEST_CASE("the echo of the front page works", "[socket][send]") {
  asio::io_context io;
  dgram::Socket server = test::bound(io);
  dgram::Socket client = test::bound(io);
  const auto echo = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      dgram::Datagram d = co_await server.recv();
      co_await server.send(d, d.remote());
    }
  };
  const auto ask = [&]() -> asio::awaitable<void> {
    for (const char* text : {"one", "", "three"}) {
      co_await client.send(text, server.local_endpoint());
      const dgram::Datagram answer = co_await client.recv();
      CHECK(answer.text() == text);
      CHECK(answer.remote() == server.local_endpoint());
    }
  };
  asio::co_spawn(io, echo(), asio::detached);
  test::run(io, ask());
}

TEST_CASE("the pieces of a list go out as one datagram", "[socket][send]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::array<asio::const_buffer, 4> pieces{
      asio::buffer("he", 2), asio::const_buffer(), asio::buffer("l", 1), asio::buffer("lo", 2)};
  CHECK_FALSE(result(io, sender, pieces, to));
  CHECK(next_text(receiver) == "hello");
  const std::vector<asio::const_buffer> many(1000, asio::buffer("x", 1));
  CHECK_FALSE(result(io, sender, many, to));
  CHECK(next_text(receiver) == std::string(1000, 'x'));
}

TEST_CASE("an empty list and more than 1000 pieces are refused", "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::vector<asio::const_buffer> none;
  const std::vector<asio::const_buffer> too_many(1001, asio::buffer("x", 1));
  CHECK(result(io, sender, none, to) == dgram::Errc::no_buffers);
  CHECK(result(io, sender, too_many, to) == dgram::Errc::too_many_buffers);
  std::error_code ec;
  CHECK_FALSE(sender.try_send(none, to, ec));
  CHECK(ec == dgram::Errc::no_buffers);
  CHECK_FALSE(sender.try_send(too_many, to, ec));
  CHECK(ec == dgram::Errc::too_many_buffers);
  CHECK_FALSE(result(io, sender, "after that", to));
  CHECK(next_text(receiver) == "after that");
  CHECK_FALSE(receiver.try_recv(ec));
}

TEST_CASE("the largest datagram goes through and one byte more is refused",
          "[socket][send][input]") {
  asio::io_context io;
  for (const bool v6 : {false, true}) {
    INFO((v6 ? "IPv6" : "IPv4"));
    const std::size_t limit = v6 ? 65527 : 65507;
    dgram::SocketOptions options;
    options.family = v6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
    dgram::Socket sender = test::bound(io, options);
    dgram::Socket receiver = test::bound(io, options);
    const dgram::Endpoint to = receiver.local_endpoint();
    const std::string text(limit + 1, 'x');
    CHECK_FALSE(result(io, sender, std::string_view(text).substr(0, limit), to));
    std::error_code ec;
    const auto d = receiver.try_recv(ec);
    REQUIRE(d);
    CHECK(d->size() == limit);
    CHECK_FALSE(d->truncated());

    CHECK(result(io, sender, text, to) == asio::error::message_size);
    CHECK_FALSE(sender.try_send(text, to, ec));
    CHECK(ec == asio::error::message_size);
    // In pieces as well: the kernel sees the sum.
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(text.data(), 1),
                                                   asio::buffer(text.data(), limit)};
    CHECK(result(io, sender, pieces, to) == asio::error::message_size);
    CHECK_FALSE(receiver.try_recv(ec));
    CHECK_FALSE(result(io, sender, "small", to));
    CHECK(next_text(receiver) == "small");
  }
}

TEST_CASE("a send of far too much says so without touching the kernel's limits",
          "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  const std::string huge(std::size_t{1} << 20, 'x');
  CHECK(result(io, sender, huge, sender.local_endpoint()) == asio::error::message_size);
}

TEST_CASE("port 0, another family and a missing peer are refused", "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  CHECK(result(io, sender, "x", test::any_port()) == dgram::Errc::bad_port);
  CHECK(result(io, sender, "x", dgram::Endpoint(asio::ip::address_v6::loopback(), 9)) ==
        asio::error::address_family_not_supported);
  test::Outcome<std::size_t> outcome;
  sender.async_send("x", outcome.handler());
  test::run(io);
  CHECK(outcome.ec == asio::error::not_connected);
  CHECK_FALSE(sender.try_send("x", ec));
  CHECK(ec == asio::error::not_connected);
  CHECK_FALSE(sender.try_send("x", test::any_port(), ec));
  CHECK(ec == dgram::Errc::bad_port);

  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket v6 = test::bound(io, options);
  CHECK(result(io, v6, "x", dgram::Endpoint(asio::ip::address_v4::loopback(), 9)) ==
        asio::error::address_family_not_supported);
  CHECK(sender.stats().datagrams_sent == 0);
}

TEST_CASE("a refused first send leaves a new socket unopened", "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  CHECK(result(io, socket, "x", test::any_port()) == dgram::Errc::bad_port);
  CHECK_FALSE(socket.is_open());
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  CHECK_FALSE(ec);
}

TEST_CASE("the first send opens a new socket with the family of its destination",
          "[socket][send]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket v4 = test::bound(io);
  dgram::Socket v6 = test::bound(io, options);
  dgram::Socket to_v4(io), to_v6(io);
  CHECK_FALSE(result(io, to_v4, "4", v4.local_endpoint()));
  CHECK_FALSE(result(io, to_v6, "6", v6.local_endpoint()));
  CHECK(next_text(v4) == "4");
  CHECK(next_text(v6) == "6");
  CHECK(to_v4.local_endpoint().address().is_v4());
  CHECK(to_v6.local_endpoint().address().is_v6());
}

TEST_CASE("send options out of range are refused", "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  dgram::SendOptions options;
  const auto with_options = [&] {
    test::Outcome<std::size_t> outcome;
    sender.async_send("x", to, options, outcome.handler());
    test::run(io);
    return outcome.ec;
  };
  for (const int hops : {0, 256, -1}) {
    options = {};
    options.hop_limit = hops;
    CHECK(with_options() == asio::error::invalid_argument);
  }
  for (const int dscp : {-1, 64}) {
    options = {};
    options.dscp = dscp;
    CHECK(with_options() == asio::error::invalid_argument);
  }
  options = {};
  CHECK_FALSE(with_options());
  CHECK(next_text(receiver) == "x");
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
}

TEST_CASE("a source of another family is refused by a new socket as by an open one",
          "[socket][send][input]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  dgram::SendOptions options;
  options.source_address = asio::ip::address_v6::loopback();
  std::array batch{dgram::Outgoing(asio::buffer("x", 1), to, options)};
  for (const bool is_open : {true, false}) {
    std::array<dgram::Socket, 4> senders{
        dgram::Socket(io), dgram::Socket(io), dgram::Socket(io), dgram::Socket(io)};
    if (is_open)
      for (dgram::Socket& sender : senders) sender.open();
    std::array<test::Outcome<std::size_t>, 3> outcomes;
    senders[0].async_send("x", to, options, outcomes[0].handler());
    senders[1].async_send_segments("xy", 1, to, options, outcomes[1].handler());
    test::run(io);
    CHECK(outcomes[0].ec == asio::error::address_family_not_supported);
    CHECK(outcomes[1].ec == asio::error::address_family_not_supported);
    senders[2].async_send_many(batch, outcomes[2].handler());
    test::run(io);
    CHECK(batch[0].result == asio::error::address_family_not_supported);
    std::error_code ec;
    CHECK(senders[3].try_send_many(batch, ec) == 0);
    CHECK(batch[0].result == asio::error::address_family_not_supported);
    for (const dgram::Socket& sender : senders) CHECK(sender.is_open() == is_open);
  }
  CHECK(next_text(receiver).starts_with("(nothing"));
}

TEST_CASE("the throwing send says the size and the destination", "[socket][send][error]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  const std::string huge(65508, 'x');
  const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
  const auto body = [&]() -> asio::awaitable<void> {
    try {
      co_await sender.send(huge, to);
      FAIL("65508 bytes are too many");
    } catch (const dgram::Error& e) {
      CHECK(e.code() == asio::error::message_size);
      CHECK(e.operation() == "send");
      CHECK(e.subject() == "65508 bytes to 127.0.0.1:9");
      CHECK(std::string(e.what()) == "send 65508 bytes to 127.0.0.1:9: Message too long");
    }
  };
  test::run(io, body());
}

TEST_CASE("a send may give its error as a value", "[socket][send][error]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::string huge(65508, 'x');
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    std::size_t n = co_await sender.send(huge, to, ec);
    CHECK(n == 0);
    CHECK(ec == asio::error::message_size);
    n = co_await sender.send("good", to, ec);
    CHECK(n == 4);
    CHECK_FALSE(ec);  // a success says so, whatever was in it
    n = co_await sender.send("x", ec);
    CHECK(n == 0);
    CHECK(ec == asio::error::not_connected);
    dgram::SendOptions options;
    options.dscp = 64;
    n = co_await sender.send("x", to, options, ec);
    CHECK(n == 0);
    CHECK(ec == asio::error::invalid_argument);
  };
  test::run(io, body());
  CHECK(next_text(receiver) == "good");
}

TEST_CASE("the broadcast address needs permission", "[socket][send]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  // Loopback's own broadcast address, so that nothing leaves this machine.
  CHECK_FALSE(sender.try_send("x", dgram::make_endpoint("127.255.255.255", 9), ec));
  CHECK(ec == asio::error::access_denied);
  CHECK(dgram::code_name(ec) == "EACCES");
  sender.set_option(asio::socket_base::broadcast(true));
  CHECK(sender.try_send("x", dgram::make_endpoint("127.255.255.255", 9), ec));
}

}  // namespace socket_send_test
