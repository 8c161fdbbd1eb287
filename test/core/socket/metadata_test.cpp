// Metadata from end to end: what was asked for is there and true; the portable channel refuses
// instead of leaving it out.
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_metadata_test {

namespace {

std::error_code send(asio::io_context& io,
                     dgram::Socket& from,
                     const dgram::Endpoint& to,
                     const dgram::SendOptions& options) {
  test::Outcome<std::size_t> outcome;
  from.async_send("x", to, options, outcome.handler());
  test::run(io);
  return outcome.ec;
}

dgram::Datagram receive(dgram::Socket& socket) {
  std::error_code ec;
  auto d = socket.try_recv(ec);
  REQUIRE(d);
  return std::move(*d);
}

}  // namespace

TEST_CASE("a channel that cannot bring metadata refuses to open, and to send with options",
          "[socket][metadata]") {
  if (test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  for (int which = 0; which < 4; ++which) {
    dgram::SocketOptions options;
    options.receive_local_address = which == 0;
    options.receive_ecn = which == 1;
    options.receive_hop_limit = which == 2;
    options.receive_timestamp = which == 3;
    dgram::Socket socket(io, options);
    std::error_code ec;
    socket.bind(test::any_port(), ec);
    CHECK(ec == asio::error::operation_not_supported);
    CHECK_FALSE(socket.is_open());
  }
  dgram::SendOptions options;
  options.hop_limit = 9;
  CHECK(send(io, sender, sender.local_endpoint(), options) == asio::error::operation_not_supported);
}

TEST_CASE("hop limit, DSCP, ECN, address, interface and time arrive as they were sent",
          "[socket][metadata]") {
  if (!test::is_linux_channel()) return;
  for (const dgram::Family family : {dgram::Family::ipv4, dgram::Family::ipv6}) {
    INFO((family == dgram::Family::ipv4 ? "IPv4" : "IPv6"));
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::with_metadata(family));
    dgram::SocketOptions plain;
    plain.family = family;
    dgram::Socket sender = test::bound(io, plain);
    dgram::SendOptions options;
    options.hop_limit = 42;
    options.dscp = 46;
    options.ecn = dgram::Ecn::ect0;
    const auto before = std::chrono::system_clock::now();
    CHECK_FALSE(send(io, sender, receiver.local_endpoint(), options));
    const dgram::Datagram d = receive(receiver);
    CHECK(d.hop_limit() == 42);
    CHECK(d.dscp() == 46);
    CHECK(d.ecn() == dgram::Ecn::ect0);
    CHECK(d.local_address() == receiver.local_endpoint().address());
    REQUIRE(d.interface_index());
    CHECK(*d.interface_index() != 0);
    REQUIRE(d.received_at());
    // Both ends of the same clock; a second of slack for one that is being set.
    CHECK(*d.received_at() >= before - std::chrono::seconds(1));
    CHECK(*d.received_at() <= std::chrono::system_clock::now() + std::chrono::seconds(1));
    CHECK_FALSE(d.control_truncated());

    // Options belong to one datagram: the next one is plain again.
    CHECK_FALSE(send(io, sender, receiver.local_endpoint(), {}));
    const dgram::Datagram next = receive(receiver);
    CHECK(next.hop_limit() != 42);
    CHECK(next.dscp() == 0);
    CHECK(next.ecn() == dgram::Ecn::not_ect);
  }
}

TEST_CASE("only what was asked for is there", "[socket][metadata]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::SocketOptions options;
  options.receive_hop_limit = true;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "x");
  const dgram::Datagram d = receive(receiver);
  CHECK(d.hop_limit().has_value());
  CHECK_FALSE(d.local_address());
  CHECK_FALSE(d.ecn());
  CHECK_FALSE(d.received_at());
}

TEST_CASE("an answer by reply_options leaves from the address that was asked",
          "[socket][metadata]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket server(io, test::with_metadata(dgram::Family::ipv4));
  server.bind();  // any address: the kernel would answer from 127.0.0.1
  const dgram::Endpoint asked = dgram::make_endpoint("127.0.0.5", server.local_endpoint().port());
  dgram::Socket client = test::bound(io);
  client.connect(asked);  // hears nobody else
  std::error_code ec;
  CHECK(client.try_send("who is there", ec));
  const dgram::Datagram question = receive(server);
  CHECK(question.local_address() == asked.address());
  const dgram::SendOptions options = question.reply_options();
  REQUIRE(options.source_address);
  CHECK(*options.source_address == asked.address());
  CHECK_FALSE(send(io, server, question.remote(), options));
  const dgram::Datagram answer = receive(client);
  CHECK(answer.remote() == asked);
}

TEST_CASE("a copy keeps its metadata", "[socket][metadata]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_metadata(dgram::Family::ipv4));
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "x");
  const dgram::Datagram d = receive(receiver);
  const dgram::Datagram copy = d.copy();
  CHECK(copy.hop_limit() == d.hop_limit());
  CHECK(copy.local_address() == d.local_address());
  CHECK(copy.received_at() == d.received_at());
  CHECK(copy.interface_index() == d.interface_index());
}

TEST_CASE("each datagram of a send_many has its own options", "[socket][metadata]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_metadata(dgram::Family::ipv4));
  dgram::Socket sender = test::bound(io);
  std::vector<dgram::Outgoing> batch;
  for (int i = 1; i <= 40; ++i) {
    dgram::SendOptions options;
    options.hop_limit = i;
    batch.emplace_back(asio::buffer("x", 1), receiver.local_endpoint(), options);
  }
  test::Outcome<std::size_t> outcome;
  sender.async_send_many(batch, outcome.handler());
  test::run(io);
  CHECK(outcome.value == 40);
  for (int i = 1; i <= 40; ++i) CHECK(receive(receiver).hop_limit() == i);
}

TEST_CASE("a source address that is not this host's is refused, and the socket goes on",
          "[socket][metadata][input]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::SendOptions options;
  options.source_address = asio::ip::make_address("203.0.113.77");
  CHECK(send(io, sender, sender.local_endpoint(), options));
  CHECK_FALSE(send(io, sender, sender.local_endpoint(), {}));
  // Of the wrong family altogether.
  options.source_address = asio::ip::address_v6::loopback();
  CHECK(send(io, sender, sender.local_endpoint(), options));
}

}  // namespace socket_metadata_test
