// What a steering may be asked for, and what it computes in user space.
#include <array>
#include <asio/error.hpp>
#include <dgram/dgram.hpp>
#include <dgram/scale/steering.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"

namespace scale_steering_rules_test {

namespace {

using dgram::PayloadKey;
using dgram::Steering;

PayloadKey key(std::size_t offset, int width, std::uint32_t mask = 0xffffffff) {
  PayloadKey result;
  result.offset = offset;
  result.width = width;
  result.mask = mask;
  return result;
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

}  // namespace

TEST_CASE("a key within its ranges is accepted", "[scale][steering]") {
  CHECK(!Steering::by_hash().check());
  CHECK(!Steering::by_cpu().check());
  CHECK(!Steering::by_key(key(0, 1)).check());
  CHECK(!Steering::by_key(key(65526, 1, 0x80)).check());
  CHECK(!Steering::by_key(key(65525, 2, 0x8000)).check());
  CHECK(!Steering::by_key(key(65523, 4, 0x80000000)).check());
}

TEST_CASE("a key out of its ranges is refused, and never clamped", "[scale][steering]") {
  for (const int width : {-1, 0, 3, 5, 8})
    CHECK(Steering::by_key(key(0, width)).check() == asio::error::invalid_argument);
  for (const std::size_t offset : {std::size_t{65524}, std::size_t(-1), std::size_t(-4)})
    CHECK(Steering::by_key(key(offset, 4)).check() == asio::error::invalid_argument);
  CHECK(Steering::by_key(key(65527, 1)).check() == asio::error::invalid_argument);
  // Masks that select no bit of the key.
  CHECK(Steering::by_key(key(0, 4, 0)).check() == asio::error::invalid_argument);
  CHECK(Steering::by_key(key(0, 1, 0xff00)).check() == asio::error::invalid_argument);
  CHECK(Steering::by_key(key(0, 2, 0x10000)).check() == asio::error::invalid_argument);
}

TEST_CASE("a key is read with its most significant byte first, and its mask shifted down",
          "[scale][steering]") {
  const auto payload = bytes({0x01, 0x23, 0x45, 0x67, 0x89});
  constexpr std::size_t many = 256;
  CHECK(Steering::by_key(key(1, 1)).socket_of(payload, many) == 0x23);
  CHECK(Steering::by_key(key(1, 2)).socket_of(payload, many) == 0x2345 % many);
  CHECK(Steering::by_key(key(1, 4)).socket_of(payload, 251) == 0x23456789u % 251);
  CHECK(Steering::by_key(key(1, 4, 0xff000000)).socket_of(payload, many) == 0x23);
  CHECK(Steering::by_key(key(1, 2, 0x0ff0)).socket_of(payload, many) == 0x34);
}

TEST_CASE("a payload that ends before its key has the key 0", "[scale][steering]") {
  const auto payload = bytes({9, 9, 9});
  CHECK(Steering::by_key(key(0, 4)).socket_of(payload, 2) == 0);
  CHECK(Steering::by_key(key(3, 1)).socket_of(payload, 2) == 0);
  CHECK(Steering::by_key(key(60000, 1)).socket_of(payload, 2) == 0);
  CHECK(Steering::by_key(key(0, 1)).socket_of({}, 2) == 0);
  CHECK(Steering::by_key(key(2, 1)).socket_of(payload, 2) == 1);
  const std::array<std::size_t, 1> without_first{0};
  CHECK(Steering::by_key(key(0, 4)).socket_of(payload, 3, without_first) == 1);
}

TEST_CASE("only by key the payload decides", "[scale][steering]") {
  const auto payload = bytes({1});
  CHECK(!Steering::by_hash().socket_of(payload, 2));
  CHECK(!Steering::by_cpu().socket_of(payload, 2));
}

TEST_CASE("the keys of a skipped socket are shared out, and no other key moves",
          "[scale][steering]") {
  const Steering steering = Steering::by_key(key(0, 1));
  constexpr std::size_t sockets = 4;
  const std::array<std::size_t, 1> skipped{1};
  std::array<int, sockets> took_over{};
  for (int value = 0; value < 256; ++value) {
    const auto payload = bytes({value});
    const std::size_t before = *steering.socket_of(payload, sockets);
    const std::size_t after = *steering.socket_of(payload, sockets, skipped);
    if (before == 1)
      ++took_over[after];
    else
      CHECK(after == before);
  }
  CHECK(took_over[1] == 0);
  // 64 keys for three sockets.
  CHECK(took_over[0] == 22);
  CHECK(took_over[2] == 21);
  CHECK(took_over[3] == 21);
}

TEST_CASE("a steering that cannot be is refused before the system is asked", "[scale][steering]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  const auto refused =
      [&](const Steering& steering, std::size_t sockets, std::vector<std::size_t> skipped = {}) {
        dgram::set_steering(socket, steering, sockets, skipped, ec);
        return ec == asio::error::invalid_argument;
      };
  CHECK(refused(Steering::by_key(key(0, 3)), 2));
  CHECK(refused(Steering::by_cpu(), 0));
  CHECK(refused(Steering::by_cpu(), 257));
  CHECK(refused(Steering::by_cpu(), 2, {2}));
  CHECK(refused(Steering::by_cpu(), 2, {0, 1}));
  CHECK(refused(Steering::by_cpu(), 3, {1, 0}));
  CHECK(refused(Steering::by_cpu(), 3, {1, 1}));
  socket.close();
  dgram::set_steering(socket, Steering::by_cpu(), 2, {}, ec);
  CHECK(ec == asio::error::bad_descriptor);
}

}  // namespace scale_steering_rules_test
