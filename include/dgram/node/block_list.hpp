// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A list of addresses that a socket neither receives from nor sends to.
#pragma once

#include <asio/ip/address.hpp>
#include <dgram/node/config.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Node's `net.BlockList`: a list of addresses, ranges and subnets.
/**
 * A handle: copies share one list. A rule that is added through one copy applies at once to every
 * socket that uses the list. A rule for an IPv4 address also matches its IPv4-mapped IPv6 form
 * ("::ffff:10.0.0.1"), and the other way round. The family is detected from the text of an address;
 * in Node it is an argument.
 *
 * Thread safety: use it only on the thread that runs the context. Source: Node.js v24,
 * net.BlockList.
 */
class DGRAM_API BlockList {
 public:
  BlockList();

  /// Adds one address.
  /// @param address A literal address. Throws `ERR_INVALID_ADDRESS`.
  void add_address(std::string_view address);

  /// Adds all addresses from `start` to `end`, including both.
  /**
   * Throws `ERR_INVALID_ADDRESS`, also when the two are of different families, and
   * `ERR_INVALID_ARG_VALUE` when `start` is greater than `end`.
   */
  void add_range(std::string_view start, std::string_view end);

  /// Adds all addresses whose first `prefix` bits are those of `network`. The other bits of
  /// `network` are ignored.
  /**
   * @param network A literal address.
   * @param prefix 0 to 32, or to 128 for IPv6.
   * Throws `ERR_INVALID_ADDRESS`, `ERR_OUT_OF_RANGE`.
   */
  void add_subnet(std::string_view network, int prefix);

  /// True when a rule matches. No rule matches a text that is not a literal address.
  bool check(std::string_view address) const;
  bool check(const asio::ip::address& address) const noexcept;

  /// The rules as text, the newest first: "Address: IPv4 10.0.0.1", "Range:
  /// IPv4 10.0.0.1-10.0.0.9", "Subnet: IPv6 2001:db8::/32".
  std::vector<std::string> rules() const;

 private:
  struct Rule;
  std::shared_ptr<std::vector<Rule>> rules_;
};

}  // namespace node
DGRAM_END_NAMESPACE
