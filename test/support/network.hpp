// Networks in one process: hosts that are anonymous network namespaces, links and bridges between
// them. Needs the rights that test/core/network/run sees to.
//
//   test::Host a("a"), b("b");
//   test::link({a, "eth0", {"10.0.0.1/24", "fd00::1/64"}},
//              {b, "eth0", {"10.0.0.2/24", "fd00::2/64"}});
//   const test::Here here = a.enter();  // sockets that this thread opens now are a's, and stay so
//
// A network lives as long as its Host or a socket in it; the kernel then removes it a moment later.
#pragma once

#include <asio/ip/address_v6.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/descriptors.hpp"

namespace test {

/// This thread is on a host as long as this lives, and then where it was before. Nests.
class [[nodiscard]] Here {
 public:
  explicit Here(const Descriptor& network);
  Here(const Here&) = delete;
  ~Here();

 private:
  Descriptor former_;
};

/// A network of its own: no interface but the loopback, which is up. No duplicate address
/// detection, no reverse path filter, no limit on ICMP errors per peer.
class Host {
 public:
  explicit Host(std::string name);
  Host(const Host&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// Puts this thread on the host.
  Here enter() const { return Here(network_); }

  /// Runs a program on the host and returns its output. Throws its words when it fails.
  std::string run(const std::string& command) const;

  /// Runs the program `ip`.
  std::string ip(std::string_view arguments) const { return run("ip " + std::string(arguments)); }

  /// Writes a setting below /proc/sys/net: set("ipv4/ip_forward", "1").
  void set(const std::string& setting, std::string_view value) const;

  /// The index of an interface. Those of cables differ on all hosts, so that a mix-up shows.
  unsigned index(const std::string& interface) const;

  /// The link-local address of an interface, with its index as the scope. Throws when there is none
  /// yet.
  asio::ip::address_v6 link_local(const std::string& interface) const;

  /// Waits until the interface has its carrier and all its addresses serve, the link-local one
  /// included. For what a test changes by ip(); link() and plug() have done it.
  void await_ready(const std::string& interface) const;

  /// What `ip` takes as the name of this network: "link add … netns <this>".
  std::string netns() const;

 private:
  std::string name_;
  Descriptor network_;
};

/// An end of a cable, and the addresses it gets.
struct Plug {
  const Host& host;
  std::string interface;
  std::vector<std::string> addresses = {};
};

/// Connects two hosts. All addresses can be used at once. Below an MTU of 1280 there is no IPv6 on
/// a link.
///
/// To cut it: a.ip("link set eth0 down"), or "link delete eth0", which removes both ends.
void link(const Plug& a, const Plug& b, int mtu = 1500);

/// A switch that joins many hosts. It floods multicast and learns where a host is from what it
/// sends.
class Bridge {
 public:
  explicit Bridge(std::string name);
  void plug(const Plug& plug, int mtu = 1500);

 private:
  Host host_;
  int ports_ = 0;
};

/// Lets a host forward unicast, IPv4 and IPv6, between its links. Routes are up to the test:
/// a.ip("route add default via 10.0.1.1").
void make_router(const Host& host);

}  // namespace test
