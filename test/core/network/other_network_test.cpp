// A thread that is in another network than its socket: what it cannot know it does not tell.
#include <dgram/dgram.hpp>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_other_network_test {

TEST_CASE("what cannot be known of another network is not told from the thread's",
          "[network][worlds]") {
  const test::Host other("other");
  const test::Fork fork;
  fork.here.ip("link set eth0 mtu 1400");
  asio::io_context io;
  dgram::Socket any = test::bound_on(fork.here, io, "0.0.0.0");
  dgram::Socket own = test::bound_on(fork.here, io, "10.0.0.1");
  const dgram::Endpoint to = dgram::make_endpoint("10.0.0.2", 9);
  const dgram::Endpoint nowhere = dgram::make_endpoint("203.0.113.1", 9);
  {
    const test::Here here = fork.here.enter();
    CHECK(any.path_mtu(to) == 1400);
    CHECK(own.path_mtu(to) == 1400);
    CHECK(test::send_error(own, nowhere) == asio::error::network_unreachable);
  }
  const test::Here elsewhere = other.enter();
  std::error_code ec;
  any.path_mtu(to, ec);
  CHECK(ec == asio::error::operation_not_supported);
  own.path_mtu(to, ec);
  CHECK(ec == asio::error::operation_not_supported);
  CHECK(test::send_error(own, nowhere) == asio::error::network_unreachable);
  test::send(own, "arrives", to);
}

}  // namespace network_other_network_test
