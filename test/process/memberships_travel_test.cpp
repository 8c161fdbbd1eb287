// Multicast groups belong to the kernel socket, and so to both processes of a handover.
#include <unistd.h>

#include <dgram/dgram.hpp>
#include <optional>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace process_memberships_travel_test {

namespace {

/// A socket in a group on eth0, and the same socket as a successor has it.
struct TravellingMember {
  explicit TravellingMember(test::Ip family)
      : ip(family),
        predecessor(test::bound_on(fork.here, io, dgram::Endpoint(ip.any(), test::port))),
        sender(test::bound_on(fork.left, io, dgram::Endpoint(ip.any(), 0))),
        successor(io) {
    const test::Here here = fork.here.enter();
    membership = predecessor.join(ip.group(), "eth0");
    successor.adopt(dgram::Descriptor(::dup(predecessor.native_handle())));
  }

  bool is_joined() { return test::is_member(fork.here, "eth0", ip.group().to_string()); }

  test::Fork fork;
  asio::io_context io;
  test::Ip ip;
  dgram::Socket predecessor, sender, successor;
  dgram::Membership membership;
};

}  // namespace

TEST_CASE("a successor hears the groups of its predecessor, and can leave them", "[.][network]") {
  TravellingMember p(test::Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  p.membership.keep();
  p.predecessor.close();
  CHECK(p.is_joined());
  test::send(p.sender, "to the group", dgram::Endpoint(p.ip.group(), test::port));
  const dgram::Datagram heard = test::receive(p.io, p.successor);
  CHECK(heard.text() == "to the group");
  p.successor.drop_membership(p.ip.group(), "eth0");
  CHECK_FALSE(p.is_joined());
}

TEST_CASE("a predecessor that leaves a group leaves it for both", "[.][network]") {
  TravellingMember p(test::Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  p.membership.leave();
  CHECK_FALSE(p.is_joined());
}

TEST_CASE("a predecessor that is closed leaves the groups to the successor", "[.][network]") {
  TravellingMember p(test::Ip(GENERATE(false, true)));
  const test::Here here = p.fork.here.enter();
  p.predecessor.close();
  p.membership.leave();  // of a closed socket: does nothing
  CHECK(p.is_joined());
}

}  // namespace process_memberships_travel_test
