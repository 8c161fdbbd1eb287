// Who may ask for bursts: only who has the cookie that went to its address, and not without end.
#include <dgram/dgram.hpp>

#include "check/path_clients.hpp"
#include "support/catch2.hpp"

namespace unit_path_clients_test {

namespace {

using dgram::detail::PathClient;
using dgram::detail::PathClients;
using dgram::detail::PathMessage;

dgram::Endpoint at(int port) {
  return dgram::make_endpoint("192.0.2.1", port);
}

PathMessage with(std::uint64_t token, std::uint64_t cookie) {
  PathMessage message;
  message.token = token;
  message.cookie = cookie;
  return message;
}

}  // namespace

TEST_CASE("a client is who has its endpoint, its token and its cookie", "[path_check]") {
  PathClients clients;
  const std::uint64_t cookie = clients.admit(at(1), 7).cookie;
  const std::uint64_t other = clients.admit(at(2), 7).cookie;
  CHECK(cookie != other);
  CHECK(clients.find(at(1), with(7, cookie)));
  CHECK_FALSE(clients.find(at(1), with(7, other)));
  CHECK_FALSE(clients.find(at(1), with(7, 0)));
  CHECK_FALSE(clients.find(at(1), with(8, cookie)));
  CHECK_FALSE(clients.find(at(3), with(7, cookie)));
}

TEST_CASE("a hello that is repeated changes nothing, and nor does one with another token",
          "[path_check]") {
  PathClients clients;
  const std::uint64_t cookie = clients.admit(at(1), 7).cookie;
  CHECK(clients.admit(at(1), 7).cookie == cookie);
  const std::uint64_t next = clients.admit(at(1), 8).cookie;
  CHECK(next != cookie);
  CHECK(clients.find(at(1), with(7, cookie)));  // whoever has sent the other one
  CHECK(clients.find(at(1), with(8, next)));
}

TEST_CASE("a client that has shown its cookie is not forgotten for any number of hellos",
          "[path_check]") {
  PathClients clients;
  const std::uint64_t cookie = clients.admit(at(1), 7).cookie;
  REQUIRE(clients.find(at(1), with(7, cookie)));
  for (std::uint64_t i = 0; i < 3 * PathClients::capacity; ++i) {
    clients.admit(at(1), 100 + i);
    clients.admit(at(static_cast<int>(2 + i)), 7);
  }
  CHECK(clients.find(at(1), with(7, cookie)));
}

TEST_CASE("where there is no room, the client that was silent for longest is forgotten",
          "[path_check]") {
  PathClients clients;
  const std::uint64_t first = clients.admit(at(1), 1).cookie;
  const std::uint64_t second = clients.admit(at(2), 2).cookie;
  for (std::size_t i = 3; i <= PathClients::capacity; ++i) {
    const int port = static_cast<int>(i);
    REQUIRE(clients.find(at(port), with(i, clients.admit(at(port), i).cookie)));
  }
  REQUIRE(clients.find(at(2), with(2, second)));
  REQUIRE(clients.find(at(1), with(1, first)));
  clients.admit(at(1000), 1000);  // the third goes
  clients.admit(at(1001), 1001);  // and this one's predecessor, which has shown nothing
  CHECK(clients.find(at(1), with(1, first)));
  CHECK(clients.find(at(2), with(2, second)));
}

TEST_CASE("numbers of bursts never go down, and a new one begins with nothing", "[path_check]") {
  PathClient client;
  CHECK(client.enter(2));
  client.sent = PathMessage();
  CHECK(client.enter(2));
  CHECK(client.sent);
  CHECK_FALSE(client.enter(1));
  CHECK(client.sent);
  CHECK(client.enter(3));
  CHECK_FALSE(client.sent);
}

}  // namespace unit_path_clients_test
