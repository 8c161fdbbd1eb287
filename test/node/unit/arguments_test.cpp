// Which arguments are taken, and what is said of the others.
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <limits>
#include <node/arguments.hpp>
#include <optional>
#include <string>
#include <support/catch2.hpp>
#include <vector>

#include "node/failures.hpp"

namespace unit_node_arguments_test {

using dgram::Payload;
using dgram::node::detail::check_buffer_size;
using dgram::node::detail::check_destination_port;
using dgram::node::detail::check_literal;
using dgram::node::detail::check_local_port;
using dgram::node::detail::endpoint_for;
using dgram::node::detail::local_address_or_any;
using dgram::node::detail::part_of;
using dgram::node::detail::remote_address_or_loopback;
using test::code_of;
using test::message_of;
using test::thrown_by;

namespace {

constexpr int lowest = std::numeric_limits<int>::min();
constexpr int highest = std::numeric_limits<int>::max();
constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();

/// The part, or what was thrown instead, in brackets.
std::string part(const Payload& message, std::size_t offset, std::size_t length) {
  std::string text;
  const std::string thrown = message_of([&] {
    const asio::const_buffer buffer = part_of(message, offset, length);
    text.assign(static_cast<const char*>(buffer.data()), buffer.size());
  });
  return thrown.empty() ? text : '<' + thrown + '>';
}

const std::string bad_offset = "<\"offset\" is outside of buffer bounds>";
const std::string bad_length = "<\"length\" is outside of buffer bounds>";

}  // namespace

TEST_CASE("a datagram can go to every port from 1 to 65535", "[unit][node][arguments]") {
  int refused = 0;
  for (int port = 1; port <= 65535; ++port)
    refused += !code_of([&] { check_destination_port(port); }).empty();
  CHECK(refused == 0);
  for (const int port : {lowest, -65536, -1, 0, 65536, 65536 + 53, highest}) {
    const auto error = thrown_by([&] { check_destination_port(port); });
    INFO(port);
    REQUIRE(error);
    CHECK(error->name() == "RangeError");
    CHECK(error->code() == "ERR_SOCKET_BAD_PORT");
    CHECK(error->message() ==
          "Port should be > 0 and < 65536. Received type number (" + std::to_string(port) + ").");
  }
}

TEST_CASE("a socket can be bound to every port from 0 to 65535", "[unit][node][arguments]") {
  for (const int port : {0, 1, 65535})
    CHECK(code_of([&] { check_local_port(port, "Port"); }).empty());
  for (const int port : {lowest, -1, 65536, 70000, highest}) {
    const auto error = thrown_by([&] { check_local_port(port, "options.port"); });
    INFO(port);
    REQUIRE(error);
    CHECK(error->name() == "RangeError");
    CHECK(error->code() == "ERR_SOCKET_BAD_PORT");
    CHECK(error->message() == "options.port should be >= 0 and < 65536. Received type number (" +
                                  std::to_string(port) + ").");
  }
  CHECK(message_of([] { check_local_port(-1, "Port"); }) ==
        "Port should be >= 0 and < 65536. Received type number (-1).");
}

TEST_CASE("a buffer size has 32 bits and no sign", "[unit][node][arguments]") {
  constexpr std::int64_t last = 4'294'967'295;
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1} << 31, last})
    CHECK(code_of([&] { check_buffer_size(size); }).empty());
  for (const std::int64_t size : {std::int64_t{-1},
                                  std::numeric_limits<std::int64_t>::min(),
                                  last + 1,
                                  std::numeric_limits<std::int64_t>::max()}) {
    const auto error = thrown_by([&] { check_buffer_size(size); });
    INFO(size);
    REQUIRE(error);
    CHECK(error->name() == "TypeError");
    CHECK(error->code() == "ERR_SOCKET_BAD_BUFFER_SIZE");
    CHECK(error->message() == "Buffer size must be a positive integer");
  }
}

TEST_CASE("offset and length name every part of a message, and nothing outside of it",
          "[unit][node][arguments]") {
  const std::string whole = "abcdef";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string message = whole.substr(0, size);
    for (std::size_t offset = 0; offset <= size + 1; ++offset) {
      for (std::size_t length = 0; length <= size + 1; ++length) {
        const std::string expected = offset > size            ? bad_offset
                                     : offset + length > size ? bad_length
                                                              : message.substr(offset, length);
        INFO(size << ' ' << offset << ' ' << length);
        CHECK(part(message, offset, length) == expected);
      }
    }
  }
}

TEST_CASE("a part is one of the message itself, not of a copy", "[unit][node][arguments]") {
  const std::string message = "abcdef";
  CHECK(part_of(message, 2, 3).data() == message.data() + 2);
  CHECK(part_of(message, 6, 0).data() == message.data() + 6);
}

// A sum of the two would wrap around, and end inside the message.
TEST_CASE("offset and length that no sum can hold are outside of a message",
          "[unit][node][arguments]") {
  CHECK(part("abc", 1, huge) == bad_length);
  CHECK(part("abc", 3, huge - 1) == bad_length);
  CHECK(part("abc", huge, 1) == bad_offset);
  CHECK(part("abc", huge, huge) == bad_offset);
  CHECK(part("abc", huge - 1, 4) == bad_offset);
}

TEST_CASE("what is outside of a message is a RangeError", "[unit][node][arguments]") {
  const auto error = thrown_by([] { part_of("abc", 4, 0); });
  REQUIRE(error);
  CHECK(error->name() == "RangeError");
  CHECK(error->code() == "ERR_BUFFER_OUT_OF_BOUNDS");
}

TEST_CASE("a message of one piece has parts whatever it was made from", "[unit][node][arguments]") {
  const std::vector<asio::const_buffer> list = {asio::const_buffer("abc", 3)};
  CHECK(part(Payload(list), 1, 2) == "bc");
  CHECK(part(Payload(list), 1, 3) == bad_length);
  const std::vector<unsigned char> bytes = {'x', 'y'};
  CHECK(part(bytes, 1, 1) == "y");
}

TEST_CASE("an empty message has one part, which is empty", "[unit][node][arguments]") {
  const std::vector<asio::const_buffer> none;
  for (const Payload& empty : {Payload(none), Payload(""), Payload(std::string_view())}) {
    CHECK(part(empty, 0, 0).empty());
    CHECK(part(empty, 0, 1) == bad_length);
    CHECK(part(empty, 1, 0) == bad_offset);
  }
}

// Of several pieces Node refuses every part. Here some can be named: none may be another's bytes.
TEST_CASE("a part of several pieces is the right one or none", "[unit][node][arguments]") {
  const std::vector<asio::const_buffer> list = {asio::const_buffer("ab", 2),
                                                asio::const_buffer("cd", 2)};
  const std::string joined = "abcd";
  for (std::size_t offset = 0; offset <= 5; ++offset) {
    for (std::size_t length = 0; length <= 5; ++length) {
      const std::string got = part(Payload(list), offset, length);
      INFO(offset << ' ' << length);
      const bool is_inside = offset <= 4 && offset + length <= 4;
      const bool is_right = is_inside && got == joined.substr(offset, length);
      const bool is_refused = got == bad_offset || got == bad_length;
      CHECK((is_right || is_refused));
    }
  }
}

TEST_CASE("an address that was not given is every one of this host, or its loopback",
          "[unit][node][arguments]") {
  CHECK(local_address_or_any("", false) == "0.0.0.0");
  CHECK(local_address_or_any("", true) == "::");
  CHECK(remote_address_or_loopback("", false) == "127.0.0.1");
  CHECK(remote_address_or_loopback("", true) == "::1");
  for (const bool v6 : {false, true}) {
    CHECK(local_address_or_any("host", v6) == "host");
    CHECK(remote_address_or_loopback("host", v6) == "host");
    CHECK(remote_address_or_loopback("0", v6) == "0");
  }
}

TEST_CASE("literal addresses are taken for what they are", "[unit][node][arguments]") {
  for (const char* text :
       {"127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1%lo", "::ffff:127.0.0.1"}) {
    INFO(text);
    CHECK(code_of([&] { check_literal(text, "address"); }).empty());
  }
}

TEST_CASE("what is no literal address is refused where none may be looked up",
          "[unit][node][arguments]") {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"localhost"sv, ""sv, "127.1"sv, "127.0.0.256"sv, " 127.0.0.1"sv, "[::1]"sv, "::1\0"sv}) {
    INFO(text);
    CHECK(code_of([&] { check_literal(text, "address"); }) == "ERR_INVALID_ARG_VALUE");
  }
  const auto argument = thrown_by([] { check_literal("localhost", "address"); });
  REQUIRE(argument);
  CHECK(argument->name() == "TypeError");
  CHECK(argument->message() ==
        "The argument 'address' must be a numeric IP address; connectSync does not perform DNS "
        "resolution. Received 'localhost'");
  CHECK(message_of([] { check_literal("localhost", "options.address"); }) ==
        "The property 'options.address' must be a numeric IP address; bindSync does not perform "
        "DNS resolution. Received 'localhost'");
}

TEST_CASE("an endpoint is a literal address of the socket's family", "[unit][node][arguments]") {
  std::error_code ec = asio::error::fault;
  const dgram::Endpoint v4 = endpoint_for("192.0.2.7", 53, false, ec);
  CHECK(!ec);
  CHECK(dgram::to_string(v4) == "192.0.2.7:53");
  ec = asio::error::fault;
  const dgram::Endpoint v6 = endpoint_for("2001:db8::7", 65535, true, ec);
  CHECK(!ec);
  CHECK(dgram::to_string(v6) == "[2001:db8::7]:65535");
  const dgram::Endpoint mapped = endpoint_for("::ffff:192.0.2.7", 1, true, ec);
  CHECK(!ec);
  CHECK(mapped.address().to_v6().is_v4_mapped());
  CHECK(endpoint_for("fe80::1%lo", 1, true, ec).address().to_v6().scope_id() == 1);
  CHECK(!ec);
}

TEST_CASE("an endpoint that the system would not parse, or not take, is EINVAL",
          "[unit][node][arguments]") {
  using namespace std::string_view_literals;
  struct Case {
    std::string_view address;
    int port;
    bool v6;
  };
  for (const Case& c : {Case{"::1"sv, 1, false},
                        Case{"::ffff:127.0.0.1"sv, 1, false},
                        Case{"127.0.0.1"sv, 1, true},
                        Case{"localhost"sv, 1, false},
                        Case{""sv, 1, false},
                        Case{""sv, 1, true},
                        Case{"127.0.0.1\0"sv, 1, false},
                        Case{"127.0.0.1"sv, -1, false},
                        Case{"::1"sv, 65536, true}}) {
    INFO(c.address << ' ' << c.port);
    std::error_code ec;
    endpoint_for(c.address, c.port, c.v6, ec);
    CHECK(ec == asio::error::invalid_argument);
  }
}

}  // namespace unit_node_arguments_test
