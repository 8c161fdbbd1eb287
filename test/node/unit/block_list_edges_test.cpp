// Every prefix and the ends of ranges, against the same thing done bit by bit.
#include <array>
#include <cstdint>
#include <dgram/node/block_list.hpp>
#include <random>
#include <string>
#include <support/catch2.hpp>

namespace unit_node_block_list_edges_test {

using dgram::node::BlockList;

namespace {

/// An address as a row of bytes, of which only bits are asked.
template <class Address>
struct Bits {
  using Bytes = typename Address::bytes_type;
  static constexpr int count = static_cast<int>(8 * std::tuple_size<Bytes>::value);

  static Bits random(std::mt19937& random) {
    Bits bits;
    for (auto& byte : bits.bytes) byte = static_cast<unsigned char>(random());
    return bits;
  }
  static Bits all(bool value) {
    Bits bits;
    bits.bytes.fill(value ? 0xff : 0);
    return bits;
  }

  bool at(int bit) const {
    return (bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0;
  }
  void flip(int bit) {
    auto& byte = bytes[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<unsigned char>(byte ^ 1 << (7 - bit % 8));
  }
  Bits flipped(int bit) const {
    Bits result = *this;
    result.flip(bit);
    return result;
  }
  /// The next one in order, or the one before; false where there is none.
  bool step(bool up) {
    int bit = count - 1;
    for (; bit >= 0 && at(bit) == up; --bit) flip(bit);
    if (bit >= 0) flip(bit);
    return bit >= 0;
  }
  bool is_before(const Bits& other) const {
    for (int bit = 0; bit < count; ++bit)
      if (at(bit) != other.at(bit)) return other.at(bit);
    return false;
  }
  Address address() const { return Address(bytes); }
  std::string text() const { return address().to_string(); }

  Bytes bytes{};
};

/// How often a subnet said something else than its bits do.
template <class Address>
int wrong_subnets(std::mt19937& random) {
  using B = Bits<Address>;
  int wrong = 0;
  for (int prefix = 0; prefix <= B::count; ++prefix) {
    const B network = B::random(random);
    BlockList list;
    list.add_subnet(network.text(), prefix);
    wrong += !list.check(network.address());
    for (int bit = 0; bit < B::count; ++bit)
      wrong += list.check(network.flipped(bit).address()) != (bit >= prefix);
    // The ends of the subnet, and what is next to them.
    for (const bool up : {false, true}) {
      B end = network;
      for (int bit = prefix; bit < B::count; ++bit)
        if (end.at(bit) != up) end.flip(bit);
      wrong += !list.check(end.address());
      if (end.step(up)) wrong += list.check(end.address());
    }
  }
  return wrong;
}

/// The same of the range from `first` to `last`.
template <class Address>
int wrong_at_ends(const Bits<Address>& first, const Bits<Address>& last, std::mt19937& random) {
  BlockList list;
  list.add_range(first.text(), last.text());
  int wrong = !list.check(first.address());
  wrong += !list.check(last.address());
  Bits<Address> before = first;
  if (before.step(false)) wrong += list.check(before.address());
  Bits<Address> behind = last;
  if (behind.step(true)) wrong += list.check(behind.address());
  for (int i = 0; i < 10; ++i) {
    const Bits<Address> any = Bits<Address>::random(random);
    const bool inside = !any.is_before(first) && !last.is_before(any);
    wrong += list.check(any.address()) != inside;
  }
  return wrong;
}

template <class Address>
int wrong_ranges(std::mt19937& random) {
  using B = Bits<Address>;
  int wrong = wrong_at_ends(B::all(false), B::all(true), random);
  wrong += wrong_at_ends(B::all(false), B::all(false), random);
  wrong += wrong_at_ends(B::all(true), B::all(true), random);
  for (int i = 0; i < 500; ++i) {
    const B one = B::random(random);
    const B two = B::random(random);
    wrong += one.is_before(two) ? wrong_at_ends(one, two, random) : wrong_at_ends(two, one, random);
    wrong += wrong_at_ends(one, one, random);
    B next = one;
    if (next.step(true)) wrong += wrong_at_ends(one, next, random);
  }
  return wrong;
}

}  // namespace

TEST_CASE("a subnet of each IPv4 prefix is what its bits say", "[unit][node][block_list]") {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) CHECK(wrong_subnets<asio::ip::address_v4>(random) == 0);
}

TEST_CASE("a subnet of each IPv6 prefix is what its bits say", "[unit][node][block_list]") {
  std::mt19937 random(6);
  for (int round = 0; round < 3; ++round) CHECK(wrong_subnets<asio::ip::address_v6>(random) == 0);
}

TEST_CASE("an IPv4 range has all from its first to its last address, and no other",
          "[unit][node][block_list]") {
  std::mt19937 random(44);
  CHECK(wrong_ranges<asio::ip::address_v4>(random) == 0);
}

TEST_CASE("an IPv6 range has all from its first to its last address, and no other",
          "[unit][node][block_list]") {
  std::mt19937 random(66);
  CHECK(wrong_ranges<asio::ip::address_v6>(random) == 0);
}

TEST_CASE("a list of many rules is what its rules are, one by one", "[unit][node][block_list]") {
  using B = Bits<asio::ip::address_v4>;
  std::mt19937 random(1);
  BlockList all;
  std::vector<BlockList> each(60);
  for (std::size_t i = 0; i < each.size(); ++i) {
    const B first = B::random(random);
    B last = first;
    for (int bit = 5; bit < B::count; ++bit)
      if (!last.at(bit)) last.flip(bit);
    for (BlockList* list : {&all, &each[i]}) {
      if (i % 3 == 0) list->add_address(first.text());
      if (i % 3 == 1) list->add_range(first.text(), last.text());
      if (i % 3 == 2) list->add_subnet(first.text(), static_cast<int>(6 + i % 25));
    }
  }
  CHECK(all.rules().size() == each.size());
  int wrong = 0;
  int blocked = 0;
  for (int i = 0; i < 1000; ++i) {
    const asio::ip::address_v4 address = B::random(random).address();
    bool expected = false;
    for (const BlockList& list : each) expected = expected || list.check(address);
    wrong += all.check(address) != expected;
    blocked += expected;
  }
  CHECK(wrong == 0);
  CHECK(blocked > 100);
  CHECK(blocked < 900);
}

}  // namespace unit_node_block_list_edges_test
