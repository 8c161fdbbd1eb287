// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <array>
#include <cstdint>
#include <dgram/node/block_list.hpp>
#include <limits>

#include "../core/values/address.hpp"
#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace {

/// Addresses of both families in one order, that of IPv6: an IPv4 address has its mapped form.
using Bits = std::array<std::uint8_t, 16>;

Bits bits_of(const asio::ip::address& address) noexcept {
  return address.is_v6()
             ? address.to_v6().to_bytes()
             : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

asio::ip::address parse(std::string_view text) {
  std::error_code ec;
  const asio::ip::address address = asio::ip::make_address(std::string(text), ec);
  if (ec || text.find('\0') != std::string_view::npos) throw detail::invalid_address();
  if (address.is_v4()) return address;
  return asio::ip::address_v6(address.to_v6().to_bytes());  // without its zone
}

std::string family_of(const asio::ip::address& address) {
  return address.is_v6() ? "IPv6 " : "IPv4 ";
}

}  // namespace

struct BlockList::Rule {
  Bits first;
  Bits last;
  std::string text;

  bool matches(const Bits& bits) const noexcept { return first <= bits && bits <= last; }
};

BlockList::BlockList() : rules_(std::make_shared<std::vector<Rule>>()) {}

void BlockList::add_address(std::string_view text) {
  const asio::ip::address address = parse(text);
  const Bits bits = bits_of(address);
  rules_->push_back({bits, bits, "Address: " + family_of(address) + address.to_string()});
}

void BlockList::add_range(std::string_view start, std::string_view end) {
  const asio::ip::address first = parse(start);
  const asio::ip::address last = parse(end);
  if (first.is_v6() != last.is_v6()) throw detail::invalid_address();
  if (bits_of(last) < bits_of(first)) throw detail::range_is_backwards(start);
  rules_->push_back({bits_of(first),
                     bits_of(last),
                     "Range: " + family_of(first) + first.to_string() + '-' + last.to_string()});
}

void BlockList::add_subnet(std::string_view network, int prefix) {
  const asio::ip::address address = parse(network);
  const int most = address.is_v6() ? 128 : 32;
  if (prefix < 0 || prefix > most) throw detail::bad_prefix(prefix, most);
  Bits first = bits_of(address);
  Bits last = first;
  const std::size_t fixed = static_cast<std::size_t>(128 - most + prefix);
  for (std::size_t bit = fixed; bit < 128; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
    first[bit / 8] = static_cast<std::uint8_t>(first[bit / 8] & ~mask);
    last[bit / 8] = static_cast<std::uint8_t>(last[bit / 8] | mask);
  }
  rules_->push_back(
      {first,
       last,
       "Subnet: " + family_of(address) + address.to_string() + '/' + std::to_string(prefix)});
}

bool BlockList::check(std::string_view text) const {
  std::error_code ec;
  const asio::ip::address address = asio::ip::make_address(std::string(text), ec);
  return !ec && text.find('\0') == std::string_view::npos && check(address);
}

bool BlockList::check(const asio::ip::address& address) const noexcept {
  const Bits bits = bits_of(address);
  return std::any_of(
      rules_->begin(), rules_->end(), [&](const Rule& rule) { return rule.matches(bits); });
}

std::vector<std::string> BlockList::rules() const {
  std::vector<std::string> texts;
  std::transform(rules_->rbegin(), rules_->rend(), std::back_inserter(texts), [](const Rule& rule) {
    return rule.text;
  });
  return texts;
}

}  // namespace node
DGRAM_END_NAMESPACE
