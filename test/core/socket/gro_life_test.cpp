// What a train is to the socket that holds a part of it, and to who keeps a part of it.
#include <array>
#include <chrono>
#include <dgram/dgram.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch2.hpp"
#include "support/offload.hpp"

namespace socket_gro_life_test {

TEST_CASE("datagrams of a train that are kept stay as they were, longer than the socket",
          "[socket][offload][gro]") {
  std::vector<std::pair<std::string, dgram::Datagram>> kept;
  {
    asio::io_context io;
    std::optional<dgram::Socket> receiver(test::bound(io, test::with_gro()));
    dgram::Socket sender = test::bound(io);
    for (std::size_t round = 0; round < 50; ++round) {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < 40; ++i) texts.push_back(test::sized(1200, round * 40 + i));
      std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver->local_endpoint());
      REQUIRE(test::send_all(io, sender, sent) == texts.size());
      std::error_code ec;
      for (std::size_t i = 0; i < texts.size(); ++i) {
        std::optional<dgram::Datagram> one = receiver->try_recv(ec);
        REQUIRE(one);
        REQUIRE((one->text() == texts[i]));
        if (i % 17 == round % 17) kept.emplace_back(texts[i], std::move(*one));
      }
    }
    // And what is still held goes with the socket, and is counted.
    const std::vector<std::string> texts = test::all_sized(30, 1200);
    std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver->local_endpoint());
    REQUIRE(test::send_all(io, sender, sent) == texts.size());
    std::error_code ec;
    REQUIRE(receiver->try_recv(ec));
    const std::uint64_t held = receiver->stats().held;
    CHECK(receiver->stats().datagrams_received == 50 * 40 + 1 + held);
    receiver->close();
    CHECK(receiver->stats().discarded_at_close == held);
  }
  std::size_t wrong = 0;
  for (const auto& [text, datagram] : kept) wrong += datagram.text() != text;
  CHECK(wrong == 0);
  CHECK(kept.size() > 100);
}

TEST_CASE("a copy of one of a train is that datagram alone", "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(10, 700);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::vector<dgram::Datagram> copies;
  std::error_code ec;
  while (const std::optional<dgram::Datagram> one = receiver.try_recv(ec))
    copies.push_back(one->copy());
  CHECK(receiver.stats().pinned_bytes == 0);
  REQUIRE(copies.size() == texts.size());
  for (std::size_t i = 0; i < copies.size(); ++i) {
    CHECK((copies[i].text() == texts[i]));
    CHECK(copies[i].full_size() == 700);
    CHECK(!copies[i].truncated());
    CHECK(copies[i].remote() == sender.local_endpoint());
  }
}

TEST_CASE("recv_into with little room cuts each datagram of a train by itself",
          "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(50, 300);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::size_t wrong = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    std::array<std::byte, 100> memory;
    for (const std::string& text : texts) {
      const dgram::Received one = co_await receiver.recv_into(memory);
      wrong += one.size != 100 || one.full_size != 300 || !one.truncated;
      wrong += test::text_of(memory) != text.substr(0, 100);
    }
  };
  test::run(io, body());
  CHECK(wrong == 0);
  CHECK(receiver.stats().truncated == 50);
}

// For a descriptor that processes share: one slot per call, but a train is one of them.
TEST_CASE("with a batch of one a train counts as one", "[socket][offload][gro]") {
  if (!test::granted("gro") || !test::granted("gso")) return;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro(1));
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(50, 300);
  for (int i = 0; i < 2; ++i) {
    std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
    REQUIRE(test::send_all(io, sender, sent) == texts.size());
  }
  std::error_code ec;
  REQUIRE(receiver.try_recv(ec));
  CHECK(receiver.stats().held == 49);
  CHECK(test::take_texts(receiver).size() == 99);
}

TEST_CASE("of a train that was begun the rest still comes after stop_receiving, and then the end",
          "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(40, 300);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::error_code ec;
  REQUIRE(receiver.try_recv(ec));
  const std::uint64_t held = receiver.stats().held;
  receiver.stop_receiving();
  std::uint64_t got = 0;
  while (receiver.try_recv(ec)) ++got;
  CHECK(got == held);
  CHECK(ec == asio::error::eof);
}

TEST_CASE("a socket that is moved while a train is begun goes on with it",
          "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(40, 300);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, first.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::error_code ec;
  std::vector<std::string> got;
  for (int i = 0; i < 7; ++i) got.emplace_back(first.try_recv(ec)->text());
  dgram::Socket second = std::move(first);
  for (const std::string& text : test::take_texts(second)) got.push_back(text);
  CHECK((got == texts));
}

TEST_CASE("deadlines that have passed still take what a train holds", "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(200, 300);
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::vector<std::string> got;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await receiver.wait_readable();
    for (;;) {
      const std::optional<dgram::Datagram> one =
          co_await receiver.recv_for(std::chrono::seconds(0));
      if (!one) co_return;
      got.emplace_back(one->text());
    }
  };
  test::run(io, body());
  CHECK(got.size() == texts.size());
  CHECK((got == texts));
}

TEST_CASE("wait_readable and many receives that wait each get their part of a train",
          "[socket][offload][gro]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::with_gro());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(150, 300);
  std::vector<std::string> got;
  for (std::size_t i = 0; i < texts.size(); ++i)
    receiver.async_recv([&](std::error_code ec, const dgram::Datagram& one) {
      CHECK(!ec);
      got.emplace_back(one.text());
    });
  io.poll();
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint());
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  test::run(io);
  CHECK((got == texts));
}

}  // namespace socket_gro_life_test
