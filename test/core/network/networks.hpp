// The networks that most tests need.
#pragma once

#include "support/network.hpp"

namespace test {

/// Two hosts on one link.
///
///   a "eth0" 10.0.0.1, fd00::1 -- 10.0.0.2, fd00::2 "eth0" b
struct Cable {
  Cable() { plug(); }
  void plug() const {
    link({a, "eth0", {"10.0.0.1/24", "fd00::1/64"}}, {b, "eth0", {"10.0.0.2/24", "fd00::2/64"}});
  }
  const Host a{"a"}, b{"b"};
};

/// Two hosts with one between them, which make_router() makes a router.
///
///   near "eth0" 10.0.1.2, fd00:1::2 -- 10.0.1.1, fd00:1::1 "near" router
///   far "eth0" 10.0.2.2, fd00:2::2 -- 10.0.2.1, fd00:2::1 "far" router
struct Line {
  /// @param far_mtu Of the link to `far`; that of the other one is 1500.
  explicit Line(int far_mtu = 1500) {
    link({near, "eth0", {"10.0.1.2/24", "fd00:1::2/64"}},
         {router, "near", {"10.0.1.1/24", "fd00:1::1/64"}});
    link({far, "eth0", {"10.0.2.2/24", "fd00:2::2/64"}},
         {router, "far", {"10.0.2.1/24", "fd00:2::1/64"}},
         far_mtu);
    near.ip("route add default via 10.0.1.1");
    near.ip("-6 route add default via fd00:1::1");
    far.ip("route add default via 10.0.2.1");
    far.ip("-6 route add default via fd00:2::1");
  }
  const Host near{"near"}, router{"router"}, far{"far"};
};

/// A host between two links, each with a host at its end. Where IPv4 groups are concerned, the
/// routes of `here` choose eth0.
///
///   left "near" 10.0.0.2, fd00::2 -- 10.0.0.1, fd00::1 "eth0" here
///   right "near" 10.0.1.2, fd00:1::2 -- 10.0.1.1, fd00:1::1 "eth1" here
struct Fork {
  Fork() {
    link({here, "eth0", {"10.0.0.1/24", "fd00::1/64"}},
         {left, "near", {"10.0.0.2/24", "fd00::2/64"}});
    link({here, "eth1", {"10.0.1.1/24", "fd00:1::1/64"}},
         {right, "near", {"10.0.1.2/24", "fd00:1::2/64"}});
    here.ip("route add 224.0.0.0/4 dev eth0");
    left.ip("route add default dev near");
    right.ip("route add default dev near");
  }
  const Host here{"here"}, left{"left"}, right{"right"};
};

}  // namespace test
