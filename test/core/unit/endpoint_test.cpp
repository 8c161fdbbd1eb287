// Literal addresses and ports, in and out.
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <support/catch2.hpp>

namespace unit_endpoint_test {

using dgram::Errc;
using dgram::make_endpoint;

namespace {

std::error_code refused(std::string_view address, int port) {
  std::error_code ec;
  const dgram::Endpoint endpoint = make_endpoint(address, port, ec);
  if (ec) CHECK(endpoint == dgram::Endpoint());
  return ec;
}

}  // namespace

TEST_CASE("make_endpoint takes literal IPv4 and IPv6 addresses", "[unit][endpoint]") {
  const dgram::Endpoint v4 = make_endpoint("127.0.0.1", 53);
  CHECK(v4.address().is_v4());
  CHECK(v4.address().to_v4().to_uint() == 0x7f000001);
  CHECK(v4.port() == 53);
  CHECK(dgram::family_of(v4) == dgram::Family::ipv4);

  const dgram::Endpoint v6 = make_endpoint("::1", 65535);
  CHECK(v6.address().to_v6().is_loopback());
  CHECK(v6.port() == 65535);
  CHECK(dgram::family_of(v6) == dgram::Family::ipv6);

  CHECK(make_endpoint("::ffff:127.0.0.1", 0).address().to_v6().is_v4_mapped());
}

TEST_CASE("make_endpoint takes every port from 0 to 65535 and no other", "[unit][endpoint]") {
  CHECK(!refused("127.0.0.1", 0));
  CHECK(!refused("127.0.0.1", 65535));
  CHECK(refused("127.0.0.1", -1) == Errc::bad_port);
  CHECK(refused("127.0.0.1", 65536) == Errc::bad_port);
  CHECK(refused("127.0.0.1", -2147483647 - 1) == Errc::bad_port);
  // 65536 + 53: must not wrap around to a port that exists.
  CHECK(refused("127.0.0.1", 65589) == Errc::bad_port);
}

TEST_CASE("make_endpoint refuses what is not a literal address", "[unit][endpoint]") {
  for (const char* text : {"",
                           " ",
                           "localhost",
                           "127.0.0",
                           "127.0.0.1.1",
                           "127.0.0.256",
                           "1",
                           " 127.0.0.1",
                           "127.0.0.1 ",
                           "127.0.0.1:53",
                           "[::1]",
                           ":::1",
                           "::g"}) {
    INFO('"' << text << '"');
    CHECK(refused(text, 1) == Errc::bad_address);
  }
}

// A C parser stops at the NUL and would take the rest of the name for nothing: a filter and a
// resolver then disagree (CVE-2024-24806's kind).
TEST_CASE("make_endpoint refuses a literal with a NUL inside or behind it", "[unit][endpoint]") {
  using namespace std::string_view_literals;
  CHECK(refused("127.0.0.1\0.example.org"sv, 1) == Errc::bad_address);
  CHECK(refused("127.0.0.1\0"sv, 1) == Errc::bad_address);
  CHECK(refused("\0"sv, 1) == Errc::bad_address);
}

TEST_CASE("make_endpoint reads no further than the view it was given", "[unit][endpoint]") {
  const std::string_view longer = "127.0.0.123";
  std::error_code ec;
  CHECK(make_endpoint(longer.substr(0, 9), 1, ec).address().to_string() == "127.0.0.1");
  CHECK(!ec);
}

TEST_CASE("make_endpoint clears the error of an earlier call", "[unit][endpoint]") {
  std::error_code ec = Errc::bad_port;
  make_endpoint("::1", 1, ec);
  CHECK(!ec);
}

TEST_CASE("make_endpoint keeps the zone of a link-local address, by number and by interface name",
          "[unit][endpoint]") {
  CHECK(make_endpoint("fe80::1%7", 1).address().to_v6().scope_id() == 7);
  CHECK(make_endpoint("fe80::1%lo", 1).address().to_v6().scope_id() ==
        1);  // lo is interface 1 everywhere on Linux
}

// Without its zone a link-local address means another place: nothing is left out in silence.
TEST_CASE("make_endpoint refuses a zone that names no interface", "[unit][endpoint]") {
  CHECK(refused("fe80::1%", 1) == Errc::bad_address);
  CHECK(refused("fe80::1%no-such-interface", 1) == Errc::bad_address);
}

// Asio reads a zone as atoi() does, which would make the number of an interface of each of these.
TEST_CASE("make_endpoint refuses a zone that is a number and something else", "[unit][endpoint]") {
  for (const char* text : {"fe80::1%1abc",
                           "fe80::1%1.5",
                           "fe80::1% 1",
                           "fe80::1%+1",
                           "fe80::1%-1",
                           "fe80::1%4294967297",
                           "2001:db8::1%1abc"}) {
    INFO('"' << text << '"');
    CHECK(refused(text, 1) == Errc::bad_address);
  }
}

TEST_CASE("the throwing make_endpoint names the part that was wrong", "[unit][endpoint]") {
  try {
    make_endpoint("127.0.0.1", 65536);
    FAIL("nothing was thrown");
  } catch (const dgram::Error& error) {
    CHECK(error.code() == Errc::bad_port);
    CHECK(error.operation() == "make_endpoint");
    CHECK(error.subject() == "65536");
  }
  try {
    make_endpoint("example.org", 53);
    FAIL("nothing was thrown");
  } catch (const dgram::Error& error) {
    CHECK(error.code() == Errc::bad_address);
    CHECK(error.subject() == "example.org");
  }
}

TEST_CASE("to_string brackets IPv6 only", "[unit][endpoint]") {
  CHECK(dgram::to_string(make_endpoint("192.0.2.1", 53)) == "192.0.2.1:53");
  CHECK(dgram::to_string(make_endpoint("::1", 53)) == "[::1]:53");
  CHECK(dgram::to_string(make_endpoint("fe80::1%lo", 5353)) == "[fe80::1%lo]:5353");
  CHECK(dgram::to_string(dgram::Endpoint()) == "0.0.0.0:0");
}

}  // namespace unit_endpoint_test
