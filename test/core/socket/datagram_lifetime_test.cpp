// A Datagram may outlive its socket and its context, and may die on another thread.
#include <dgram/dgram.hpp>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"

namespace socket_datagram_lifetime_test {

namespace {

/// Receives `n` numbered datagrams, half of them too large for a small slot, on a context that is
/// gone afterwards.
std::vector<dgram::Datagram> received_once(int n) {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 1 << 20;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  const std::string padding(3000, ' ');
  for (int i = 0; i < n; ++i)
    test::put(sender, receiver, i % 2 ? std::to_string(i) + padding : std::to_string(i));
  std::vector<dgram::Datagram> result;
  std::error_code ec;
  while (auto d = receiver.try_recv(ec)) result.push_back(std::move(*d));
  return result;
}

}  // namespace

TEST_CASE("a datagram outlives its socket and its context", "[socket][datagram]") {
  std::vector<dgram::Datagram> kept = received_once(40);
  REQUIRE(kept.size() == 40);
  for (int i = 0; i < 40; ++i) {
    dgram::Datagram& d = kept[static_cast<std::size_t>(i)];
    CHECK(test::number(d) == i);
    CHECK(d.remote().address().is_loopback());
    if (!d.data().empty()) d.data()[0] = std::byte{'!'};  // still writable memory
  }
  CHECK(kept.back().copy().size() == kept.back().size());
}

TEST_CASE("datagrams of one batch may die on several threads", "[socket][datagram]") {
  for (int round = 0; round < 20; ++round) {
    std::vector<dgram::Datagram> kept = received_once(48);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 3; ++t) {
      std::vector<dgram::Datagram> share;
      for (std::size_t i = t; i < kept.size(); i += 3) share.push_back(std::move(kept[i]));
      threads.emplace_back([mine = std::move(share)]() mutable { mine.clear(); });
    }
    kept.clear();
    for (std::thread& thread : threads) thread.join();
  }
}

TEST_CASE("datagrams may die on another thread while their socket receives more",
          "[socket][datagram]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::error_code ec;
  bool all_right = true;
  for (int i = 0; i < 100; ++i) {
    test::put_numbers(sender, receiver, 0, 8);
    std::vector<dgram::Datagram> batch;
    while (auto d = receiver.try_recv(ec)) batch.push_back(std::move(*d));
    std::thread other([mine = std::move(batch)]() mutable { mine.clear(); });
    test::put(sender, receiver, "77");
    const auto d = receiver.try_recv(ec);
    all_right = all_right && d && test::number(*d) == 77;
    other.join();
  }
  CHECK(all_right);
}

TEST_CASE("moving a datagram moves its bytes, and leaves nothing", "[socket][datagram]") {
  std::vector<dgram::Datagram> kept = received_once(2);
  REQUIRE(kept.size() == 2);
  const std::byte* bytes = kept[0].data().data();
  dgram::Datagram moved(std::move(kept[0]));
  CHECK_FALSE(kept[0].has_value());
  CHECK(moved.data().data() == bytes);
  moved = std::move(kept[1]);
  CHECK(test::number(moved) == 1);
  dgram::Datagram& same = moved;
  moved = std::move(same);
  CHECK(test::number(moved) == 1);
}

TEST_CASE("a datagram's bytes may be changed in place without touching its neighbours",
          "[socket][datagram]") {
  std::vector<dgram::Datagram> kept = received_once(16);
  REQUIRE(kept.size() == 16);
  for (std::size_t i = 0; i < kept.size(); i += 2)
    for (std::byte& b : kept[i].data()) b = std::byte{0xff};
  for (std::size_t i = 1; i < kept.size(); i += 2)
    CHECK(test::number(kept[i]) == static_cast<int>(i));
}

}  // namespace socket_datagram_lifetime_test
