// All sizes in one stream, each arrives whole, single and batched, whatever the size of the receive
// batch.
#include <algorithm>
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace socket_sizes_test {

namespace {

constexpr std::array<std::size_t, 7> sizes{0, 1, 1472, 2048, 2049, 9000, 65507};
constexpr int rounds = 12;

/// Contents that tell a shifted, mixed or stale byte.
std::vector<char> pattern(std::size_t size, int salt) {
  std::vector<char> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>((i * 7 + i / 251 + static_cast<std::size_t>(salt)) % 251);
  return bytes;
}

/// The stream: each round begins with another size, so that every size follows every other and
/// falls into each place of a batch.
std::vector<std::vector<char>> stream() {
  std::vector<std::vector<char>> result;
  for (int r = 0; r < rounds; ++r)
    for (std::size_t i = 0; i < sizes.size(); ++i)
      result.push_back(pattern(sizes[(i * (1 + static_cast<std::size_t>(r) % 6)) % 7], r));
  return result;
}

bool equal(const dgram::Datagram& d, const std::vector<char>& expected) {
  return !d.truncated() && d.full_size() == expected.size() &&
         d.text() == std::string_view(expected.data(), expected.size());
}

/// Sends as `batch` datagrams at a time while what is on its way fits into the receive buffer.
void check_stream(int receive_batch, bool send_many, bool recv_many) {
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = receive_batch;
  options.recv_buffer_size = 4 << 20;
  dgram::Socket receiver = test::bound(io, options);
  options.send_buffer_size = 1 << 20;
  dgram::Socket sender = test::bound(io, options);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::vector<std::vector<char>> expected = stream();
  std::size_t got = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    std::array<dgram::Datagram, 5> some;
    for (std::size_t first = 0; first < expected.size(); first += 14) {
      const std::size_t last = std::min(first + 14, expected.size());
      if (send_many) {
        std::vector<dgram::Outgoing> batch;
        for (std::size_t i = first; i < last; ++i)
          batch.emplace_back(asio::buffer(expected[i]), to);
        const std::size_t sent = co_await sender.send_many(batch);
        REQUIRE(sent == batch.size());
      } else {
        for (std::size_t i = first; i < last; ++i) {
          const std::size_t sent = co_await sender.send(expected[i], to);
          REQUIRE(sent == expected[i].size());
        }
      }
      while (got < last) {
        if (recv_many) {
          const std::size_t n = co_await receiver.recv_many(some);
          for (std::size_t i = 0; i < n; ++i) REQUIRE(equal(some[i], expected[got++]));
        } else {
          const dgram::Datagram d = co_await receiver.recv();
          REQUIRE(equal(d, expected[got++]));
        }
      }
    }
  };
  test::run(io, body());
  CHECK(got == expected.size());
  CHECK(receiver.stats().truncated == 0);
}

}  // namespace

TEST_CASE("every size arrives whole in one stream", "[socket][sizes]") {
  for (const int batch : {1, 2, 16, 64}) {
    for (const bool send_many : {false, true}) {
      for (const bool recv_many : {false, true}) {
        INFO("receive batch " << batch << (send_many ? ", send_many" : ", send")
                              << (recv_many ? ", recv_many" : ", recv"));
        check_stream(batch, send_many, recv_many);
      }
    }
  }
}

TEST_CASE("every size that is kept stays whole while others arrive", "[socket][sizes]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 4 << 20;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  const std::vector<std::vector<char>> expected = stream();
  std::vector<dgram::Datagram> kept;
  std::error_code ec;
  for (const auto& bytes : expected) {
    test::put(sender, receiver, bytes);
    if (kept.size() % 5 == 0 || &bytes == &expected.back())
      while (auto d = receiver.try_recv(ec)) kept.push_back(std::move(*d));
  }
  while (auto d = receiver.try_recv(ec)) kept.push_back(std::move(*d));
  REQUIRE(kept.size() == expected.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    CHECK(equal(kept[i], expected[i]));
    CHECK(equal(kept[i].copy(), expected[i]));
  }
}

TEST_CASE("recv_into takes every size whole when there is room, held or from the kernel",
          "[socket][sizes]") {
  for (const int batch : {1, 16, 64}) {
    INFO(batch);
    asio::io_context io;
    dgram::SocketOptions options;
    options.batch = batch;
    options.recv_buffer_size = 4 << 20;
    dgram::Socket receiver = test::bound(io, options);
    dgram::Socket sender = test::bound(io);
    const std::vector<std::vector<char>> expected = stream();
    std::vector<char> room(65507);
    const auto body = [&]() -> asio::awaitable<void> {
      const std::span<std::byte> into = std::as_writable_bytes(std::span(room));
      for (std::size_t first = 0; first < expected.size(); first += 12) {
        const std::size_t last = std::min(first + 12, expected.size());
        for (std::size_t i = first; i < last; ++i) test::put(sender, receiver, expected[i]);
        for (std::size_t i = first; i < last; ++i) {
          const dgram::Received r = co_await receiver.recv_into(into);
          REQUIRE_FALSE(r.truncated);
          REQUIRE(r.size == expected[i].size());
          REQUIRE(std::equal(expected[i].begin(), expected[i].end(), room.begin()));
        }
      }
    };
    test::run(io, body());
  }
}

TEST_CASE("a cut by recv_into tells the true length for every size", "[socket][sizes]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 4 << 20;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  for (const std::size_t size : sizes) test::put(sender, receiver, pattern(size, 1));
  const auto body = [&]() -> asio::awaitable<void> {
    std::array<std::byte, 100> small;
    for (const std::size_t size : sizes) {
      const dgram::Received r = co_await receiver.recv_into(small);
      INFO(size);
      CHECK(r.full_size == size);
      CHECK(r.size == std::min(size, small.size()));
      CHECK(r.truncated == (size > small.size()));
    }
  };
  test::run(io, body());
  CHECK(receiver.stats().truncated == 5);
}

}  // namespace socket_sizes_test
