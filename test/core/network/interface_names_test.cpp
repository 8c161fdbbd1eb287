// Interfaces with several names: each is one interface, found by each of them.
#include <algorithm>
#include <dgram/dgram.hpp>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_interface_names_test {

TEST_CASE("an address with a label of its own makes no second interface", "[network][interfaces]") {
  const test::Host host("labelled");
  host.ip("address add 127.5.5.5/8 dev lo label lo:1");
  host.ip("address add 127.5.5.6/8 dev lo label lo:2");
  asio::io_context io;
  const test::Here here = host.enter();
  dgram::Socket socket(io);
  const std::vector<dgram::InterfaceInfo> all = socket.interfaces();
  REQUIRE(all.size() == 1);
  CHECK(all[0].name == "lo");
  CHECK(all[0].index == 1);
  const auto has = [&](const char* address) {
    return std::count(all[0].addresses.begin(),
                      all[0].addresses.end(),
                      asio::ip::make_address(address)) == 1;
  };
  CHECK(has("127.0.0.1"));
  CHECK(has("127.5.5.5"));
  CHECK(has("127.5.5.6"));
}

TEST_CASE("an interface is found by each of its names", "[network][interfaces]") {
  const test::Fork fork;
  fork.here.ip("link property add dev eth0 altname short");
  fork.here.ip("link property add dev eth0 altname a-name-that-is-longer-than-fifteen-characters");
  asio::io_context io;
  dgram::Socket socket = test::bound_on(fork.here, io, "0.0.0.0");
  const test::Here here = fork.here.enter();
  for (const char* name : {"eth0", "short", "a-name-that-is-longer-than-fifteen-characters"}) {
    std::error_code ec;
    socket.set_multicast_interface(dgram::Interface(name), ec);
    CHECK_FALSE(ec);
    CHECK(socket.multicast_interface() == fork.here.index("eth0"));
  }
  std::error_code ec;
  socket.set_multicast_interface(dgram::Interface("another-name-of-more-than-fifteen"), ec);
  CHECK(ec == std::errc::no_such_device);
}

}  // namespace network_interface_names_test
