// Two hosts on a link that takes no datagrams until the test opens it: a socket with a small send
// buffer fills at once.
#pragma once

#include <string>
#include <string_view>

#include "support/network.hpp"

namespace test {

/// here "eth0" 10.0.0.1 -- 10.0.0.2 "eth0" there. What `here` sends waits until it has found the
/// other end, which does not answer.
struct NarrowLink {
  NarrowLink() {
    link({here, "eth0", {"10.0.0.1/24"}}, {there, "eth0", {"10.0.0.2/24"}});
    here.set("ipv4/neigh/eth0/mcast_solicit", "10000");  // or it gives up after three seconds
    there.set("ipv4/conf/eth0/arp_ignore", "8");
  }
  /// What waits leaves, and what comes then.
  void open() const {
    constexpr std::string_view before = "link/ether ";
    const std::string shown = there.ip("-o link show eth0");
    const std::string address = shown.substr(shown.find(before) + before.size(), 17);
    here.ip("neighbour replace 10.0.0.2 lladdr " + address + " dev eth0 nud permanent");
  }

  const Host here{"here"}, there{"there"};
};

}  // namespace test
