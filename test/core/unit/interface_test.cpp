// How a program may name an interface, and what is understood.
#include <climits>
#include <dgram/interface.hpp>
#include <support/catch2.hpp>
#include <type_traits>

namespace unit_interface_test {

using dgram::Interface;
using Kind = dgram::Interface::Kind;

// A switch is no interface: `add_membership(group, true)` is a mistake.
static_assert(!std::is_constructible_v<Interface, bool>);
static_assert(!std::is_convertible_v<bool, Interface>);
static_assert(std::is_convertible_v<int, Interface>);
static_assert(std::is_convertible_v<unsigned, Interface>);
static_assert(std::is_convertible_v<unsigned long long, Interface>);
static_assert(std::is_convertible_v<const char*, Interface>);
static_assert(std::is_convertible_v<std::string_view, Interface>);
static_assert(std::is_convertible_v<std::string, Interface>);
static_assert(std::is_convertible_v<asio::ip::address, Interface>);

namespace {

void check_name(const Interface& interface, const std::string& name) {
  CHECK(interface.kind() == Kind::name);
  CHECK(interface.name() == name);
}

}  // namespace

TEST_CASE("nothing, 0, an empty text and the unspecified addresses are the system's choice",
          "[unit][interface]") {
  for (const Interface& interface : {Interface(),
                                     Interface(0),
                                     Interface(0u),
                                     Interface(""),
                                     Interface("0.0.0.0"),
                                     Interface("::"),
                                     Interface(asio::ip::address()),
                                     Interface(asio::ip::address_v4()),
                                     Interface(asio::ip::address_v6())}) {
    CHECK(interface.kind() == Kind::any);
    CHECK(to_string(interface) == "any interface");
  }
}

TEST_CASE("a number is an index", "[unit][interface]") {
  for (const Interface& interface :
       {Interface(2), Interface(2u), Interface(2L), Interface(std::uint8_t{2})}) {
    CHECK(interface.kind() == Kind::index);
    CHECK(interface.index() == 2);
    CHECK(to_string(interface) == "interface 2");
  }
  CHECK(Interface(INT_MAX).index() == static_cast<std::uint32_t>(INT_MAX));
}

TEST_CASE("a number that cannot be an index is one of index 0, not another interface",
          "[unit][interface][input]") {
  for (const Interface& interface : {Interface(-1),
                                     Interface(INT_MIN),
                                     Interface(LLONG_MIN),
                                     Interface(0x80000000u),
                                     Interface(UINT_MAX),
                                     Interface(0x100000001ull),
                                     Interface(ULLONG_MAX)}) {
    CHECK(interface.kind() == Kind::index);
    CHECK(interface.index() == 0);
    CHECK(to_string(interface) == "an impossible interface index");
  }
}

TEST_CASE("a text that is no address is a name", "[unit][interface]") {
  check_name("eth0", "eth0");
  check_name(std::string("eth0"), "eth0");
  check_name(std::string_view("eth0"), "eth0");
  check_name("2", "2");
  check_name("eth0.7", "eth0.7");
  check_name("192.0.2", "192.0.2");
  check_name("192.0.2.256", "192.0.2.256");
  check_name(" lo", " lo");
  check_name("a name that no interface can have", "a name that no interface can have");
  CHECK(to_string(Interface("eth0")) == "eth0");
}

TEST_CASE("an address means the interface that has it", "[unit][interface]") {
  const Interface v4("192.0.2.7"), v6("2001:db8::7");
  CHECK(v4.kind() == Kind::address);
  CHECK(v4.address() == asio::ip::make_address("192.0.2.7"));
  CHECK(to_string(v4) == "192.0.2.7");
  CHECK(v6.kind() == Kind::address);
  CHECK(v6.address() == asio::ip::make_address("2001:db8::7"));
  CHECK(to_string(v6) == "2001:db8::7");
  CHECK(Interface(asio::ip::make_address("192.0.2.7")).kind() == Kind::address);
}

TEST_CASE("a zone decides, with or without an address before it", "[unit][interface]") {
  check_name("%eth0", "eth0");
  check_name("::%eth0", "eth0");
  check_name("fe80::1%eth0", "eth0");
  check_name("fe80::1%2", "2");
  check_name("::%2", "2");
  check_name("%2", "2");
  check_name("%0", "0");
  asio::ip::address_v6 zoned = asio::ip::make_address_v6("fe80::1");
  zoned.scope_id(7);
  const Interface by_address{asio::ip::address(zoned)};
  CHECK(by_address.kind() == Kind::index);
  CHECK(by_address.index() == 7);
}

TEST_CASE("a zone behind something that is no IPv6 address belongs to a name",
          "[unit][interface][input]") {
  check_name("eth0%x", "eth0%x");
  check_name("192.0.2.7%eth0", "192.0.2.7%eth0");
  check_name("%", "");  // no interface has that name, so it is not the system's choice
  check_name("::%", "");
  check_name("fe80::1%%eth0", "%eth0");
}

TEST_CASE("a NUL inside is part of a name, so that nothing behind it is ignored",
          "[unit][interface][input]") {
  const auto text = [](const char* literal, std::size_t size) {
    return std::string(literal, size);
  };
  check_name(text("lo\0x", 4), text("lo\0x", 4));
  check_name(text("127.0.0.1\0x", 11), text("127.0.0.1\0x", 11));
  check_name(text("0.0.0.0\0", 8), text("0.0.0.0\0", 8));
  check_name(text("::\0", 3), text("::\0", 3));
  check_name(text("\0", 1), text("\0", 1));
  check_name(text("%lo\0x", 5), text("%lo\0x", 5));
}

TEST_CASE("a NUL in the address before a zone makes the whole text a name",
          "[unit][interface][input]") {
  const std::string text("::\0junk%lo", 10);
  check_name(Interface(text), text);
}

TEST_CASE("all interfaces are a kind of their own", "[unit][interface]") {
  CHECK(Interface::all().kind() == Kind::all);
  CHECK(to_string(Interface::all()) == "all interfaces");
}

}  // namespace unit_interface_test
