// send_many and send_segments: a result for each datagram, exact, whatever goes wrong in between.
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_send_many_test {

namespace {

std::size_t send_all(asio::io_context& io,
                     dgram::Socket& sender,
                     std::span<dgram::Outgoing> batch) {
  test::Outcome<std::size_t> outcome;
  sender.async_send_many(batch, outcome.handler());
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK_FALSE(outcome.ec);
  return outcome.value;
}

std::vector<std::string> texts(std::size_t n) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < n; ++i) result.push_back(std::to_string(i));
  return result;
}

}  // namespace

TEST_CASE("send_many sends all of them, in order, however many", "[socket][send_many]") {
  for (const std::size_t n : {0u, 1u, 2u, 31u, 32u, 33u, 64u, 65u, 513u, 1025u, 3000u}) {
    INFO(n);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::roomy());
    dgram::Socket sender = test::bound(io);
    const std::vector<std::string> text = texts(n);
    std::vector<dgram::Outgoing> batch;
    for (const std::string& t : text)
      batch.emplace_back(asio::buffer(t), receiver.local_endpoint());
    CHECK(send_all(io, sender, batch) == n);
    for (const dgram::Outgoing& out : batch) REQUIRE_FALSE(out.result);
    std::vector<int> got;
    test::take_rest(receiver, got);
    CHECK(got == test::first_numbers(static_cast<int>(n)));
    CHECK(sender.stats().datagrams_sent == n);
  }
}

TEST_CASE("a bad datagram at any position fails alone", "[socket][send_many]") {
  constexpr std::size_t n = 70;  // beyond one sendmmsg of 64 and two of 32
  const std::string huge(65508, 'x');
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> text = texts(n);
  for (std::size_t bad = 0; bad < n; ++bad) {
    INFO("position " << bad);
    std::vector<dgram::Outgoing> batch;
    for (const std::string& t : text)
      batch.emplace_back(asio::buffer(t), receiver.local_endpoint());
    // Three kinds that are found out here, and two that only the kernel refuses.
    std::error_code expected;
    switch (bad % 5) {
      case 0:
        batch[bad].bytes = asio::buffer(huge), expected = asio::error::message_size;
        break;
      case 1:
        batch[bad].to = test::any_port(), expected = dgram::Errc::bad_port;
        break;
      case 2:
        batch[bad].to = dgram::Endpoint(asio::ip::address_v6::loopback(), 9),
        expected = asio::error::address_family_not_supported;
        break;
      case 3:
        batch[bad].to = dgram::make_endpoint("127.255.255.255", 9),
        expected = asio::error::access_denied;
        break;
      case 4:
        batch[bad].options.dscp = 64, expected = asio::error::invalid_argument;
        break;
    }
    CHECK(send_all(io, sender, batch) == n - 1);
    for (std::size_t i = 0; i < n; ++i)
      REQUIRE(batch[i].result == (i == bad ? expected : std::error_code()));
    std::vector<int> got;
    test::take_rest(receiver, got);
    std::vector<int> wanted = test::first_numbers(n);
    wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(bad));
    REQUIRE(got == wanted);
  }
  CHECK(sender.stats().send_errors == n);
}

TEST_CASE("many bad datagrams among good ones each have their own result", "[socket][send_many]") {
  constexpr std::size_t n = 200;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> text = texts(n);
  std::vector<dgram::Outgoing> batch;
  std::vector<int> wanted;
  for (std::size_t i = 0; i < n; ++i) {
    batch.emplace_back(asio::buffer(text[i]), receiver.local_endpoint());
    if (i % 3 == 0)
      batch[i].to = dgram::make_endpoint("127.255.255.255", 9);
    else
      wanted.push_back(static_cast<int>(i));
  }
  CHECK(send_all(io, sender, batch) == wanted.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 3 == 0)
      REQUIRE(batch[i].result == asio::error::access_denied);
    else
      REQUIRE_FALSE(batch[i].result);
  }
  std::vector<int> got;
  test::take_rest(receiver, got);
  CHECK(got == wanted);
}

TEST_CASE("a batch of bad datagrams alone sends nothing and is no error of the operation",
          "[socket][send_many]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  std::vector<dgram::Outgoing> batch(40, dgram::Outgoing(asio::buffer("x", 1), test::any_port()));
  CHECK(send_all(io, sender, batch) == 0);
  for (const dgram::Outgoing& out : batch) CHECK(out.result == dgram::Errc::bad_port);
}

TEST_CASE("send_many reaches different peers, and the connected one", "[socket][send_many]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io), second = test::bound(io), sender = test::bound(io);
  std::array<dgram::Outgoing, 4> batch;
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i] = dgram::Outgoing(asio::buffer("x", 1),
                               i % 2 ? second.local_endpoint() : first.local_endpoint());
  CHECK(send_all(io, sender, batch) == 4);
  std::error_code ec;
  int to_first = 0, to_second = 0;
  while (first.try_recv(ec)) ++to_first;
  while (second.try_recv(ec)) ++to_second;
  CHECK(to_first == 2);
  CHECK(to_second == 2);

  sender.connect(first.local_endpoint());
  std::array<dgram::Outgoing, 2> connected{
      dgram::Outgoing(asio::buffer("y", 1), dgram::Endpoint()),
      dgram::Outgoing(asio::buffer("z", 1), dgram::Endpoint())};
  CHECK(send_all(io, sender, connected) == 2);
  CHECK(first.try_recv(ec)->text() == "y");
  CHECK(first.try_recv(ec)->text() == "z");
}

TEST_CASE("a batch may be sent again", "[socket][send_many]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io), sender = test::bound(io);
  std::array<dgram::Outgoing, 2> batch{
      dgram::Outgoing(asio::buffer("x", 1), receiver.local_endpoint()),
      dgram::Outgoing(asio::buffer("y", 1), test::any_port())};
  CHECK(send_all(io, sender, batch) == 1);
  batch[1].to = receiver.local_endpoint();
  CHECK(send_all(io, sender, batch) == 2);
  CHECK_FALSE(batch[1].result);
}

TEST_CASE("send_many opens a new socket", "[socket][send_many]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io), sender(io);
  std::array<dgram::Outgoing, 1> batch{
      dgram::Outgoing(asio::buffer("x", 1), receiver.local_endpoint())};
  CHECK(send_all(io, sender, batch) == 1);
  std::error_code ec;
  CHECK(receiver.try_recv(ec));
}

TEST_CASE("send_segments cuts a payload into datagrams", "[socket][send_segments]") {
  for (const std::size_t size : {1u, 99u, 100u, 101u, 1000u, 6400u, 6500u, 70000u}) {
    INFO(size);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::roomy()), sender = test::bound(io);
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>('a' + i % 26);
    test::Outcome<std::size_t> outcome;
    sender.async_send_segments(payload, 100, receiver.local_endpoint(), outcome.handler());
    test::run(io);
    CHECK_FALSE(outcome.ec);
    CHECK(outcome.value == size);
    std::string got;
    std::size_t datagrams = 0;
    std::error_code ec;
    while (auto d = receiver.try_recv(ec)) {
      CHECK((d->size() == 100 || got.size() + d->size() == size));
      got += d->text();
      ++datagrams;
    }
    CHECK(got == payload);
    CHECK(datagrams == (size + 99) / 100);
  }
}

TEST_CASE("send_segments refuses what it cannot cut", "[socket][send_segments][input]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy()), sender = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const auto result = [&](dgram::Payload payload, std::size_t segment, dgram::Endpoint where) {
    test::Outcome<std::size_t> outcome;
    sender.async_send_segments(payload, segment, where, outcome.handler());
    test::run(io);
    CHECK(outcome.calls == 1);
    if (outcome.ec) CHECK(outcome.value == 0);
    return outcome.ec;
  };
  const std::array<asio::const_buffer, 2> pieces{asio::buffer("a", 1), asio::buffer("b", 1)};
  const std::string large(70000, 'x');
  CHECK(result("abc", 0, to) == asio::error::invalid_argument);
  CHECK(result(pieces, 1, to) == asio::error::invalid_argument);
  CHECK(result(large, 65508, to) == asio::error::message_size);
  CHECK(result("abc", 1, test::any_port()) == dgram::Errc::bad_port);
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK_FALSE(result(large, 65507, to));
  CHECK(receiver.try_recv(ec)->size() == 65507);
  CHECK(receiver.try_recv(ec)->size() == 70000 - 65507);
}

TEST_CASE("the throwing send_segments says what was asked", "[socket][send_segments][error]") {
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  const auto body = [&]() -> asio::awaitable<void> {
    try {
      co_await sender.send_segments("abc", 0, sender.local_endpoint());
      FAIL("a segment of nothing");
    } catch (const dgram::Error& e) {
      CHECK(e.operation() == "send_segments");
      CHECK(e.code() == asio::error::invalid_argument);
    }
  };
  test::run(io, body());
}

TEST_CASE("only an endpoint that names nobody means the connected peer",
          "[socket][send][connect]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  dgram::Socket sender = test::bound(io);
  sender.connect(peer.local_endpoint());
  const std::string text = "for a stranger";
  std::array<dgram::Outgoing, 3> batch;
  batch[0] = dgram::Outgoing(asio::buffer(text), dgram::make_endpoint("203.0.113.9", 0));
  batch[1] = dgram::Outgoing(asio::buffer(text), dgram::make_endpoint("::1", 0));
  batch[2] = dgram::Outgoing(asio::buffer(text), dgram::Endpoint());
  std::error_code ec;
  CHECK(sender.try_send_many(batch, ec) == 1);
  CHECK(batch[0].result == dgram::Errc::bad_port);
  CHECK(batch[1].result == dgram::Errc::bad_port);
  CHECK_FALSE(batch[2].result);
  CHECK(peer.try_recv(ec));
  CHECK_FALSE(peer.try_recv(ec));
}

}  // namespace socket_send_many_test
