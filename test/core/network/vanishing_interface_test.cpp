// An interface that is removed and made anew while sockets use it: sends say what is missing, and
// everything goes on afterwards.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>

#include "core/network/bound_on.hpp"
#include "core/network/host_socket.hpp"
#include "core/network/networks.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/network.hpp"
#include "support/outcome.hpp"
#include "support/run_until.hpp"

namespace network_vanishing_interface_test {

namespace {

using asio::ip::make_address;
using test::Host;

/// Two hosts whose only link comes and goes.
struct LooseCable : test::Cable {
  explicit LooseCable(bool v6) : v6_(v6) {}
  void unplug() const { a.ip("link delete eth0"); }
  const char* any() const { return v6_ ? "::" : "0.0.0.0"; }
  const char* address_of_a() const { return v6_ ? "fd00::1" : "10.0.0.1"; }
  const char* address_of_b() const { return v6_ ? "fd00::2" : "10.0.0.2"; }

 private:
  const bool v6_;
};

std::error_code send(asio::io_context& io,
                     dgram::Socket& socket,
                     std::string_view text,
                     const dgram::Endpoint& to,
                     const dgram::SendOptions& options = {}) {
  test::Outcome<std::size_t> outcome;
  socket.async_send(text, to, options, outcome.handler());
  test::run_until(io, [&] { return outcome.calls != 0; });
  return outcome.ec;
}

}  // namespace

TEST_CASE("without its interface a send says what is missing; with a new one the socket goes on",
          "[network][vanish]") {
  enum class Use { nothing, bound_address, send_option, device };
  const Use use = GENERATE(Use::nothing, Use::bound_address, Use::send_option, Use::device);
  const bool v6 = GENERATE(false, true);
  INFO("use " << static_cast<int>(use) << (v6 ? ", IPv6" : ", IPv4"));
  LooseCable cable(v6);
  asio::io_context io;
  const test::Here here = cable.a.enter();
  dgram::Socket socket =
      test::bound_on(cable.a, io, use == Use::bound_address ? cable.address_of_a() : cable.any());
  if (use == Use::device) socket.bind_to_device("eth0");
  test::PlainSocket peer(cable.b, cable.any());
  const dgram::Endpoint to = dgram::make_endpoint(cable.address_of_b(), peer.local().port());
  const dgram::Endpoint us =
      dgram::make_endpoint(cable.address_of_a(), socket.local_endpoint().port());
  const auto options = [&] {
    dgram::SendOptions result;
    if (use == Use::send_option) result.interface_index = cable.a.index("eth0");
    return result;
  };
  test::Outcome<dgram::Datagram> received;
  socket.async_recv(received.handler());
  const dgram::SendOptions old = options();
  CHECK_FALSE(send(io, socket, "one", to, old));
  CHECK(peer.receive() == "one");

  cable.unplug();
  for (int i = 0; i < 3; ++i) {
    const std::error_code ec = send(io, socket, "lost", to, old);
    INFO(ec.message());
    if (use == Use::nothing) CHECK(ec == asio::error::network_unreachable);
    if (use == Use::bound_address) CHECK(ec == dgram::Errc::source_unavailable);
    if (use == Use::send_option || use == Use::device) CHECK(ec == std::errc::no_such_device);
  }
  CHECK(received.calls == 0);

  cable.plug();
  if (use == Use::send_option ||
      use == Use::device)  // it is another one now, with an index of its own
    CHECK(send(io, socket, "lost", to, old) == std::errc::no_such_device);
  if (use == Use::device) socket.bind_to_device("eth0");
  CHECK_FALSE(send(io, socket, "two", to, options()));
  CHECK(peer.receive() == "two");
  CHECK(peer.remote() == us);

  // The receive that waited all the time.
  CHECK(received.calls == 0);
  peer.send("three", us);
  test::run_until(io, [&] { return received.calls != 0; });
  CHECK_FALSE(received.ec);
  CHECK(received.value.text() == "three");
}

TEST_CASE(
    "a source address and an interface that are both gone: the send fails, the socket goes on",
    "[network][vanish]") {
  const bool v6 = GENERATE(false, true);
  LooseCable cable(v6);
  asio::io_context io;
  const test::Here here = cable.a.enter();
  dgram::Socket socket = test::bound_on(cable.a, io, cable.any());
  test::PlainSocket peer(cable.b, cable.any());
  const dgram::Endpoint to = dgram::make_endpoint(cable.address_of_b(), peer.local().port());
  dgram::SendOptions options;
  options.source_address = make_address(cable.address_of_a());
  options.interface_index = cable.a.index("eth0");
  CHECK_FALSE(send(io, socket, "one", to, options));
  cable.unplug();
  const std::error_code ec = send(io, socket, "lost", to, options);
  INFO(ec.message());
  CHECK((ec == std::errc::no_such_device || ec == dgram::Errc::source_unavailable));
  cable.plug();
  options.interface_index = cable.a.index("eth0");
  CHECK_FALSE(send(io, socket, "two", to, options));
  CHECK(peer.receive() == "one");
  CHECK(peer.receive() == "two");
}

TEST_CASE("a link that goes down and up disturbs no socket for good", "[network][vanish]") {
  const bool v6 = GENERATE(false, true);
  LooseCable cable(v6);
  asio::io_context io;
  const test::Here here = cable.a.enter();
  dgram::Socket socket = test::bound_on(cable.a, io, cable.any());
  test::PlainSocket peer(cable.b, cable.any());
  const dgram::Endpoint to = dgram::make_endpoint(cable.address_of_b(), peer.local().port());
  test::Outcome<dgram::Datagram> received;
  socket.async_recv(received.handler());
  cable.a.ip("link set eth0 down");
  CHECK(send(io, socket, "lost", to) == asio::error::network_unreachable);
  cable.a.ip("link set eth0 up");
  if (v6) cable.a.ip("address replace fd00::1/64 nodad dev eth0");  // IPv6 drops it with the link
  cable.a.await_ready("eth0");
  cable.b.await_ready("eth0");
  CHECK_FALSE(send(io, socket, "two", to));
  CHECK(peer.receive() == "two");
  peer.send("three", {make_address(cable.address_of_a()), socket.local_endpoint().port()});
  test::run_until(io, [&] { return received.calls != 0; });
  CHECK(received.value.text() == "three");
}

// An entry of an interface that has vanished counts against the limit until somebody leaves there.
TEST_CASE("joining on all interfaces uses up no limit while interfaces come and go",
          "[network][vanish]") {
  const bool of_source = GENERATE(false, true);
  const bool leaves = GENERATE(false, true);  // each time, with the interface gone already
  INFO((of_source ? "source-specific" : "any source") << (leaves ? ", left in between" : ""));
  LooseCable cable(false);
  cable.a.set("ipv4/igmp_max_memberships", "2");
  asio::io_context io;
  const test::Here here = cable.a.enter();
  dgram::Socket socket = test::bound_on(cable.a, io, cable.any());
  const auto group = make_address("232.1.2.3");
  const auto source = make_address(cable.address_of_b());
  const dgram::Interface all = dgram::Interface::all();
  for (int i = 0; i < 5; ++i) {
    INFO("round " << i);
    std::error_code ec;
    if (of_source)
      socket.add_source_specific_membership(source, group, all, ec);
    else
      socket.add_membership(group, all, ec);
    REQUIRE_FALSE(ec);
    cable.unplug();
    if (leaves) {
      if (of_source)
        socket.drop_source_specific_membership(source, group, all, ec);
      else
        socket.drop_membership(group, all, ec);
      CHECK_FALSE(ec);
    }
    cable.plug();
  }
}

TEST_CASE("a group is joined again on an interface that has come back with its old index",
          "[network][vanish]") {
  enum class How { join, join_again_as_membership, join_source, on_all };
  const How how = GENERATE(How::join, How::join_again_as_membership, How::join_source, How::on_all);
  const bool v6 = GENERATE(false, true);
  INFO("how " << static_cast<int>(how) << (v6 ? ", IPv6" : ", IPv4"));
  const Host a("a"), b("b");
  const auto plug = [&] {
    a.ip("link add eth0 index 700 type veth peer name eth0 index 701 netns " + b.netns());
    a.ip("link set eth0 up");
    a.ip("address add 10.0.0.1/24 dev eth0");
    a.ip("address add fd00::1/64 dev eth0 nodad");
    b.ip("link set eth0 up");
    a.await_ready("eth0");
  };
  plug();
  asio::io_context io;
  dgram::Socket socket = test::bound_on(a, io, v6 ? "::" : "0.0.0.0");
  const test::Here here = a.enter();
  const asio::ip::address group = make_address(v6 ? "ff15::99" : "239.1.2.3");
  const asio::ip::address source = make_address(v6 ? "fd00::2" : "10.0.0.2");
  const dgram::Interface on =
      how == How::on_all ? dgram::Interface::all() : dgram::Interface("eth0");
  std::error_code ec;
  const auto join = [&] {
    if (how == How::join_source) return socket.join_source(source, group, on, ec);
    return socket.join(group, on, ec);
  };
  dgram::Membership first = join();
  REQUIRE_FALSE(ec);
  CHECK(test::is_member(a, "eth0", group.to_string()));
  if (how != How::join_again_as_membership) first.keep();
  a.ip("link delete eth0");
  plug();
  CHECK_FALSE(test::is_member(a, "eth0", group.to_string()));
  dgram::Membership second = join();
  CHECK_FALSE(ec);
  CHECK(test::is_member(a, "eth0", group.to_string()));
  if (how != How::on_all) {  // where it is heard, it is joined already
    join();
    CHECK(ec == (how == How::join_source ? std::error_code(EADDRNOTAVAIL, std::system_category())
                                         : std::error_code(asio::error::address_in_use)));
    CHECK(test::is_member(a, "eth0", group.to_string()));
  }
  first.leave(ec);  // what it joined has gone with the old interface; this is the second one's
  CHECK(test::is_member(a, "eth0", group.to_string()));
  second.leave(ec);
  CHECK_FALSE(ec);
  CHECK_FALSE(test::is_member(a, "eth0", group.to_string()));
}

}  // namespace network_vanishing_interface_test
