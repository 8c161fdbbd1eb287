// Addresses that a socket does not talk to: what a rule is, what it says of itself, and what a
// wrong one does.
#include <dgram/node/block_list.hpp>
#include <limits>
#include <string>
#include <support/catch2.hpp>
#include <vector>

#include "node/failures.hpp"

namespace unit_node_block_list_test {

using asio::ip::make_address;
using dgram::node::BlockList;
using test::code_of;
using test::thrown_by;
using namespace std::string_view_literals;

namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view no_addresses[] = {""sv,
                                             " "sv,
                                             "localhost"sv,
                                             "10.0.0"sv,
                                             "10.0.0.256"sv,
                                             "10.0.0.1 "sv,
                                             "10.0.0.1:53"sv,
                                             "10.0.0.1/8"sv,
                                             "[::1]"sv,
                                             "::g"sv,
                                             "1::2::3"sv,
                                             "10.0.0.1\0"sv,
                                             "10.0.0.1\0.example.org"sv,
                                             "\0"sv,
                                             "::1\0"sv};

}  // namespace

TEST_CASE("an empty list blocks nothing", "[unit][node][block_list]") {
  const BlockList list;
  CHECK(!list.check("127.0.0.1"));
  CHECK(!list.check("::1"));
  CHECK(!list.check(asio::ip::address()));
  CHECK(list.rules().empty());
}

TEST_CASE("an address blocks itself alone", "[unit][node][block_list]") {
  BlockList list;
  list.add_address("10.0.0.1");
  list.add_address("2001:db8::1");
  CHECK(list.check("10.0.0.1"));
  CHECK(!list.check("10.0.0.0"));
  CHECK(!list.check("10.0.0.2"));
  CHECK(list.check("2001:db8::1"));
  CHECK(list.check("2001:0DB8:0:0:0:0:0:1"));
  CHECK(!list.check("2001:db8::"));
  CHECK(!list.check("2001:db8::2"));
  CHECK(!list.check("::10.0.0.1"));
}

TEST_CASE("an address is the same as text and as a value", "[unit][node][block_list]") {
  BlockList list;
  list.add_subnet("10.0.0.0", 8);
  list.add_subnet("2001:db8::", 32);
  for (const char* text : {"9.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "11.0.0.0",
                           "2001:db8::1",
                           "2001:db9::",
                           "::ffff:10.1.1.1",
                           "::"}) {
    INFO(text);
    CHECK(list.check(text) == list.check(make_address(text)));
  }
}

TEST_CASE("IPv4 and what IPv6 maps it to are one address, in both directions",
          "[unit][node][block_list]") {
  struct Pair {
    const char* v4;
    const char* mapped;
  };
  const Pair inside = {"10.0.0.5", "::ffff:10.0.0.5"};
  const Pair outside = {"10.0.0.9", "::ffff:10.0.0.9"};
  std::vector<BlockList> lists(6);
  lists[0].add_address("10.0.0.5");
  lists[1].add_address("::ffff:10.0.0.5");
  lists[2].add_range("10.0.0.4", "10.0.0.6");
  lists[3].add_range("::ffff:10.0.0.4", "::ffff:10.0.0.6");
  lists[4].add_subnet("10.0.0.4", 30);
  lists[5].add_subnet("::ffff:10.0.0.4", 126);
  for (const BlockList& list : lists) {
    INFO(list.rules().front());
    CHECK(list.check(inside.v4));
    CHECK(list.check(inside.mapped));
    CHECK(!list.check(outside.v4));
    CHECK(!list.check(outside.mapped));
    CHECK(!list.check("::10.0.0.5"));  // compatible, not mapped
    CHECK(!list.check("64:ff9b::10.0.0.5"));
  }
}

TEST_CASE("all of IPv4 is none of IPv6 but what is mapped", "[unit][node][block_list]") {
  BlockList list;
  list.add_range("0.0.0.0", "255.255.255.255");
  CHECK(list.check("::ffff:0.0.0.0"));
  CHECK(list.check("::ffff:255.255.255.255"));
  CHECK(!list.check("::1"));
  CHECK(!list.check("::fffe:ffff:ffff"));
  CHECK(!list.check("::1:0:0:0"));
  BlockList subnet;
  subnet.add_subnet("1.2.3.4", 0);
  CHECK(subnet.check("255.255.255.255"));
  CHECK(!subnet.check("::1"));
}

TEST_CASE("all of IPv6 is all of IPv4, too", "[unit][node][block_list]") {
  BlockList list;
  list.add_subnet("::", 0);
  CHECK(list.check("127.0.0.1"));
  CHECK(list.check("::"));
  CHECK(list.check("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

// A rule is one of addresses: a link-local address is blocked on every link.
TEST_CASE("the zone of an address does not matter", "[unit][node][block_list]") {
  BlockList list;
  list.add_address("fe80::1%lo");
  list.add_address("fe80::2");
  for (const char* text : {"fe80::1", "fe80::1%lo", "fe80::1%7", "fe80::2", "fe80::2%lo"}) {
    INFO(text);
    CHECK(list.check(text));
    CHECK(list.check(make_address(text)));
  }
  CHECK(!list.check("fe80::3%lo"));
}

TEST_CASE("a copy is the same list", "[unit][node][block_list]") {
  BlockList list;
  const BlockList copy = list;
  BlockList assigned;
  assigned.add_address("10.0.0.1");
  assigned = list;
  list.add_address("10.0.0.2");
  CHECK(copy.check("10.0.0.2"));
  CHECK(assigned.check("10.0.0.2"));
  CHECK(!assigned.check("10.0.0.1"));
  assigned.add_address("10.0.0.3");
  CHECK(list.check("10.0.0.3"));
  CHECK(copy.rules().size() == 2);
  CHECK(!BlockList().check("10.0.0.2"));
}

TEST_CASE("a list outlives the one that it is a copy of", "[unit][node][block_list]") {
  BlockList copy;
  {
    BlockList list;
    list.add_address("10.0.0.1");
    copy = list;
  }
  CHECK(copy.check("10.0.0.1"));
}

TEST_CASE("rules are told as Node tells them, the newest first", "[unit][node][block_list]") {
  BlockList list;
  list.add_address("10.0.0.1");
  list.add_range("10.0.0.1", "10.0.0.9");
  list.add_subnet("2001:db8::", 32);
  CHECK(list.rules() == Texts{"Subnet: IPv6 2001:db8::/32",
                              "Range: IPv4 10.0.0.1-10.0.0.9",
                              "Address: IPv4 10.0.0.1"});
  list.add_subnet("10.1.2.3", 8);
  list.add_range("::1", "2001:DB8:0:0::1");
  list.add_address("::FFFF:10.1.1.1");
  list.add_address("::1.2.3.4");
  list.add_range("1.1.1.1", "1.1.1.1");
  CHECK(list.rules() == Texts{"Range: IPv4 1.1.1.1-1.1.1.1",
                              "Address: IPv6 ::1.2.3.4",
                              "Address: IPv6 ::ffff:10.1.1.1",
                              "Range: IPv6 ::1-2001:db8::1",
                              "Subnet: IPv4 10.1.2.3/8",
                              "Subnet: IPv6 2001:db8::/32",
                              "Range: IPv4 10.0.0.1-10.0.0.9",
                              "Address: IPv4 10.0.0.1"});
}

// Node's: it would say that the rule is for one link.
TEST_CASE("rules are told without a zone", "[unit][node][block_list]") {
  BlockList list;
  list.add_address("fe80::1%lo");
  list.add_range("fe80::1%lo", "fe80::2%lo");
  list.add_subnet("fe80::%lo", 10);
  CHECK(list.rules() ==
        Texts{"Subnet: IPv6 fe80::/10", "Range: IPv6 fe80::1-fe80::2", "Address: IPv6 fe80::1"});
}

TEST_CASE("a rule that is there twice is told twice", "[unit][node][block_list]") {
  BlockList list;
  list.add_address("10.0.0.1");
  list.add_address("10.0.0.1");
  CHECK(list.rules() == Texts{"Address: IPv4 10.0.0.1", "Address: IPv4 10.0.0.1"});
}

TEST_CASE("what is no address is blocked by no rule", "[unit][node][block_list]") {
  BlockList list;
  list.add_subnet("0.0.0.0", 0);
  list.add_subnet("::", 0);
  for (const std::string_view text : no_addresses) {
    INFO('"' << text << '"');
    CHECK(!list.check(text));
  }
}

TEST_CASE("a view is read no further than it goes", "[unit][node][block_list]") {
  constexpr std::string_view longer = "10.0.0.123";
  BlockList list;
  list.add_address(longer.substr(0, 8));
  CHECK(list.check("10.0.0.1"));
  CHECK(!list.check(longer));
  CHECK(list.check(longer.substr(0, 8)));
}

TEST_CASE("a rule of what is no address is refused, and changes nothing",
          "[unit][node][block_list]") {
  BlockList list;
  list.add_address("192.0.2.1");
  for (const std::string_view text : no_addresses) {
    INFO('"' << text << '"');
    CHECK(code_of([&] { list.add_address(text); }) == "ERR_INVALID_ADDRESS");
    CHECK(code_of([&] { list.add_range(text, "10.0.0.9"); }) == "ERR_INVALID_ADDRESS");
    CHECK(code_of([&] { list.add_range("10.0.0.1", text); }) == "ERR_INVALID_ADDRESS");
    CHECK(code_of([&] { list.add_subnet(text, 8); }) == "ERR_INVALID_ADDRESS");
    // The address is looked at first.
    CHECK(code_of([&] { list.add_subnet(text, 999); }) == "ERR_INVALID_ADDRESS");
  }
  CHECK(list.rules() == Texts{"Address: IPv4 192.0.2.1"});
  CHECK(!list.check("10.0.0.1"));
}

TEST_CASE("a range that ends before it starts, or in another family, is refused",
          "[unit][node][block_list]") {
  BlockList list;
  const auto refused = [&](std::string_view start, std::string_view end) {
    return code_of([&] { list.add_range(start, end); }) == "ERR_INVALID_ARG_VALUE";
  };
  CHECK(refused("10.0.0.2", "10.0.0.1"));
  CHECK(refused("10.0.1.0", "10.0.0.255"));
  CHECK(refused("255.255.255.255", "0.0.0.0"));
  CHECK(refused("::2", "::1"));
  CHECK(refused("8000::", "::"));
  const auto invalid = [&](std::string_view start, std::string_view end) {
    return code_of([&] { list.add_range(start, end); }) == "ERR_INVALID_ADDRESS";
  };
  CHECK(invalid("10.0.0.1", "::ffff:10.0.0.9"));
  CHECK(invalid("::", "10.0.0.1"));
  CHECK(list.rules().empty());
}

TEST_CASE("a prefix is no longer than an address", "[unit][node][block_list]") {
  BlockList list;
  for (const int prefix :
       {-1, 33, 128, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    const auto error = thrown_by([&] { list.add_subnet("10.0.0.0", prefix); });
    INFO(prefix);
    REQUIRE(error);
    CHECK(error->code() == "ERR_OUT_OF_RANGE");
    CHECK(error->message() ==
          "The value of \"prefix\" is out of range. It must be >= 0 && <= 32. Received " +
              std::to_string(prefix));
  }
  for (const int prefix : {-1, 129, std::numeric_limits<int>::max()})
    CHECK(code_of([&] { list.add_subnet("::", prefix); }) == "ERR_OUT_OF_RANGE");
  // Mapped is IPv6, and has its lengths.
  CHECK(code_of([&] { list.add_subnet("::ffff:10.0.0.0", 104); }).empty());
  CHECK(list.rules() == Texts{"Subnet: IPv6 ::ffff:10.0.0.0/104"});
  CHECK(list.check("10.255.0.1"));
  CHECK(!list.check("11.0.0.0"));
}

}  // namespace unit_node_block_list_test
