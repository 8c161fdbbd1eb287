// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How a socket treats the size of the packets that its path can carry.
#pragma once

#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE

/// What happens to datagrams that are larger than the path takes (IP_MTU_DISCOVER in ip(7),
/// IPV6_MTU_DISCOVER in ipv6(7)).
enum class PathMtuDiscovery : unsigned char {
  dont,     ///< Fragments what is too large, here and on the way: the packets may be cut (no DF).
  want,     ///< Fragments here, by what is known of the path. The system's default.
  enforce,  ///< Never fragments: what is larger than the known path MTU fails with `message_size`.
  probe,  ///< Never fragments, and does not look at the known path MTU: for probing beyond it. What
          ///< is larger than the interface takes fails with `message_size`.
  omit = 5  ///< As `dont`, and believes no ICMP message about the path: for servers whose answers
            ///< must not be fragmented to an attacker's wish (DNS).
};

DGRAM_END_NAMESPACE
