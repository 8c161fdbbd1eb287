// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Addresses that a socket does not talk to.
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
 * A handle: copies are the same list, and a rule that is added to one holds at once for every
 * socket that has it. IPv4 rules also match the address as IPv6 maps it ("::ffff:10.0.0.1"), and
 * the other way round. Whether a text is IPv4 or IPv6 is told from the text; Node wants to be told.
 *
 * Thread safety: on the thread that runs the context. Source: Node.js v24, net.BlockList.
 */
class DGRAM_API BlockList {
 public:
  BlockList();

  /// @param address A literal address. Throws `ERR_INVALID_ADDRESS`.
  void add_address(std::string_view address);

  /// All addresses from `start` to `end`, both of them included.
  /**
   * Throws `ERR_INVALID_ADDRESS`, also when the two are of different families, and
   * `ERR_INVALID_ARG_VALUE` when `start` comes behind `end`.
   */
  void add_range(std::string_view start, std::string_view end);

  /// All addresses that share the first `prefix` bits of `network`; its other bits do not matter.
  /**
   * @param network A literal address.
   * @param prefix 0 to 32, or to 128 for IPv6.
   * Throws `ERR_INVALID_ADDRESS`, `ERR_OUT_OF_RANGE`.
   */
  void add_subnet(std::string_view network, int prefix);

  /// True when a rule matches. What is not a literal address is matched by none.
  bool check(std::string_view address) const;
  bool check(const asio::ip::address& address) const noexcept;

  /// The newest first: "Address: IPv4 10.0.0.1", "Range: IPv4 10.0.0.1-10.0.0.9",
  /// "Subnet: IPv6 2001:db8::/32".
  std::vector<std::string> rules() const;

 private:
  struct Rule;
  std::shared_ptr<std::vector<Rule>> rules_;
};

}  // namespace node
DGRAM_END_NAMESPACE
