// The messages of a path check: what is made is read again, and nothing else is.
#include <dgram/dgram.hpp>
#include <random>
#include <string>
#include <vector>

#include "check/path_burst.hpp"
#include "check/path_message.hpp"
#include "check/path_sides.hpp"
#include "support/catch2.hpp"

namespace unit_path_message_test {

namespace {

using dgram::detail::BurstKind;
using dgram::detail::PathMessage;
using test::path::bytes_of;
using Type = PathMessage::Type;

PathMessage message(Type type) {
  PathMessage m;
  m.type = type;
  m.token = 0x0102030405060708;
  if (type == Type::hello) return m;
  m.cookie = 0xF1F2F3F4F5F6F7F8;
  if (type == Type::welcome) return m;
  m.kind = BurstKind::uneven_run;
  m.burst = 600;
  m.run = 16;
  m.size = 1200;
  if (type == Type::there || type == Type::back) m.index = 15;
  if (type == Type::told || type == Type::sent) {
    m.first = 10;
    m.second = 6;
  }
  return m;
}

constexpr std::array types = {Type::hello,
                              Type::welcome,
                              Type::there,
                              Type::ask,
                              Type::told,
                              Type::want,
                              Type::back,
                              Type::sent};

bool is_read(const PathMessage& m) {
  return dgram::detail::read_path_message(bytes_of(m)).has_value();
}

}  // namespace

TEST_CASE("a message of a path check is read as it was written", "[path_check]") {
  for (const Type type : types) {
    INFO(static_cast<int>(type));
    const PathMessage m = message(type);
    const std::optional<PathMessage> read = dgram::detail::read_path_message(bytes_of(m));
    REQUIRE(read);
    CHECK((*read == m));
  }
}

TEST_CASE("numbers of a path check are in network byte order", "[path_check]") {
  const std::string expected(
      "dgpc\x01\x04\x02\x00"
      "\x01\x02\x03\x04\x05\x06\x07\x08"
      "\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8"
      "\x02\x58\x00\x10\x04\xB0\x00\x00\x00\x0A\x00\x06",
      36);
  CHECK(test::path::text_of(message(Type::told)) == expected);
}

TEST_CASE("a message of a path check has its length: a byte less or more is none", "[path_check]") {
  for (const Type type : types) {
    INFO(static_cast<int>(type));
    const bool is_datagram = type == Type::there || type == Type::back;
    std::vector<std::byte> bytes = bytes_of(message(type));
    bytes.push_back(std::byte(0));
    CHECK(dgram::detail::read_path_message(bytes).has_value() == is_datagram);
    for (std::size_t size = 0; size < dgram::detail::path_header_size; ++size)
      CHECK_FALSE(dgram::detail::read_path_message(std::span(bytes).first(size)));
  }
}

TEST_CASE("each number of a message of a path check has to be in its range", "[path_check]") {
  const auto spoilt = [](Type type, auto spoil) {
    PathMessage m = message(type);
    spoil(m);
    return m;
  };
  for (const Type type : types) {
    INFO(static_cast<int>(type));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.type = static_cast<Type>(8); })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.kind = static_cast<BurstKind>(3); })));
    if (type == Type::hello || type == Type::welcome) {
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.kind = BurstKind::equal_run; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.burst = 1; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.run = 2; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.size = 64; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.index = 1; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.first = 1; })));
      CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.second = 1; })));
      continue;
    }
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.burst = 0; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.burst = 601; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.run = 1; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.run = 65; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.size = 63; })));
    for (const std::uint16_t size : {std::uint16_t{9000}, std::uint16_t{9001}}) {
      const PathMessage few = spoilt(type, [size](PathMessage& m) {
        m.size = size;
        m.run = 2;
        m.index = m.first = m.second = 0;
      });
      CHECK(is_read(few) == (size == 9000));
    }
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.size = 4095; })));  // 16 are too long
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.index = 16; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.first = 17; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.second = 11; })));
  }
  CHECK_FALSE(is_read(spoilt(Type::hello, [](PathMessage& m) { m.cookie = 1; })));
  for (const Type type : {Type::ask, Type::told, Type::want, Type::sent}) {
    CHECK(is_read(spoilt(type, [](PathMessage& m) { m.index = 1; })));
    CHECK_FALSE(is_read(spoilt(type, [](PathMessage& m) { m.index = 2; })));
  }
  CHECK_FALSE(is_read(spoilt(Type::want, [](PathMessage& m) { m.first = 1; })));
  CHECK_FALSE(is_read(spoilt(Type::told, [](PathMessage& m) { m.second = 7; })));
}

TEST_CASE("of noise nothing is read that could not have been written", "[path_check]") {
  std::mt19937 random(7);
  std::size_t wrong = 0;
  std::size_t read = 0;
  for (int i = 0; i < 100000; ++i) {
    std::vector<std::byte> bytes = bytes_of(message(types[random() % types.size()]));
    const std::size_t changes = 1 + random() % 3;
    for (std::size_t change = 0; change < changes; ++change)
      bytes[random() % dgram::detail::path_header_size] = static_cast<std::byte>(random());
    const std::optional<PathMessage> m = dgram::detail::read_path_message(bytes);
    if (!m) continue;
    ++read;
    const dgram::detail::PathHeader header = dgram::detail::to_header(*m);
    wrong += !std::equal(header.begin(), header.end(), bytes.begin());
  }
  CHECK(wrong == 0);
  CHECK(read != 0);
}

TEST_CASE("a datagram of a path check that is changed at any place, cut or lengthened is damaged",
          "[path_check]") {
  const PathMessage m = message(Type::there);
  std::vector<std::byte> bytes = bytes_of(m);
  CHECK(bytes.size() == 1199);
  CHECK(dgram::detail::is_intact(m, bytes));
  std::size_t wrong = 0;
  for (std::size_t at = dgram::detail::path_header_size; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte(0x10);
    wrong += dgram::detail::is_intact(m, bytes);
    bytes[at] ^= std::byte(0x10);
  }
  CHECK(wrong == 0);
  bytes.push_back(std::byte(0));
  CHECK_FALSE(dgram::detail::is_intact(m, bytes));
  CHECK_FALSE(dgram::detail::is_intact(m, std::span(bytes).first(1198)));
  // That of another one is no filler of this one.
  PathMessage other = m;
  other.index = 14;
  other.kind = BurstKind::single;
  std::vector<std::byte> others = bytes_of(other);
  others.resize(1199);
  CHECK_FALSE(dgram::detail::is_intact(m, others));
  // Nor that of another check.
  other = m;
  other.token ^= 1;
  CHECK_FALSE(dgram::detail::is_intact(m, bytes_of(other)));
}

TEST_CASE("bursts of a path check are the same when all their numbers are", "[path_check]") {
  const PathMessage m = message(Type::there);
  PathMessage other = message(Type::ask);
  CHECK(is_same_burst(m, other));
  ++other.burst;
  CHECK_FALSE(is_same_burst(m, other));
  other = m;
  other.kind = BurstKind::single;
  CHECK_FALSE(is_same_burst(m, other));
  other = m;
  ++other.run;
  CHECK_FALSE(is_same_burst(m, other));
  other = m;
  ++other.size;
  CHECK_FALSE(is_same_burst(m, other));
}

TEST_CASE("each datagram of a burst counts once, and as whole where it came whole as well",
          "[path_check]") {
  PathMessage m = message(Type::there);
  dgram::detail::BurstTally tally;
  std::vector<std::byte> bytes = bytes_of(m);
  tally.add(m, std::span(bytes).first(1000));
  CHECK(tally.damaged() == 1);
  CHECK(tally.arrived() == 0);
  tally.add(m, bytes);
  tally.add(m, bytes);
  CHECK(tally.damaged() == 0);
  CHECK(tally.arrived() == 1);
}

}  // namespace unit_path_message_test
