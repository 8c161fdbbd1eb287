// What a membership asks of the channel: by which interface, all or none, and leaving as joined.
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <memory>

#include "group_channel.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"

namespace socket_memberships_test {

namespace {

using asio::ip::make_address;
using dgram::Interface;
using dgram::Membership;
using Done = std::vector<std::string>;

const asio::ip::address group = make_address("239.1.2.3");
const asio::ip::address group_v6 = make_address("ff3e::1234");
const asio::ip::address source = make_address("192.0.2.7");

/// A socket on a host with four networks: two for IPv4 groups, one for IPv6 ones, two that are
/// none.
struct Host {
  Host() {
    groups->add(2, "192.0.2.2");
    groups->add(3, "198.51.100.3");
    groups->add(4, "203.0.113.4", false);
    groups->add(5, "203.0.113.5", true, false);
    groups->add(6, "2001:db8::6");
  }
  /// What was done since the last look.
  Done done() { return std::exchange(groups->done, {}); }

  asio::io_context io;
  std::shared_ptr<test::Groups> groups = test::make_groups(io);
  dgram::Socket socket = dgram::Socket(io);
};

}  // namespace

TEST_CASE("a membership is made where its interface is, however that is named",
          "[socket][memberships]") {
  for (const Interface& on : {Interface(3),
                              Interface("net3"),
                              Interface("%net3"),
                              Interface("::%3"),
                              Interface("198.51.100.3")}) {
    Host host;
    host.socket.add_membership(group, on);
    CHECK(host.done() == Done{"join 239.1.2.3 on 3"});
    host.socket.drop_membership(group, on);
    CHECK(host.done() == Done{"leave 239.1.2.3 on 3"});
  }
}

TEST_CASE("without an interface the system chooses; a zone chooses too", "[socket][memberships]") {
  Host host;
  host.socket.add_membership(group);
  CHECK(host.done() == Done{"join 239.1.2.3 on 0"});
  Host v6;
  asio::ip::address_v6 zoned = asio::ip::make_address_v6("ff02::1234");
  zoned.scope_id(6);
  v6.socket.add_membership(zoned);
  v6.socket.add_membership(zoned, 6);  // the same said twice
  CHECK(v6.done().size() == 2);
  CHECK(v6.socket.local_endpoint().address().is_v6());
}

TEST_CASE("each change reaches the channel as what it is", "[socket][memberships]") {
  Host host;
  host.socket.bind();
  host.socket.add_source_specific_membership(source, group, 2);
  host.socket.drop_source_specific_membership(source, group, 2);
  host.socket.block_source(source, group, 2);
  host.socket.unblock_source(source, group, 2);
  CHECK(host.done() == Done{"join 192.0.2.7 in 239.1.2.3 on 2",
                            "leave 192.0.2.7 in 239.1.2.3 on 2",
                            "block 192.0.2.7 in 239.1.2.3 on 2",
                            "unblock 192.0.2.7 in 239.1.2.3 on 2"});
}

TEST_CASE("a join binds a new socket, in the family of the group", "[socket][memberships]") {
  for (const asio::ip::address& wanted : {group, group_v6}) {
    Host host;
    host.socket.add_membership(wanted, 2);
    const dgram::Endpoint local = host.socket.local_endpoint();
    CHECK(local.port() != 0);
    CHECK(local.address().is_unspecified());
    CHECK(local.address().is_v6() == wanted.is_v6());
  }
}

TEST_CASE("a join that fails leaves a new socket new", "[socket][memberships]") {
  Host host;
  host.groups->refuses[2] = asio::error::no_buffer_space;
  std::error_code ec;
  host.socket.add_membership(group_v6, 2, ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK_FALSE(host.socket.is_open());
  host.socket.bind(test::any_port(), ec);  // free to take the other family
  CHECK(!ec);
}

TEST_CASE("all interfaces are those that are up, can multicast and have the family",
          "[socket][memberships]") {
  Host host;
  host.socket.add_membership(group, Interface::all());
  CHECK(host.done() == Done{"join 239.1.2.3 on 2", "join 239.1.2.3 on 3"});
  host.socket.drop_membership(group, Interface::all());
  // Left is wherever it may have been joined: also where all of that is no longer so.
  CHECK(host.done() == Done{"leave 239.1.2.3 on 2",
                            "leave 239.1.2.3 on 3",
                            "leave 239.1.2.3 on 4",
                            "leave 239.1.2.3 on 5",
                            "leave 239.1.2.3 on 6"});
  Host v6;
  v6.socket.add_membership(group_v6, Interface::all());
  CHECK(v6.done() == Done{"join ff3e::1234 on 6"});
}

TEST_CASE("when one of all interfaces fails, none is joined", "[socket][memberships]") {
  Host host;
  host.socket.bind();
  host.groups->refuses[3] = asio::error::no_buffer_space;
  std::error_code ec;
  host.socket.add_membership(group, Interface::all(), ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK(host.done() == Done{"join 239.1.2.3 on 2", "leave 239.1.2.3 on 2"});
  host.socket.add_source_specific_membership(source, group, Interface::all(), ec);
  CHECK(ec == asio::error::no_buffer_space);
  CHECK(host.done() ==
        Done{"join 192.0.2.7 in 239.1.2.3 on 2", "leave 192.0.2.7 in 239.1.2.3 on 2"});
}

TEST_CASE("a join that gets no port is undone on all interfaces", "[socket][memberships]") {
  Host host;
  const auto script = std::make_shared<dgram::FaultScript>();
  dgram::set_channel_factory(host.io,
                             [script, groups = host.groups](const asio::any_io_executor& executor) {
                               return dgram::make_fault_channel(
                                   std::make_unique<test::GroupChannel>(executor, groups), script);
                             });
  dgram::Socket socket(host.io);
  socket.open();
  script->bind.push_back({asio::error::address_in_use});
  std::error_code ec;
  socket.add_membership(group, Interface::all(), ec);
  CHECK(ec == asio::error::address_in_use);
  CHECK(host.done() == Done{"join 239.1.2.3 on 2",
                            "join 239.1.2.3 on 3",
                            "leave 239.1.2.3 on 2",
                            "leave 239.1.2.3 on 3"});
  CHECK(socket.is_open());
}

TEST_CASE("what was joined already is no failure of all, and stays", "[socket][memberships]") {
  Host host;
  host.socket.bind();
  host.groups->refuses[2] = asio::error::address_in_use;
  {
    const Membership membership = host.socket.join(group, Interface::all());
    CHECK(membership.interfaces() == std::vector<std::uint32_t>{3});
  }
  CHECK(host.done() == Done{"join 239.1.2.3 on 3", "leave 239.1.2.3 on 3"});
  host.groups->refuses[3] = asio::error::address_in_use;
  std::error_code ec;
  host.socket.add_membership(group, Interface::all(), ec);
  CHECK(ec == asio::error::address_in_use);  // everywhere: nothing was done
}

TEST_CASE("all interfaces of a host without one for the family are no_such_device",
          "[socket][memberships]") {
  Host host;
  host.groups->interfaces.resize(2);
  std::error_code ec;
  host.socket.add_membership(group_v6, Interface::all(), ec);
  CHECK(ec == std::errc::no_such_device);
  CHECK_FALSE(host.socket.is_open());
}

TEST_CASE("a Membership leaves where it joined when it is destroyed", "[socket][memberships]") {
  Host host;
  {
    const Membership membership = host.socket.join(group, Interface::all());
    CHECK(membership);
    CHECK(membership.group() == group);
    CHECK(membership.interfaces() == std::vector<std::uint32_t>{2, 3});
    host.done();
    host.groups->interfaces.clear();  // by index, whatever became of the names
    const dgram::Socket moved(std::move(host.socket));
    CHECK(moved.is_open());
    host.socket = dgram::Socket(host.io);
  }
  CHECK(host.done().empty());  // the socket went first, and with it the membership
}

TEST_CASE("moving the socket does not disturb its Membership", "[socket][memberships]") {
  Host host;
  std::optional<Membership> membership(host.socket.join_source(source, group, "net2"));
  const dgram::Socket moved(std::move(host.socket));
  host.groups->interfaces.clear();
  host.done();
  membership.reset();
  CHECK(host.done() == Done{"leave 192.0.2.7 in 239.1.2.3 on 2"});
}

TEST_CASE("a Membership is left once: by leave(), by an assignment, or not at all after keep()",
          "[socket][memberships]") {
  Host host;
  {
    Membership left = host.socket.join(group, 2);
    Membership kept = host.socket.join(group, 3);
    Membership assigned = host.socket.join(group, 4);
    host.done();
    std::error_code ec = asio::error::no_memory;
    left.leave(ec);
    CHECK(!ec);
    CHECK_FALSE(left);
    left.leave();
    kept.keep();
    CHECK_FALSE(kept);
    assigned = host.socket.join(group, 5);
    CHECK(host.done() ==
          Done{"leave 239.1.2.3 on 2", "join 239.1.2.3 on 5", "leave 239.1.2.3 on 4"});
    Membership& same = assigned;
    assigned = std::move(same);
    CHECK(assigned);
    const Membership moved(std::move(assigned));
    CHECK(moved);
    CHECK_FALSE(assigned);
    CHECK(host.done().empty());
  }
  CHECK(host.done() == Done{"leave 239.1.2.3 on 5"});
}

TEST_CASE("a Membership that cannot be left says so, and is over", "[socket][memberships]") {
  Host host;
  Membership membership = host.socket.join(group, Interface::all());
  host.groups->leaving = std::make_error_code(std::errc::no_such_device);
  std::error_code ec;
  membership.leave(ec);
  CHECK(ec == std::errc::no_such_device);
  CHECK_FALSE(membership);
}

TEST_CASE("a mapped group is the IPv4 group when it is joined", "[socket][memberships]") {
  Host host;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket socket(host.io, options);
  socket.add_membership(make_address("::ffff:239.1.2.3"), 2);
  socket.add_source_specific_membership(
      make_address("::ffff:192.0.2.7"), make_address("::ffff:239.1.2.3"), 2);
  CHECK(host.done() == Done{"join 239.1.2.3 on 2", "join 192.0.2.7 in 239.1.2.3 on 2"});
}

TEST_CASE("a mapped group is the IPv4 group when its Membership leaves", "[socket][memberships]") {
  Host host;
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket socket(host.io, options);
  {
    const Membership any = socket.join(make_address("::ffff:239.1.2.3"), 2);
    const Membership one =
        socket.join_source(make_address("::ffff:192.0.2.7"), make_address("::ffff:239.1.2.4"), 2);
    host.done();
  }
  CHECK(host.done() == Done{"leave 192.0.2.7 in 239.1.2.4 on 2", "leave 239.1.2.3 on 2"});
}

}  // namespace socket_memberships_test
