// Block lists made of scripts: a word, addresses, a number. Held against a list that compares
// addresses bit by bit.
#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <dgram/node/block_list.hpp>
#include <dgram/node/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "input.hpp"

namespace fuzz_block_list {

using fuzz::Input;

namespace {

using Bytes = std::array<unsigned char, 16>;

struct Address {
  bool v6 = false;
  Bytes bytes{};  ///< IPv4 as IPv6 maps it.
};

std::optional<Address> read(std::string_view text) {
  Address result;
  if (text.find('\0') != text.npos) return std::nullopt;
  const std::string terminated(text);
  if (::inet_pton(AF_INET, terminated.c_str(), result.bytes.data() + 12) == 1) {
    result.bytes[10] = result.bytes[11] = 0xff;
    return result;
  }
  result.v6 = true;
  if (::inet_pton(AF_INET6, terminated.c_str(), result.bytes.data()) == 1) return result;
  return std::nullopt;
}

bool bit(const Bytes& bytes, std::size_t i) {
  return (bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

/// The first bit in which they differ decides.
bool is_less(const Bytes& a, const Bytes& b) {
  for (std::size_t i = 0; i < 128; ++i)
    if (bit(a, i) != bit(b, i)) return bit(b, i);
  return false;
}

struct Rule {
  Bytes first{};
  Bytes last{};
  std::size_t common = 128;  ///< Bits that have to be as in `first`, of a subnet.
  bool is_subnet = false;

  bool matches(const Bytes& bytes) const {
    if (!is_subnet) return !is_less(bytes, first) && !is_less(last, bytes);
    for (std::size_t i = 0; i < common; ++i)
      if (bit(bytes, i) != bit(first, i)) return false;
    return true;
  }
};

int number_of(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The rule that the words make, and whether they make one.
std::optional<Rule> model(std::string_view word, std::string_view one, std::string_view other) {
  const std::optional<Address> first = read(one);
  if (!first) return std::nullopt;
  Rule rule{first->bytes, first->bytes};
  if (word == "address") return rule;
  if (word == "range") {
    const std::optional<Address> last = read(other);
    if (!last || last->v6 != first->v6 || is_less(last->bytes, first->bytes)) return std::nullopt;
    rule.last = last->bytes;
    return rule;
  }
  const int prefix = number_of(other);
  const int most = first->v6 ? 128 : 32;
  if (prefix < 0 || prefix > most) return std::nullopt;
  rule.is_subnet = true;
  rule.common = static_cast<std::size_t>(128 - most + prefix);
  return rule;
}

bool add(dgram::node::BlockList& list,
         std::string_view word,
         std::string_view one,
         std::string_view other) {
  try {
    if (word == "address") list.add_address(one);
    if (word == "range") list.add_range(one, other);
    if (word == "subnet") list.add_subnet(one, number_of(other));
  } catch (const dgram::node::Error&) {
    return false;
  }
  return true;
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  dgram::node::BlockList list;
  std::vector<Rule> rules;
  for (int lines = 0; !input.empty() && lines < 64; ++lines) {
    Input words(input.line());
    const std::string_view word = words.until(' ');
    const std::string_view one = words.until(' ');
    const std::string_view other = words.rest();
    if (one.find('%') != one.npos || other.find('%') != other.npos) continue;  // see address_text
    if (word == "address" || word == "range" || word == "subnet") {
      const std::optional<Rule> rule = model(word, one, other);
      HOLDS(add(list, word, one, other) == rule.has_value());
      if (rule) rules.push_back(*rule);
    } else {
      const std::optional<Address> address = read(one);
      bool is_blocked = false;
      for (const Rule& rule : rules)
        is_blocked = is_blocked || (address && rule.matches(address->bytes));
      HOLDS(list.check(one) == is_blocked);
    }
    HOLDS(list.rules().size() == rules.size());
  }
}

}  // namespace fuzz_block_list
