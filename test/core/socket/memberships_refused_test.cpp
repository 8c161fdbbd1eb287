// Memberships that cannot be: refused before anything is joined, and the socket stays as it was.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_memberships_refused_test {

namespace {

using asio::ip::make_address;
using dgram::Family;
using dgram::Interface;
using Address = asio::ip::address;

/// A change of a membership, in both forms.
struct Change {
  std::string name;
  bool has_source;
  void (*make)(dgram::Socket&, const Address& source, const Address& group, const Interface& on);
  void (*make_ec)(dgram::Socket&,
                  const Address& source,
                  const Address& group,
                  const Interface& on,
                  std::error_code&);
};

#define TEST_GROUP_CHANGE(name)                                             \
#name, false,                                                             \
      [](dgram::Socket & s,                                                 \
         const Address&,                                                    \
         const Address& group,                                              \
         const Interface& on) { s.name(group, on); },                       \
                                                   [](dgram::Socket & s,    \
                                                      const Address&,       \
                                                      const Address& group, \
                                                      const Interface& on,  \
                                                      std::error_code&      \
                                                          ec) { s.name(group, on, ec); }
#define TEST_SOURCE_CHANGE(name)                                        \
#name, true,                                                          \
      [](dgram::Socket & s,                                             \
         const Address& source,                                         \
         const Address& group,                                          \
         const Interface&                                               \
             on) { s.name(source, group, on); },                        \
                                              [](dgram::Socket & s,     \
                                                 const Address& source, \
                                                 const Address& group,  \
                                                 const Interface& on,   \
                                                 std::error_code&       \
                                                     ec) { s.name(source, group, on, ec); }

const std::vector<Change> changes = {
    {TEST_GROUP_CHANGE(add_membership)},
    {TEST_GROUP_CHANGE(drop_membership)},
    {TEST_SOURCE_CHANGE(add_source_specific_membership)},
    {TEST_SOURCE_CHANGE(drop_source_specific_membership)},
    {TEST_SOURCE_CHANGE(block_source)},
    {TEST_SOURCE_CHANGE(unblock_source)},
};

/// An interface that no system has: nothing is ever joined on it.
const Interface nowhere("no such if");

const Address v4_group = make_address("232.1.2.3");
const Address v6_group = make_address("ff3e::1234");
const Address v4_source = make_address("192.0.2.7");
const Address v6_source = make_address("2001:db8::7");

std::error_code code(dgram::Socket& socket,
                     const Change& change,
                     const Address& source,
                     const Address& group,
                     const Interface& on = nowhere) {
  std::error_code ec;
  change.make_ec(socket, source, group, on, ec);
  return ec;
}

}  // namespace

TEST_CASE("a group that is no multicast address is refused", "[socket][memberships][input]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  for (const Change& change : changes) {
    for (const char* group : {"192.0.2.7",
                              "0.0.0.0",
                              "255.255.255.255",
                              "223.255.255.255",
                              "240.0.0.1",
                              "::1",
                              "::",
                              "fe80::1",
                              "::ffff:192.0.2.7"}) {
      INFO(change.name << ' ' << group);
      CHECK(code(socket, change, v4_source, make_address(group)) == dgram::Errc::not_multicast);
    }
  }
  CHECK(test::works(socket));
}

TEST_CASE("an interface that does not exist is no_such_device", "[socket][memberships][input]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  const bool v6 = family == Family::ipv6;
  for (const Change& change : changes) {
    for (const Interface& on : {nowhere, Interface(-1), Interface("198.51.100.7")}) {
      INFO(change.name << " on " << to_string(on));
      CHECK(code(socket, change, v6 ? v6_source : v4_source, v6 ? v6_group : v4_group, on) ==
            std::errc::no_such_device);
    }
  }
}

TEST_CASE("a group of a family that the socket does not have is refused",
          "[socket][memberships][input]") {
  asio::io_context io;
  dgram::Socket v4 = test::bound(io);
  dgram::SocketOptions options;
  options.family = Family::ipv6;
  options.ipv6_only = true;
  dgram::Socket v6_only = test::bound(io, options);
  for (const Change& change : changes) {
    INFO(change.name);
    CHECK(code(v4, change, v6_source, v6_group) == asio::error::address_family_not_supported);
    CHECK(code(v6_only, change, v4_source, v4_group) == asio::error::address_family_not_supported);
    CHECK(code(v6_only, change, v4_source, make_address("::ffff:232.1.2.3")) ==
          asio::error::address_family_not_supported);
  }
}

TEST_CASE("an IPv6 socket may name IPv4 groups, mapped or not", "[socket][memberships]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.family = Family::ipv6;
  dgram::Socket socket(io, options);
  socket.bind();  // to one IPv6 address, and it had IPv6 only
  for (const Change& change : changes) {
    INFO(change.name);
    for (const char* group : {"232.1.2.3", "::ffff:232.1.2.3"})
      for (const char* source : {"192.0.2.7", "::ffff:192.0.2.7"})
        CHECK(code(socket, change, make_address(source), make_address(group)) ==
              std::errc::no_such_device);  // all is well but the interface
  }
}

TEST_CASE("a source that cannot be one is refused", "[socket][memberships][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, Family::ipv6);
  for (const Change& change : changes) {
    if (!change.has_source) continue;
    INFO(change.name);
    CHECK(code(socket, change, v4_source, v6_group) == asio::error::address_family_not_supported);
    CHECK(code(socket, change, v6_source, v4_group) == asio::error::address_family_not_supported);
    CHECK(code(socket, change, v4_group, v4_group) == asio::error::invalid_argument);
    CHECK(code(socket, change, v6_group, v6_group) == asio::error::invalid_argument);
    CHECK(code(socket, change, make_address("0.0.0.0"), v4_group) == asio::error::invalid_argument);
    CHECK(code(socket, change, make_address("::"), v6_group) == asio::error::invalid_argument);
  }
}

TEST_CASE("a zone and an interface that differ are refused", "[socket][memberships][input]") {
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, Family::ipv6);
  asio::ip::address_v6 zoned = asio::ip::make_address_v6("ff02::1234");
  zoned.scope_id(0x7ffffff0);
  for (const Change& change : changes)
    CHECK(code(socket, change, v6_source, zoned, 0x7ffffff1) == asio::error::invalid_argument);
  CHECK(code(socket, changes[0], {}, zoned, {}) == std::errc::no_such_device);
}

TEST_CASE("a closed or moved-from socket has no memberships; a new one has none to leave",
          "[socket][memberships][input]") {
  asio::io_context io;
  dgram::Socket fresh(io), closed = test::bound(io), moved = test::bound(io);
  closed.close();
  const dgram::Socket heir(std::move(moved));
  for (const Change& change : changes) {
    INFO(change.name);
    CHECK(code(closed, change, v4_source, v4_group) == asio::error::bad_descriptor);
    CHECK(code(moved, change, v4_source, v4_group) == asio::error::bad_descriptor);
    const bool adds = change.name.substr(0, 4) == "add_";
    const std::error_code ec = code(fresh, change, v4_source, v4_group);
    CHECK((adds ? ec == std::errc::no_such_device : ec == asio::error::bad_descriptor));
    CHECK_FALSE(fresh.is_open());
  }
}

TEST_CASE("what was not joined cannot be left", "[socket][memberships]") {
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  asio::io_context io;
  dgram::Socket socket = test::bound_in(io, family);
  for (const Interface& on : {Interface("lo"), Interface::all()}) {
    const Address group = family == Family::ipv6 ? v6_group : v4_group;
    const std::error_code ec = code(socket, changes[1], {}, group, on);
    // Interface::all() of a host without a single interface for groups.
    CHECK((ec == std::errc::address_not_available || ec == std::errc::no_such_device));
  }
}

TEST_CASE("a refused membership says what was asked for", "[socket][memberships][text]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  for (const Change& change : changes) {
    try {
      change.make(socket, v4_source, v4_group, nowhere);
      FAIL_CHECK("no error");
    } catch (const dgram::Error& error) {
      CHECK(error.operation() == change.name);
      CHECK(error.subject() ==
            (change.has_source ? "192.0.2.7 in " : "") + std::string("232.1.2.3 on no such if"));
      CHECK(std::string(error.what()) ==
            error.operation() + ' ' + error.subject() + ": No such device");
    }
  }
  try {
    const dgram::Membership none = socket.join(make_address("192.0.2.7"));
    FAIL_CHECK("no error");
  } catch (const dgram::Error& error) {
    CHECK(std::string(error.what()) == "join 192.0.2.7 on any interface: Not a multicast address");
  }
  try {
    const dgram::Membership none = socket.join_source(v4_source, v4_group, nowhere);
    FAIL_CHECK("no error");
  } catch (const dgram::Error& error) {
    CHECK(std::string(error.what()) ==
          "join_source 192.0.2.7 in 232.1.2.3 on no such if: No such device");
  }
}

TEST_CASE("a membership of no group does nothing", "[socket][memberships]") {
  dgram::Membership none;
  CHECK_FALSE(none);
  CHECK(none.interfaces().empty());
  std::error_code ec = asio::error::no_memory;
  none.leave(ec);
  CHECK(!ec);
  none.leave();
  none.keep();
  dgram::Membership other(std::move(none));
  none = std::move(other);
  CHECK_FALSE(none);
}

TEST_CASE("a failing join leaves an open socket without a port", "[socket][memberships]") {
  asio::io_context io;
  dgram::Socket socket(io);
  socket.open();
  CHECK(code(socket, changes[0], {}, v4_group) == std::errc::no_such_device);
  CHECK(socket.is_open());
  CHECK(socket.local_endpoint().port() == 0);
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  CHECK(!ec);
}

}  // namespace socket_memberships_refused_test
