// The primary's table, without any socket: who shares which, and for how long.
#include <fcntl.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <node/cluster/shared_sockets.hpp>
#include <support/catch2.hpp>
#include <support/descriptors.hpp>

namespace unit_node_cluster_shared_sockets_test {

using namespace dgram::node::cluster::detail;
using dgram::Descriptor;
using test::is_open;

namespace {

Wanted port(int number) {
  Wanted wanted;
  wanted.local = dgram::make_endpoint("127.0.0.1", number);
  return wanted;
}

/// A table whose sockets are any descriptors, or are refused.
struct Table {
  SharedSockets sockets{[this](const Wanted&, std::error_code& ec) {
    ++opened;
    if (refuses) ec = asio::error::address_in_use;
    return refuses ? Descriptor() : Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }};
  int opened = 0;
  bool refuses = false;

  int take(int worker, Ticket ticket, const Wanted& wanted) {
    std::error_code ec;
    const SharedSockets::Pointer socket = sockets.take(worker, ticket, wanted, ec);
    return ec ? -1 : socket->get();
  }
};

}  // namespace

TEST_CASE("workers that want the same get the same socket") {
  Table table;
  const int one = table.take(1, 1, port(5000));
  const int two = table.take(2, 1, port(5000));
  CHECK(one == two);
  CHECK(table.opened == 1);
  CHECK(table.sockets.size() == 1);
}

TEST_CASE("address, port, type, flags and descriptor tell sockets apart") {
  Table table;
  Wanted other = port(5000);
  table.take(1, 1, other);
  table.take(2, 2, port(5001));
  other.reuse_addr = true;
  table.take(2, 3, other);
  other.ipv6_only = true;
  table.take(2, 4, other);
  other.local = dgram::make_endpoint("127.0.0.2", 5000);
  table.take(2, 5, other);
  other.fd = 3;
  table.take(2, 6, other);
  other.inode = 1;
  table.take(2, 7, other);
  other.v6 = true;
  table.take(2, 8, other);
  CHECK(table.sockets.size() == 8);
}

TEST_CASE("what a worker wants twice is two sockets, each shared with the others in its place") {
  Table table;
  const int first = table.take(1, 1, port(0));
  const int second = table.take(1, 2, port(0));
  CHECK(first != second);
  const int others_first = table.take(2, 1, port(0));
  const int others_second = table.take(2, 2, port(0));
  CHECK(others_first == first);
  CHECK(others_second == second);
  CHECK(table.opened == 2);
}

TEST_CASE("a place that a worker gave back is its next one") {
  Table table;
  const int first = table.take(1, 1, port(0));
  table.take(1, 2, port(0));
  table.take(2, 1, port(0));
  table.sockets.release(1, 1);
  const int again = table.take(1, 3, port(0));
  CHECK(again == first);
}

TEST_CASE("a socket is closed with the last that holds it") {
  Table table;
  const int socket = table.take(1, 1, port(5000));
  table.take(2, 9, port(5000));
  table.sockets.release(1, 1);
  CHECK(is_open(socket));
  table.sockets.release(1, 1);
  table.sockets.release(2, 1);
  CHECK(is_open(socket));
  table.sockets.release(2, 9);
  CHECK_FALSE(is_open(socket));
  CHECK(table.sockets.size() == 0);
}

TEST_CASE("with a worker goes all that it held, and nothing of the others") {
  Table table;
  const int alone = table.take(2, 1, port(5000));
  const int shared = table.take(2, 2, port(5001));
  table.take(1, 1, port(5001));
  table.take(3, 1, port(5002));
  table.sockets.release_all(2);
  CHECK_FALSE(is_open(alone));
  CHECK(is_open(shared));
  CHECK(table.sockets.size() == 2);
  CHECK(table.sockets.find(2, 1) == nullptr);
  REQUIRE(table.sockets.find(1, 1) != nullptr);
  CHECK(table.sockets.find(1, 1)->local.port() == 5001);
  table.sockets.release_all(7);
  CHECK(table.sockets.size() == 2);
}

TEST_CASE("what a worker holds is counted, and what it gave back is not") {
  Table table;
  table.take(1, 1, port(0));
  table.take(1, 2, port(0));
  table.take(2, 1, port(0));
  CHECK(table.sockets.count_of(1) == 2);
  table.sockets.release(1, 1);
  table.sockets.release(1, 1);
  CHECK(table.sockets.count_of(1) == 1);
  table.refuses = true;
  table.take(1, 3, port(5000));
  CHECK(table.sockets.count_of(1) == 1);
  table.sockets.release_all(1);
  CHECK(table.sockets.count_of(1) == 0);
  CHECK(table.sockets.count_of(2) == 1);
}

TEST_CASE("a refusal is not kept: who asks next, tries anew") {
  Table table;
  table.refuses = true;
  CHECK(table.take(1, 1, port(5000)) == -1);
  CHECK(table.sockets.size() == 0);
  CHECK(table.sockets.find(1, 1) == nullptr);
  table.refuses = false;
  const int socket = table.take(2, 1, port(5000));
  CHECK(socket >= 0);
  CHECK(table.opened == 2);
}

}  // namespace unit_node_cluster_shared_sockets_test
