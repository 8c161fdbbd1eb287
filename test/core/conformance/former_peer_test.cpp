// What a peer has refused fails nothing after the socket has left it.
#include <array>
#include <dgram/dgram.hpp>
#include <string>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_former_peer_test {

namespace {

enum class Form { try_send, token, try_send_many, send_many, segments };
enum class Told { no, as_report, to_receive };

/// A socket that was connected to nobody and was refused, and a peer that is there.
struct Left {
  Left(dgram::Family family, bool reports, bool connects, Told told)
      : socket(test::bound(io, reports ? test::with_reports(family) : test::of_family(family))),
        peer(test::bound_in(io, family)) {
    socket.connect(test::dead_port(io, family));
    std::error_code ec;
    CHECK(socket.try_send("refused", ec));
    REQUIRE(test::await_error(socket));
    if (told == Told::as_report) CHECK(socket.try_recv_error(ec));
    if (connects)
      socket.connect(peer.local_endpoint());
    else
      socket.disconnect();
  }
  asio::io_context io;
  dgram::Socket socket;
  dgram::Socket peer;
};

/// Three datagrams, in one form or the other; how many were sent.
std::size_t send_three(Left& s, Form form) {
  const dgram::Endpoint to = s.peer.local_endpoint();
  const std::string bytes = "abc";
  std::error_code ec;
  test::Outcome<std::size_t> outcome;
  std::array<dgram::Outgoing, 3> batch;
  for (std::size_t i = 0; i < 3; ++i) batch[i] = dgram::Outgoing(asio::buffer(&bytes[i], 1), to);
  std::size_t sent = 0;
  switch (form) {
    case Form::try_send:
      for (std::size_t i = 0; i < 3; ++i) sent += s.socket.try_send(bytes.substr(i, 1), to, ec);
      break;
    case Form::token:
      for (std::size_t i = 0; i < 3; ++i) {
        s.socket.async_send(batch[i].bytes, to, outcome.handler());
        s.io.restart();
        test::run(s.io);
        sent += !outcome.ec;
      }
      break;
    case Form::try_send_many:
      sent = s.socket.try_send_many(batch, ec);
      break;
    case Form::send_many:
      s.socket.async_send_many(batch, outcome.handler());
      test::run(s.io);
      sent = outcome.value;
      break;
    case Form::segments:
      s.socket.async_send_segments(bytes, 1, to, outcome.handler());
      test::run(s.io);
      sent = outcome.value;
      break;
  }
  return sent;
}

}  // namespace

TEST_CASE("a refusal by a peer that the socket has left fails no send", "[conformance][connect]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const bool reports = GENERATE(false, true);
  const bool connects = GENERATE(false, true);
  const Told told = GENERATE(Told::no, Told::as_report);
  const Form form =
      GENERATE(Form::try_send, Form::token, Form::try_send_many, Form::send_many, Form::segments);
  if (reports && !test::is_linux_channel()) return;
  if (told == Told::as_report && !reports) return;
  INFO("v6 " << (family == dgram::Family::ipv6) << " reports " << reports << " connects "
             << connects << " form " << static_cast<int>(form));
  Left s(family, reports, connects, told);
  CHECK(send_three(s, form) == 3);
  CHECK((test::take_texts(s.peer) == std::vector<std::string>{"a", "b", "c"}));
  CHECK(s.socket.stats().send_errors == 0);
}

TEST_CASE(
    "a refusal by a peer that the socket has left fails no receive, and is a report where "
    "these are asked for",
    "[conformance][connect]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const bool reports = GENERATE(false, true);
  const bool connects = GENERATE(false, true);
  const Told told = GENERATE(Told::no, Told::as_report);
  const bool waits = GENERATE(false, true);
  if (reports && !test::is_linux_channel()) return;
  if (told == Told::as_report && !reports) return;
  Left s(family, reports, connects, told);
  std::error_code ec;
  CHECK(s.socket.try_send("a port again", s.peer.local_endpoint(), ec));
  if (waits) {
    test::Outcome<dgram::Datagram> outcome;
    s.socket.async_recv(outcome.handler());
    s.io.poll();
    CHECK(outcome.calls == 0);
    test::put(s.peer, s.socket, "heard");
    s.io.restart();
    test::run(s.io);
    CHECK_FALSE(outcome.ec);
    CHECK(outcome.value.text() == "heard");
  } else {
    CHECK_FALSE(s.socket.try_recv(ec));
    CHECK(ec == asio::error::would_block);
  }
  if (reports) CHECK(s.socket.try_recv_error(ec).has_value() == (told == Told::no));
}

}  // namespace conformance_former_peer_test
