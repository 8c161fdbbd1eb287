// What is refused before the kernel is asked, each with its own error.
#include <asio/error.hpp>
#include <core/planning/send_rules.hpp>
#include <dgram/error.hpp>
#include <support/catch2.hpp>
#include <vector>

namespace unit_send_rules_test {

using dgram::Endpoint;
using dgram::Errc;
using dgram::Family;
using dgram::SendOptions;
using dgram::detail::check_send;
using dgram::detail::max_payload;
using dgram::detail::SendRules;

namespace {

const Endpoint v4 = dgram::make_endpoint("127.0.0.1", 9);
const Endpoint v6 = dgram::make_endpoint("::1", 9);
const Endpoint mapped = dgram::make_endpoint("::ffff:127.0.0.1", 9);

// The rules look at sizes only: no byte is read.
std::error_code check_size(std::size_t size, const Endpoint* to, SendRules rules) {
  const asio::const_buffer one(nullptr, size);
  return check_send(std::span<const asio::const_buffer>(&one, 1), to, SendOptions(), rules);
}
std::error_code check_options(const SendOptions& options, Family family = Family::ipv4) {
  const asio::const_buffer one("x", 1);
  return check_send(std::span<const asio::const_buffer>(&one, 1),
                    family == Family::ipv4 ? &v4 : &v6,
                    options,
                    SendRules{family, false});
}

}  // namespace

TEST_CASE("the payload limit is 65,507 bytes towards IPv4 and 65,527 towards IPv6",
          "[unit][send_rules]") {
  CHECK(max_payload(&v4, SendRules{Family::ipv4}) == 65507);
  CHECK(max_payload(&v6, SendRules{Family::ipv6}) == 65527);
  CHECK(max_payload(&mapped, SendRules{Family::ipv6}) == 65507);  // it travels over IPv4
  CHECK(max_payload(nullptr, SendRules{Family::ipv4}) == 65507);
  CHECK(max_payload(nullptr, SendRules{Family::ipv6, true, false}) == 65527);
  CHECK(max_payload(nullptr, SendRules{Family::ipv6, true, true}) ==
        65507);  // connected to ::ffff:a.b.c.d

  CHECK(!check_size(65507, &v4, {Family::ipv4, false}));
  CHECK(check_size(65508, &v4, {Family::ipv4, false}) == asio::error::message_size);
  CHECK(!check_size(65527, &v6, {Family::ipv6, false}));
  CHECK(check_size(65528, &v6, {Family::ipv6, false}) == asio::error::message_size);
  CHECK(!check_size(65507, &mapped, {Family::ipv6, false}));
  CHECK(check_size(65508, &mapped, {Family::ipv6, false}) == asio::error::message_size);
  CHECK(check_size(65508, nullptr, {Family::ipv4, true}) == asio::error::message_size);
}

TEST_CASE("an empty payload is allowed, an empty list of pieces is not", "[unit][send_rules]") {
  CHECK(!check_size(0, &v4, {Family::ipv4, false}));
  CHECK(check_send({}, &v4, SendOptions(), {Family::ipv4, false}) == Errc::no_buffers);
}

TEST_CASE("a datagram has at most 1000 pieces", "[unit][send_rules]") {
  const std::vector<asio::const_buffer> pieces(1001, asio::const_buffer("x", 1));
  const std::span<const asio::const_buffer> all(pieces);
  CHECK(!check_send(all.first(1), &v4, SendOptions(), {Family::ipv4, false}));
  CHECK(!check_send(all.first(1000), &v4, SendOptions(), {Family::ipv4, false}));
  CHECK(check_send(all, &v4, SendOptions(), {Family::ipv4, false}) == Errc::too_many_buffers);
}

TEST_CASE("the sizes of all pieces count together", "[unit][send_rules]") {
  const std::vector<asio::const_buffer> pieces(2, asio::const_buffer(nullptr, 32754));
  CHECK(check_send(pieces, &v4, SendOptions(), {Family::ipv4, false}) == asio::error::message_size);
  CHECK(!check_send(pieces, &v6, SendOptions(), {Family::ipv6, false}));
}

TEST_CASE("pieces whose sizes overflow a size_t do not look small", "[unit][send_rules]") {
  const std::vector<asio::const_buffer> pieces = {asio::const_buffer(nullptr, ~std::size_t{0}),
                                                  asio::const_buffer(nullptr, 2)};
  CHECK(check_send(pieces, &v4, SendOptions(), {Family::ipv4, false}) == asio::error::message_size);
}

TEST_CASE("port 0 is no destination", "[unit][send_rules]") {
  const Endpoint nowhere = dgram::make_endpoint("127.0.0.1", 0);
  CHECK(check_size(1, &nowhere, {Family::ipv4, false}) == Errc::bad_port);
  CHECK(check_size(1, &nowhere, {Family::ipv4, true}) == Errc::bad_port);
}

TEST_CASE(
    "a destination of the other family is refused; an IPv6 socket reaches IPv4 as a mapped address",
    "[unit][send_rules]") {
  CHECK(check_size(1, &v6, {Family::ipv4, false}) == asio::error::address_family_not_supported);
  CHECK(check_size(1, &mapped, {Family::ipv4, false}) == asio::error::address_family_not_supported);
  CHECK(check_size(1, &v4, {Family::ipv6, false}) == asio::error::address_family_not_supported);
  CHECK(!check_size(1, &mapped, {Family::ipv6, false}));
}

TEST_CASE("without a destination the socket must be connected", "[unit][send_rules]") {
  CHECK(check_size(1, nullptr, {Family::ipv4, false}) == asio::error::not_connected);
  CHECK(!check_size(1, nullptr, {Family::ipv4, true}));
  CHECK(!check_size(1, &v4, {Family::ipv4, true}));
}

TEST_CASE("dscp is 0 to 63", "[unit][send_rules]") {
  SendOptions options;
  for (const int value : {0, 46, 63}) {
    options.dscp = value;
    CHECK(!check_options(options));
  }
  for (const int value : {-1, 64, 1 << 20}) {
    options.dscp = value;
    CHECK(check_options(options) == asio::error::invalid_argument);
  }
}

TEST_CASE("hop_limit is 1 to 255", "[unit][send_rules]") {
  SendOptions options;
  for (const int value : {1, 255}) {
    options.hop_limit = value;
    CHECK(!check_options(options));
  }
  for (const int value : {-1, 0, 256}) {
    options.hop_limit = value;
    CHECK(check_options(options) == asio::error::invalid_argument);
  }
}

TEST_CASE("ecn is one of the four code points", "[unit][send_rules]") {
  SendOptions options;
  options.ecn = dgram::Ecn::ce;
  CHECK(!check_options(options));
  options.ecn = static_cast<dgram::Ecn>(4);  // it would spill into the DSCP bits
  CHECK(check_options(options) == asio::error::invalid_argument);
}

TEST_CASE("a source address has the family of the socket, or can be mapped into it",
          "[unit][send_rules]") {
  SendOptions options;
  options.source_address = asio::ip::address_v6::loopback();
  CHECK(check_options(options, Family::ipv4) == asio::error::address_family_not_supported);
  CHECK(!check_options(options, Family::ipv6));
  options.source_address = asio::ip::address_v4::loopback();
  CHECK(!check_options(options, Family::ipv4));
}

TEST_CASE("before a socket has a family, a source address has that of the destination",
          "[unit][send_rules]") {
  SendOptions options;
  options.source_address = asio::ip::address_v6::loopback();
  const asio::const_buffer one("x", 1);
  const std::span<const asio::const_buffer> pieces(&one, 1);
  CHECK(check_send(pieces, &v4, options, SendRules{}) == asio::error::address_family_not_supported);
  CHECK(!check_send(pieces, &v6, options, SendRules{}));
}

}  // namespace unit_send_rules_test
