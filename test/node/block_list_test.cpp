// BlockList itself: its rules, which addresses they match, and what they look like:
// scenarios/block_list.js. What sockets do with one is in send_block_list_test.cpp and
// receive_block_list_test.cpp.
#include <string>
#include <vector>

#include "scenario.hpp"

namespace node_block_list_test {

using dgram::node::BlockList;

namespace {

/// JSON.stringify(), of what needs no escape.
std::string quoted(const char* text) {
  return '"' + std::string(text) + '"';
}

}  // namespace

NODE_SCENARIO("block_list/empty") {
  BlockList list;
  t.returns("IPv4", [&] { return list.check("127.0.0.1"); });
  t.returns("IPv6", [&] { return list.check("::1"); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/address") {
  BlockList list;
  t.returns("addAddress", [&] { list.add_address("192.0.2.7"); });
  t.returns("itself", [&] { return list.check("192.0.2.7"); });
  t.returns("one lower", [&] { return list.check("192.0.2.6"); });
  t.returns("one higher", [&] { return list.check("192.0.2.8"); });
}

NODE_SCENARIO("block_list/ipv6-address") {
  BlockList list;
  t.returns("addAddress", [&] { list.add_address("2001:db8::7"); });
  t.returns("itself", [&] { return list.check("2001:db8::7"); });
  t.returns("in another spelling", [&] { return list.check("2001:0DB8:0:0:0:0:0:7"); });
  t.returns("one lower", [&] { return list.check("2001:db8::6"); });
  t.returns("one higher", [&] { return list.check("2001:db8::8"); });
}

NODE_SCENARIO("block_list/many-addresses") {
  BlockList list;
  list.add_address("192.0.2.1");
  list.add_address("192.0.2.3");
  list.add_address("2001:db8::2");
  t.returns("first", [&] { return list.check("192.0.2.1"); });
  t.returns("between", [&] { return list.check("192.0.2.2"); });
  t.returns("second", [&] { return list.check("192.0.2.3"); });
  t.returns("third", [&] { return list.check("2001:db8::2"); });
}

NODE_SCENARIO("block_list/range") {
  // Both ends belong to it.
  BlockList list;
  t.returns("addRange", [&] { list.add_range("192.0.2.10", "192.0.3.5"); });
  t.returns("before", [&] { return list.check("192.0.2.9"); });
  t.returns("start", [&] { return list.check("192.0.2.10"); });
  t.returns("inside", [&] { return list.check("192.0.2.255"); });
  t.returns("end", [&] { return list.check("192.0.3.5"); });
  t.returns("behind", [&] { return list.check("192.0.3.6"); });
}

NODE_SCENARIO("block_list/ipv6-range") {
  BlockList list;
  t.returns("addRange", [&] { list.add_range("2001:db8::fff0", "2001:db8::1:5"); });
  t.returns("before", [&] { return list.check("2001:db8::ffef"); });
  t.returns("start", [&] { return list.check("2001:db8::fff0"); });
  t.returns("inside", [&] { return list.check("2001:db8::1:0"); });
  t.returns("end", [&] { return list.check("2001:db8::1:5"); });
  t.returns("behind", [&] { return list.check("2001:db8::1:6"); });
}

NODE_SCENARIO("block_list/range-of-one") {
  BlockList list;
  t.returns("addRange", [&] { list.add_range("192.0.2.7", "192.0.2.7"); });
  t.returns("itself", [&] { return list.check("192.0.2.7"); });
  t.returns("one lower", [&] { return list.check("192.0.2.6"); });
  t.returns("one higher", [&] { return list.check("192.0.2.8"); });
}

NODE_SCENARIO("block_list/range-of-everything") {
  // The bytes count as they are written, also above 127.
  BlockList list;
  list.add_range("0.0.0.0", "255.255.255.255");
  t.returns("first", [&] { return list.check("0.0.0.0"); });
  t.returns("middle", [&] { return list.check("128.0.0.1"); });
  t.returns("last", [&] { return list.check("255.255.255.255"); });
  t.returns("IPv6", [&] { return list.check("::1"); });
}

NODE_SCENARIO("block_list/range-that-ends-before-it-starts") {
  BlockList list;
  t.throws("IPv4", [&] { list.add_range("192.0.2.2", "192.0.2.1"); });
  t.throws("IPv6", [&] { list.add_range("2001:db8::2", "2001:db8::1"); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/subnet") {
  BlockList list;
  t.returns("addSubnet", [&] { list.add_subnet("192.0.2.64", 26); });
  t.returns("before", [&] { return list.check("192.0.2.63"); });
  t.returns("first", [&] { return list.check("192.0.2.64"); });
  t.returns("last", [&] { return list.check("192.0.2.127"); });
  t.returns("behind", [&] { return list.check("192.0.2.128"); });
}

NODE_SCENARIO("block_list/ipv6-subnet") {
  BlockList list;
  t.returns("addSubnet", [&] { list.add_subnet("2001:db8:8000::", 33); });
  t.returns("before", [&] { return list.check("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"); });
  t.returns("first", [&] { return list.check("2001:db8:8000::"); });
  t.returns("last", [&] { return list.check("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"); });
  t.returns("behind", [&] { return list.check("2001:db9::"); });
}

NODE_SCENARIO("block_list/host-bits") {
  // They do not count. The rule's text has them all the same.
  BlockList list;
  list.add_subnet("192.0.2.77", 26);
  list.add_subnet("2001:db8::77", 64);
  t.returns("first of IPv4", [&] { return list.check("192.0.2.64"); });
  t.returns("last of IPv4", [&] { return list.check("192.0.2.127"); });
  t.returns("behind IPv4", [&] { return list.check("192.0.2.128"); });
  t.returns("first of IPv6", [&] { return list.check("2001:db8::"); });
  t.returns("behind IPv6", [&] { return list.check("2001:db8:0:1::"); });
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/prefixes-at-the-ends") {
  struct Subnet {
    std::string network;
    int prefix;
    std::string inside;
    std::string outside;
  };
  const Subnet subnets[] = {
      {"192.0.2.1", 0, "203.0.113.9", "203.0.113.9"},
      {"192.0.2.1", 1, "128.0.0.0", "127.255.255.255"},
      {"192.0.2.1", 31, "192.0.2.0", "192.0.2.2"},
      {"192.0.2.1", 32, "192.0.2.1", "192.0.2.0"},
      {"2001:db8::1", 0, "ff02::1", "ff02::1"},
      {"2001:db8::1", 1, "7fff::", "8000::"},
      {"2001:db8::1", 127, "2001:db8::", "2001:db8::2"},
      {"2001:db8::1", 128, "2001:db8::1", "2001:db8::"},
  };
  for (const auto& [network, prefix, inside, outside] : subnets) {
    BlockList list;
    const auto add = [&, address = network, bits = prefix] { list.add_subnet(address, bits); };
    t.returns(network + '/' + std::to_string(prefix), add);
    t.returns(inside, [&, address = inside] { return list.check(address); });
    t.returns(outside, [&, address = outside] { return list.check(address); });
  }
}

NODE_SCENARIO("block_list/bad-prefixes") {
  BlockList list;
  t.throws("IPv4 -1", [&] { list.add_subnet("192.0.2.0", -1); });
  t.throws("IPv4 33", [&] { list.add_subnet("192.0.2.0", 33); });
  t.throws("IPv6 -1", [&] { list.add_subnet("2001:db8::", -1); });
  t.throws("IPv6 129", [&] { list.add_subnet("2001:db8::", 129); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/invalid-addresses") {
  BlockList list;
  for (const char* text :
       {"", "nonsense", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1/24", " 192.0.2.1", "::1"})
    t.throws(quoted(text), [&] { list.add_address(text); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/invalid-ipv6-addresses") {
  BlockList list;
  for (const char* text : {"", "nonsense", "1::2::3", "::12345", "[::1]", "::1/64", "192.0.2.1"})
    t.throws(quoted(text), [&] { list.add_address(text); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/zones-do-not-count") {
  BlockList list;
  t.returns("addAddress", [&] { list.add_address("fe80::1%eth0"); });
  t.returns("its zone", [&] { return list.check("fe80::1%eth0"); });
  t.returns("no zone", [&] { return list.check("fe80::1"); });
  t.returns("another zone", [&] { return list.check("fe80::1%eth1"); });
  t.returns("unknown zone", [&] { return list.check("fe80::1%nowhere"); });
  t.returns("another address", [&] { return list.check("fe80::2%eth0"); });
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/invalid-ends-of-a-range") {
  BlockList list;
  t.throws("start", [&] { list.add_range("nonsense", "192.0.2.9"); });
  t.throws("end", [&] { list.add_range("192.0.2.1", "nonsense"); });
  t.throws("both", [&] { list.add_range("first", "second"); });
  t.throws("two families", [&] { list.add_range("192.0.2.1", "2001:db8::1"); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/invalid-networks") {
  BlockList list;
  t.throws("IPv4", [&] { list.add_subnet("192.0.2", 24); });
  t.throws("IPv6", [&] { list.add_subnet("2001:db8", 32); });
  t.throws("of the other family", [&] { list.add_subnet("192.0.2.0", 24); });
  t.throws("address and prefix", [&] { list.add_subnet("nonsense", 33); });
  t.returns("rules", [&] { return list.rules().size(); });
}

NODE_SCENARIO("block_list/check-of-invalid-text") {
  // It is not blocked, whatever the rules are.
  BlockList list;
  list.add_subnet("0.0.0.0", 0);
  list.add_subnet("::", 0);
  for (const char* text : {"", "nonsense", "192.0.2", "192.0.2.256", "::1"})
    t.returns(quoted(text), [&] { return list.check(text); });
  for (const char* text : {"", "nonsense", "1::2::3", "192.0.2.1"})
    t.returns(quoted(text) + " as IPv6", [&] { return list.check(text); });
}

NODE_SCENARIO("block_list/ipv4-rules-and-mapped-addresses") {
  BlockList list;
  list.add_address("192.0.2.1");
  list.add_range("198.51.100.1", "198.51.100.9");
  list.add_subnet("203.0.113.0", 24);
  t.returns("address", [&] { return list.check("::ffff:192.0.2.1"); });
  t.returns("address in hexadecimal", [&] { return list.check("::ffff:c000:201"); });
  t.returns("another address", [&] { return list.check("::ffff:192.0.2.2"); });
  t.returns("start of the range", [&] { return list.check("::ffff:198.51.100.1"); });
  t.returns("end of the range", [&] { return list.check("::ffff:198.51.100.9"); });
  t.returns("behind the range", [&] { return list.check("::ffff:198.51.100.10"); });
  t.returns("subnet", [&] { return list.check("::ffff:203.0.113.77"); });
  t.returns("another subnet", [&] { return list.check("::ffff:203.0.114.1"); });
  t.returns("compatible, not mapped", [&] { return list.check("::192.0.2.1"); });
}

NODE_SCENARIO("block_list/address-rule-of-a-mapped-address") {
  BlockList list;
  list.add_address("::ffff:192.0.2.1");
  t.returns("itself", [&] { return list.check("::ffff:192.0.2.1"); });
  t.returns("IPv4", [&] { return list.check("192.0.2.1"); });
  t.returns("another IPv4", [&] { return list.check("192.0.2.2"); });
}

NODE_SCENARIO("block_list/range-of-mapped-addresses") {
  BlockList list;
  list.add_range("::ffff:192.0.2.1", "::ffff:192.0.2.9");
  t.returns("itself", [&] { return list.check("::ffff:192.0.2.5"); });
  t.returns("start", [&] { return list.check("192.0.2.1"); });
  t.returns("end", [&] { return list.check("192.0.2.9"); });
  t.returns("behind", [&] { return list.check("192.0.2.10"); });
}

NODE_SCENARIO("block_list/subnet-of-mapped-addresses") {
  BlockList list;
  list.add_subnet("::ffff:192.0.2.0", 120);
  t.returns("itself", [&] { return list.check("::ffff:192.0.2.5"); });
  t.returns("IPv4", [&] { return list.check("192.0.2.5"); });
  t.returns("another IPv4", [&] { return list.check("192.0.3.5"); });
}

NODE_SCENARIO("block_list/ipv6-subnets-around-the-mapped-addresses") {
  BlockList all;
  all.add_subnet("::", 0);
  t.returns("::/0", [&] { return all.check("192.0.2.1"); });
  BlockList mapped;
  mapped.add_subnet("::ffff:0:0", 96);
  t.returns("::ffff:0:0/96", [&] { return mapped.check("192.0.2.1"); });
  BlockList other;
  other.add_subnet("2001:db8::", 32);
  t.returns("2001:db8::/32", [&] { return other.check("192.0.2.1"); });
}

NODE_SCENARIO("block_list/ipv6-range-around-the-mapped-addresses") {
  BlockList list;
  list.add_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  t.returns("mapped", [&] { return list.check("::ffff:192.0.2.1"); });
  t.returns("IPv4", [&] { return list.check("192.0.2.1"); });
}

NODE_SCENARIO("block_list/rules") {
  // The newest is the first.
  BlockList list;
  list.add_address("192.0.2.1");
  list.add_range("198.51.100.1", "198.51.100.9");
  list.add_subnet("203.0.113.0", 24);
  list.add_address("2001:db8::1");
  list.add_range("2001:db8::1", "2001:db8::ff");
  list.add_subnet("2001:db8::", 32);
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/rules-are-spelled-in-one-way") {
  BlockList list;
  list.add_address("2001:0DB8:0000:0000:0000:0000:0000:000A");
  list.add_address("0:0:0:0:0:0:0:0");
  list.add_address("::ffff:c000:0201");
  list.add_address("::192.0.2.1");
  list.add_address("2001:db8:0:1:0:0:0:1");
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/rules-later") {
  BlockList list;
  list.add_address("192.0.2.1");
  list.add_range("198.51.100.1", "198.51.100.9");
  list.add_subnet("203.0.113.0", 24);
  list.add_address("192.0.2.1");
  list.add_range("2001:db8::1", "2001:db8::ff");
  list.add_subnet("2001:db8::", 32);
  list.add_subnet("203.0.113.0", 24);
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/same-rule-twice") {
  BlockList list;
  list.add_address("192.0.2.1");
  list.add_address("192.0.2.2");
  list.add_address("192.0.2.1");
  list.add_subnet("192.0.2.0", 24);
  list.add_subnet("192.0.2.0", 24);
  for (const std::string& rule : list.rules()) t.log(rule);
}

NODE_SCENARIO("block_list/rules-is-a-copy") {
  BlockList list;
  list.add_address("192.0.2.1");
  const std::vector<std::string> rules = list.rules();
  list.add_address("192.0.2.2");
  t.returns("then", [&] { return rules.size(); });
  t.returns("now", [&] { return list.rules().size(); });
}

}  // namespace node_block_list_test
