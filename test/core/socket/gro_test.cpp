// SocketOptions::gro: trains of datagrams are datagrams again when they are received, whichever
// call takes them.
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <dgram/dgram.hpp>
#include <functional>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/offload.hpp"

namespace socket_gro_test {

namespace {

constexpr int udp_gro = 104;  // newer than the C library's headers: linux/udp.h

/// A way to receive everything that is there, as text.
struct Way {
  const char* name;
  std::function<asio::awaitable<void>(dgram::Socket&, std::size_t n, std::vector<std::string>&)>
      take;
};

asio::awaitable<void> take_by_recv(dgram::Socket& socket,
                                   std::size_t n,
                                   std::vector<std::string>& got) {
  while (got.size() < n) {
    const dgram::Datagram datagram = co_await socket.recv();
    CHECK(!datagram.truncated());
    CHECK(datagram.full_size() == datagram.size());
    got.emplace_back(datagram.text());
  }
}

asio::awaitable<void> take_by_recv_many(dgram::Socket& socket,
                                        std::size_t n,
                                        std::vector<std::string>& got) {
  std::array<dgram::Datagram, 7> into;  // no divisor of anything
  while (got.size() < n) {
    const std::size_t count = co_await socket.recv_many(into);
    for (const dgram::Datagram& datagram : std::span(into).first(count))
      got.emplace_back(datagram.text());
  }
}

asio::awaitable<void> take_by_recv_into(dgram::Socket& socket,
                                        std::size_t n,
                                        std::vector<std::string>& got) {
  std::vector<std::byte> memory(65536);
  while (got.size() < n) {
    const dgram::Received one = co_await socket.recv_into(memory);
    CHECK(!one.truncated);
    CHECK(one.full_size == one.size);
    got.push_back(test::text_of(std::span(memory).first(one.size)));
  }
}

asio::awaitable<void> take_by_try_recv(dgram::Socket& socket,
                                       std::size_t n,
                                       std::vector<std::string>& got) {
  co_await socket.wait_readable();
  std::error_code ec;
  while (got.size() < n) {
    const std::optional<dgram::Datagram> datagram = socket.try_recv(ec);
    if (!datagram) co_return;
    got.emplace_back(datagram->text());
  }
}

const std::vector<Way> ways = {{"recv", take_by_recv},
                               {"recv_many", take_by_recv_many},
                               {"recv_into", take_by_recv_into},
                               {"try_recv", take_by_try_recv}};

void check_received(asio::io_context& io,
                    dgram::Socket& receiver,
                    const Way& way,
                    const std::vector<std::string>& expected) {
  std::vector<std::string> got;
  test::run(io, way.take(receiver, expected.size(), got));
  CHECK(got.size() == expected.size());
  CHECK((got == expected));
  std::error_code ec;
  CHECK(!receiver.try_recv(ec));
  CHECK(ec == asio::error::would_block);
}

/// Runs of everything that could confuse: short tails, nothing at all, larger ones behind.
std::vector<std::string> confusing() {
  std::vector<std::string> texts;
  std::size_t n = 0;
  for (const std::size_t size : {100u, 1u, 1472u}) {
    for (const std::size_t count : {1u, 2u, 20u}) {
      for (std::size_t i = 0; i < count; ++i) texts.push_back(test::sized(size, n++));
      texts.push_back(test::sized(size - 1, n++));  // for 1: an empty one
      texts.emplace_back();
      texts.push_back(test::sized(size + 1, n++));
    }
  }
  return texts;
}

}  // namespace

TEST_CASE("trains of send_many come as datagrams through every receive", "[socket][offload][gro]") {
  const std::vector<std::string> texts = confusing();
  for (const Way& way : ways) {
    for (const int batch : {1, 16, 64}) {
      INFO(way.name << ", batch " << batch);
      asio::io_context io;
      dgram::Socket receiver = test::bound(io, test::with_gro(batch));
      dgram::Socket sender = test::bound(io);
      for (int round = 0; round < 3; ++round) {
        std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
        REQUIRE(test::send_all(io, sender, sent) == texts.size());
        check_received(io, receiver, way, texts);
      }
      const dgram::Stats stats = receiver.stats();
      CHECK(stats.datagrams_received == 3 * texts.size());
      std::size_t bytes = 0;
      for (const std::string& text : texts) bytes += text.size();
      CHECK(stats.bytes_received == 3 * bytes);
      CHECK(stats.truncated == 0);
      CHECK(stats.held == 0);
      CHECK((stats.gro_datagrams != 0) == (test::granted("gro") && test::granted("gso")));
    }
  }
}

TEST_CASE("trains of send_segments of every size come as datagrams", "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  std::size_t round = 0;
  for (std::size_t segment = 1; segment <= 1472; segment += segment < 64 ? 1 : 47) {
    for (const std::size_t whole : {segment * 5, segment * 64, segment * 3 - segment / 2}) {
      INFO(segment << " of " << whole);
      const std::string payload = test::sized(whole, ++round);
      std::vector<std::string> expected;
      for (std::size_t at = 0; at < whole; at += segment)
        expected.push_back(payload.substr(at, segment));
      test::Outcome<std::size_t> outcome;
      sender.async_send_segments(payload, segment, receiver.local_endpoint(), outcome.handler());
      test::run(io);
      REQUIRE(outcome.value == whole);
      check_received(io, receiver, ways[round % ways.size()], expected);
    }
  }
}

TEST_CASE("each datagram of a train has what was asked for of the whole",
          "[socket][offload][gro]") {
  if (!test::is_linux_channel()) return;
  const bool v6 = GENERATE(false, true);
  asio::io_context io;
  dgram::SocketOptions options = test::with_gro();
  options.family = v6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
  options.receive_local_address = options.receive_ecn = true;
  options.receive_hop_limit = options.receive_timestamp = true;
  dgram::Socket receiver = test::bound(io, options);
  dgram::SocketOptions plain;
  plain.family = options.family;
  dgram::Socket sender = test::bound(io, plain);
  dgram::SendOptions marks;
  marks.ecn = dgram::Ecn::ect1;
  marks.dscp = 46;
  marks.hop_limit = 7;
  const std::vector<std::string> texts = test::all_sized(100, 500);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint(), marks);
  REQUIRE(test::send_all(io, sender, sent) == 100);
  std::error_code ec;
  for (const std::string& text : texts) {
    const std::optional<dgram::Datagram> one = receiver.try_recv(ec);
    REQUIRE(one);
    REQUIRE((one->text() == text));
    REQUIRE(one->remote() == sender.local_endpoint());
    REQUIRE(one->local_address() == receiver.local_endpoint().address());
    REQUIRE(one->interface_index() == 1u);
    REQUIRE(one->ecn() == dgram::Ecn::ect1);
    REQUIRE(one->dscp() == 46);
    REQUIRE(one->hop_limit() == 7);
    REQUIRE(one->received_at());
    REQUIRE(!one->control_truncated());
  }
  CHECK((receiver.stats().gro_datagrams != 0) == (test::granted("gro") && test::granted("gso")));
}

TEST_CASE("the capability gro says what became of it", "[socket][offload][gro]") {
  asio::io_context io;
  const dgram::Socket asked = test::bound(io, test::with_gro());
  const std::vector<dgram::Capability> all = asked.capabilities();
  const dgram::Capability* const gro = find(all, "gro");
  REQUIRE(gro);
  CHECK((gro->state == dgram::Capability::State::granted ||
         gro->state == dgram::Capability::State::refused));
  CHECK(static_cast<bool>(gro->why) == (gro->state == dgram::Capability::State::refused));
  const char* const switched_off = std::getenv("DGRAM_DISABLE");
  if (switched_off && std::string_view(switched_off).find("gro") != std::string_view::npos &&
      test::is_linux_channel())
    CHECK(gro->why == dgram::Errc::disabled);
  if (!test::is_linux_channel()) return;
  const dgram::Socket plain = test::bound(io);
  const std::vector<dgram::Capability> without = plain.capabilities();
  REQUIRE(find(without, "gro"));
  CHECK(find(without, "gro")->state == dgram::Capability::State::not_asked);
}

TEST_CASE("UDP_GRO that is switched on by its number gives datagrams, too",
          "[socket][offload][gro]") {
  if (!test::is_linux_channel()) return;
  const std::vector<std::string> texts = confusing();
  for (const Way& way : ways) {
    INFO(way.name);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::roomy());
    dgram::Socket sender = test::bound(io);
    const auto exchange = [&] {
      std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
      REQUIRE(test::send_all(io, sender, sent) == texts.size());
      check_received(io, receiver, way, texts);
    };
    exchange();
    for (const int on : {1, 0, 1}) {
      receiver.set_option(asio::detail::socket_option::integer<IPPROTO_UDP, udp_gro>(on));
      exchange();
      exchange();
    }
    CHECK((receiver.stats().gro_datagrams != 0) == test::granted("gso"));
  }
}

TEST_CASE(
    "trains that wait when a descriptor is adopted come as datagrams, here and where it came from",
    "[socket][offload][gro]") {
  if (!test::is_linux_channel()) return;
  const std::vector<std::string> texts = test::all_sized(40, 500);
  for (const bool asks : {false, true}) {
    INFO((asks ? "with gro" : "without"));
    asio::io_context io;
    dgram::SocketOptions options;
    options.gro = asks;
    dgram::Socket first = test::bound(io, test::with_gro());
    dgram::Socket second(io, options);
    dgram::Socket sender = test::bound(io);
    for (dgram::Socket* const reader : {&second, &first}) {
      std::vector<dgram::Outgoing> sent = test::outgoing(texts, first.local_endpoint());
      REQUIRE(test::send_all(io, sender, sent) == texts.size());
      if (!second.is_open()) second.adopt(::dup(first.native_handle()));
      CHECK((test::take_texts(*reader) == texts));
    }
  }
}

TEST_CASE("a descriptor that has UDP_GRO on already gives datagrams when it is adopted",
          "[socket][offload][gro]") {
  if (!test::is_linux_channel()) return;
  const std::vector<std::string> texts = confusing();
  for (const Way& way : ways) {
    for (const bool asks : {false, true}) {
      INFO(way.name << (asks ? " with gro" : ""));
      asio::io_context io;
      dgram::SocketOptions options;
      options.gro = asks;
      dgram::Socket receiver(io, options);
      {
        dgram::Socket first = test::bound(io, test::roomy());
        first.set_option(asio::detail::socket_option::integer<IPPROTO_UDP, udp_gro>(1));
        receiver.adopt(first.release());
      }
      dgram::Socket sender = test::bound(io);
      std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
      REQUIRE(test::send_all(io, sender, sent) == texts.size());
      check_received(io, receiver, way, texts);
    }
  }
}

}  // namespace socket_gro_test
