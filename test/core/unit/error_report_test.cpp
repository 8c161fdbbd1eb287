// What an error report reads like, and which errors may come from a peer.
#include <cerrno>
#include <core/planning/runs.hpp>
#include <dgram/error.hpp>
#include <dgram/error_report.hpp>
#include <support/catch2.hpp>
#include <support/os.hpp>

namespace unit_error_report_test {

using dgram::ErrorReport;
using dgram::detail::is_peer_error;
using test::os;
using Origin = dgram::ErrorReport::Origin;

namespace {

ErrorReport report(int number, Origin origin) {
  ErrorReport result;
  result.error = os(number);
  result.destination = dgram::make_endpoint("192.0.2.7", 9);
  result.origin = origin;
  return result;
}

}  // namespace

TEST_CASE("a report by ICMP says who sent it, its type and its code", "[unit][reports]") {
  ErrorReport refused = report(ECONNREFUSED, Origin::icmp);
  refused.offender = asio::ip::make_address("192.0.2.7");
  refused.type = 3;
  refused.code = 3;
  CHECK(to_string(refused) ==
        "Connection refused: 192.0.2.7:9, reported by 192.0.2.7 (ICMP type 3, code 3)");
}

TEST_CASE("a report by ICMPv6 says so", "[unit][reports]") {
  ErrorReport refused = report(ECONNREFUSED, Origin::icmpv6);
  refused.destination = dgram::make_endpoint("2001:db8::7", 9);
  refused.offender = asio::ip::make_address("2001:db8::1");
  refused.type = 1;
  refused.code = 4;
  CHECK(to_string(refused) ==
        "Connection refused: [2001:db8::7]:9, reported by 2001:db8::1 (ICMPv6 type 1, code 4)");
}

TEST_CASE("a report of this host has no type, and a path MTU when there is one",
          "[unit][reports]") {
  ErrorReport too_long = report(EMSGSIZE, Origin::local);
  CHECK(to_string(too_long) == "Message too long: 192.0.2.7:9, reported by this host");
  too_long.mtu = 1280;
  CHECK(to_string(too_long) ==
        "Message too long: 192.0.2.7:9, reported by this host, path MTU 1280");
}

TEST_CASE("a report of a router with the path MTU reads with both", "[unit][reports]") {
  ErrorReport too_long = report(EMSGSIZE, Origin::icmp);
  too_long.offender = asio::ip::make_address("198.51.100.1");
  too_long.type = 3;
  too_long.code = 4;
  too_long.mtu = 1400;
  CHECK(to_string(too_long) ==
        "Message too long: 192.0.2.7:9, reported by 198.51.100.1 (ICMP type 3, code 4), path MTU "
        "1400");
}

TEST_CASE("a report of something else does not pretend to be an ICMP message", "[unit][reports]") {
  const std::string text = to_string(report(ENOMSG, Origin::other));
  CHECK(text.find("something else") != std::string::npos);
  CHECK(text.find("ICMP") == std::string::npos);
}

TEST_CASE("a report is empty until it is filled", "[unit][reports]") {
  const ErrorReport none;
  CHECK(!none.error);
  CHECK(none.origin == Origin::local);
  CHECK(none.offender.is_unspecified());
  CHECK(none.type + none.code + static_cast<int>(none.mtu) == 0);
}

TEST_CASE("what the kernel makes of ICMP messages may be a peer's error", "[unit][reports]") {
  for (const int number : {ECONNREFUSED,
                           EHOSTUNREACH,
                           ENETUNREACH,
                           EMSGSIZE,
                           EACCES,
                           ENOPROTOOPT,
                           EOPNOTSUPP,
                           EPROTO}) {
    INFO(number);
    CHECK(is_peer_error(os(number)));
    CHECK(is_peer_error(std::error_code(number, std::system_category())));
  }
#if defined(ENONET)
  CHECK(is_peer_error(os(ENONET)));
#endif
}

TEST_CASE("errors of this host are no peer's", "[unit][reports]") {
  CHECK_FALSE(is_peer_error({}));
  for (const int number : {EAGAIN, EINTR, EBADF, ENOMEM, ENOBUFS, EINVAL, EIO, EPERM, ENETDOWN}) {
    INFO(number);
    CHECK_FALSE(is_peer_error(os(number)));
  }
}

TEST_CASE("a number of another category is no peer's error", "[unit][reports]") {
  CHECK_FALSE(is_peer_error(std::error_code(ECONNREFUSED, dgram::error_category())));
  CHECK_FALSE(is_peer_error(dgram::Errc::source_unavailable));
}

TEST_CASE("a host that is unknown to a router may be a peer's error", "[unit][reports]") {
  CHECK(is_peer_error(os(EHOSTDOWN)));
}

}  // namespace unit_error_report_test
