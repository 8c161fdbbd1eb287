// The sockets that a primary makes for its workers.
#include <fcntl.h>

#include <dgram/socket.hpp>
#include <node/cluster/open_shared.hpp>

#include "support/catch2.hpp"
#include "support/descriptors.hpp"
#include "support/loopback.hpp"

namespace cluster_open_shared_test {

using namespace dgram::node::cluster::detail;

TEST_CASE("a descriptor of the program is shared as a duplicate, which is closed on exec") {
  asio::io_context io;
  const dgram::Socket own = test::bound(io);
  Wanted wanted;
  wanted.fd = own.native_handle();
  std::error_code ec;
  {
    const dgram::Descriptor shared = open_shared(io, wanted, ec);
    REQUIRE_FALSE(ec);
    CHECK(shared.get() != own.native_handle());
    CHECK((::fcntl(shared.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(test::is_open(own.native_handle()));
}

}  // namespace cluster_open_shared_test
