// Sockets on a channel that fails to open, bind, connect or set an option: a failing call leaves
// the socket as it was.
#include <asio/error.hpp>
#include <asio/ip/unicast.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_life_test {

using test::os;

namespace {

/// A new socket that follows a script, and a peer of which nothing goes wrong.
struct Fresh {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  std::shared_ptr<dgram::FaultScript> script = test::make_faulty(io);
  dgram::Socket socket = dgram::Socket(io);

  /// The socket still does its whole job, in either family.
  void check_usable(dgram::Family family) {
    std::error_code ec;
    socket.bind(family == dgram::Family::ipv6 ? test::any_port_v6() : test::any_port(), ec);
    REQUIRE(!ec);
    CHECK(socket.is_open());
    const dgram::Endpoint self = socket.local_endpoint();
    test::run(io, [&]() -> asio::awaitable<void> {
      const std::error_code sent = co_await test::send_code(socket, "to myself", self);
      CHECK(!sent);
      co_await test::expect(socket, "to myself");
    }());
  }
};

}  // namespace

TEST_CASE("a failing open is reported by bind, and the next bind works", "[contract][fault]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  for (const int number : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT}) {
    Fresh f;
    f.script->open = {{os(number)}};
    try {
      f.socket.bind(test::any_port());
      FAIL("nothing was thrown");
    } catch (const dgram::Error& error) {
      CHECK(error.code() == os(number));
      CHECK(error.operation() == "bind");
      CHECK(error.subject() == "127.0.0.1:0");
    }
    CHECK(!f.socket.is_open());
    f.check_usable(family);
  }
}

TEST_CASE("a failing bind leaves a new socket new: not open, and free to take the other family",
          "[contract][fault]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  for (const int number : {EADDRINUSE, EACCES, EADDRNOTAVAIL}) {
    Fresh f;
    f.script->bind = {{os(number)}};
    std::error_code ec;
    f.socket.bind(test::any_port(), ec);
    CHECK(ec == os(number));
    CHECK(!f.socket.is_open());
    CHECK(f.socket.native_handle() == dgram::invalid_handle);
    f.check_usable(family);
  }
}

TEST_CASE("a failing connect leaves a new socket new", "[contract][fault]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  for (const int number : {ENETUNREACH, EACCES}) {
    Fresh f;
    f.script->connect = {{os(number)}};
    std::error_code ec;
    f.socket.connect(f.peer.local_endpoint(), ec);
    CHECK(ec == os(number));
    CHECK(!f.socket.is_open());
    f.socket.remote_endpoint(ec);
    CHECK(ec);
    f.check_usable(family);
  }
}

TEST_CASE("a failing connect leaves a bound socket bound and unconnected", "[contract][fault]") {
  Fresh f;
  f.socket.bind(test::any_port());
  const dgram::Endpoint name = f.socket.local_endpoint();
  f.script->connect = {{os(ENETUNREACH)}};
  std::error_code ec;
  f.socket.connect(f.peer.local_endpoint(), ec);
  CHECK(ec == os(ENETUNREACH));
  CHECK(f.socket.local_endpoint() == name);
  CHECK(!f.socket.try_send("x", ec));
  CHECK(ec == asio::error::not_connected);
  f.socket.connect(f.peer.local_endpoint(), ec);
  CHECK(!ec);
  CHECK(f.socket.try_send("x", ec));
}

TEST_CASE("a failing connect leaves a connected socket with its old peer", "[contract][fault]") {
  Fresh f;
  f.socket.connect(f.peer.local_endpoint());
  dgram::Socket other = test::bound(f.io);
  f.script->connect = {{os(EACCES)}};
  std::error_code ec;
  f.socket.connect(other.local_endpoint(), ec);
  CHECK(ec == os(EACCES));
  CHECK(f.socket.remote_endpoint() == f.peer.local_endpoint());
  CHECK(f.socket.try_send("x", ec));
}

TEST_CASE("a failing option is reported and changes nothing", "[contract][fault]") {
  Fresh f;
  f.socket.bind(test::any_port());
  f.script->set_option = {{os(ENOPROTOOPT)}};
  std::error_code ec;
  f.socket.set_option(asio::ip::unicast::hops(33), ec);
  CHECK(ec == os(ENOPROTOOPT));
  f.socket.set_option(asio::ip::unicast::hops(33), ec);
  CHECK(!ec);
  asio::ip::unicast::hops hops;
  f.socket.get_option(hops);
  CHECK(hops.value() == 33);
}

TEST_CASE("a send whose socket cannot be opened has the error, the next one opens it",
          "[contract][fault]") {
  Fresh f;
  f.script->open = {{os(EMFILE)}};
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::error_code first = co_await test::send_code(f.socket, "a", f.peer.local_endpoint());
    CHECK(first == os(EMFILE));
    CHECK(!f.socket.is_open());
    const std::error_code second = co_await test::send_code(f.socket, "b", f.peer.local_endpoint());
    CHECK(!second);
    co_await test::expect(f.peer, "b");
  }());
}

TEST_CASE("a send that is refused leaves a new socket new", "[contract][fault]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  Fresh f;
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const dgram::Endpoint nowhere(asio::ip::address_v4::loopback(), 0);
    const std::error_code bad_port = co_await test::send_code(f.socket, "a", nowhere);
    CHECK(bad_port == dgram::Errc::bad_port);
    const std::string too_long(65508, 'x');
    const std::error_code bad_size =
        co_await test::send_code(f.socket, too_long, f.peer.local_endpoint());
    CHECK(bad_size == asio::error::message_size);
  }());
  CHECK(!f.socket.is_open());
  f.check_usable(family);
}

TEST_CASE(
    "in a batch on a new socket the datagram that could not open it has the error, the next opens "
    "it",
    "[contract][fault]") {
  Fresh f;
  f.script->open = {{os(EMFILE)}};
  std::vector<dgram::Outgoing> batch(
      3, dgram::Outgoing(asio::buffer("x", 1), f.peer.local_endpoint()));
  test::run(f.io, [&]() -> asio::awaitable<void> {
    const std::size_t sent = co_await f.socket.send_many(batch);
    CHECK(sent == 2);
  }());
  CHECK(batch[0].result == os(EMFILE));
  CHECK(!batch[1].result);
  CHECK(!batch[2].result);
}

}  // namespace contract_fault_life_test
