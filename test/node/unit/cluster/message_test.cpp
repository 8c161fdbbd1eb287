// The words of a cluster: what is said is understood, and nothing else is.
#include <node/cluster/message.hpp>
#include <string>
#include <string_view>
#include <support/catch2.hpp>

namespace unit_node_cluster_message_test {

using namespace dgram::node::cluster::detail;
using dgram::make_endpoint;

namespace {

std::string said_again(std::string_view bytes) {
  const std::optional<Message> message = from_bytes(bytes);
  return message ? to_bytes(*message) : "refused";
}

}  // namespace

TEST_CASE("every message of a cluster is read as it was written") {
  for (const std::string_view bytes : {"online 1",
                                       "query 1 udp4 0 0 127.0.0.1 0 41234",
                                       "query 18446744073709551615 udp4 1 0 0.0.0.0 0 0",
                                       "query 2 udp6 0 1 :: 0 65535",
                                       "query 3 udp6 1 1 fe80::1 4294967295 1",
                                       "query_fd 4 udp6 3",
                                       "listening 5 41234",
                                       "close 6",
                                       "leaving",
                                       "reply 7 0",
                                       "reply 8 98",
                                       "disconnect",
                                       "text ",
                                       "text  two  words\n",
                                       "text online 1"}) {
    INFO(bytes);
    CHECK(said_again(bytes) == bytes);
  }
}

TEST_CASE("a query says what is wanted") {
  const std::optional<Message> message = from_bytes("query 3 udp6 1 0 fe80::1 7 5000");
  REQUIRE(message);
  const Query& query = std::get<Query>(*message);
  CHECK(query.ticket == 3);
  CHECK(query.wanted.v6);
  CHECK(query.wanted.reuse_addr);
  CHECK_FALSE(query.wanted.ipv6_only);
  CHECK(query.wanted.fd == -1);
  CHECK(query.wanted.local.port() == 5000);
  CHECK(query.wanted.local.address().to_v6().scope_id() == 7);
}

TEST_CASE("an address is what it is, however it was written") {
  Query short_one;
  short_one.wanted.v6 = true;
  short_one.wanted.local = make_endpoint("::1", 5000);
  Query long_one = short_one;
  long_one.wanted.local = make_endpoint("0:0:0:0:0:0:0:1", 5000);
  CHECK(short_one.wanted == long_one.wanted);
  CHECK(to_bytes(short_one) == to_bytes(long_one));
}

TEST_CASE("what is no message of a cluster is refused whole") {
  for (const std::string_view bytes : {"",
                                       " ",
                                       "text",
                                       "onlin",
                                       "online",
                                       "online ",
                                       "online  1",
                                       " online 1",
                                       "online 1 1",
                                       "online -1",
                                       "online +1",
                                       "online 0x1",
                                       "online 99999999999",
                                       "query",
                                       "query 1 udp4 0 0 127.0.0.1 0",
                                       "query 1 udp4 0 0 127.0.0.1 0 1 ",
                                       "query 0 udp4 0 0 127.0.0.1 0 1",
                                       "query 1 udp5 0 0 127.0.0.1 0 1",
                                       "query 1 udp4 0 0 ::1 0 1",
                                       "query 1 udp6 0 0 ::1%1 0 1",
                                       "query 1 udp4 0 0 127.0.0.1 4294967296 1",
                                       "query 1 udp4 yes 0 127.0.0.1 0 1",
                                       "query_fd 1 udp4 -1",
                                       "query_fd 1 udp4 2147483648",
                                       "listening 1 65536",
                                       "close",
                                       "close x",
                                       "leaving now",
                                       "disconnect ",
                                       "reply 1 -98",
                                       "reply 1 -0",
                                       // As no message is written, though it could be understood.
                                       "online 01",
                                       "close 06",
                                       "query 01 udp4 0 0 127.0.0.1 0 1",
                                       "query 1 udp4 00 0 127.0.0.1 0 1",
                                       "query 1 udp4 0 0 127.0.0.1 0 01",
                                       "query 1 udp4 0 0 127.0.0.1 7 1",
                                       "query 1 udp6 0 0 ::1 00 1",
                                       "query 1 udp6 0 0 0:0:0:0:0:0:0:1 0 1",
                                       "query 1 udp6 0 0 FE80::1 0 1",
                                       "query_fd 1 udp4 03",
                                       "listening 1 080",
                                       "reply 1 00",
                                       "leaving ",
                                       "disconnect now"}) {
    INFO('"' << bytes << '"');
    CHECK(said_again(bytes) == "refused");
  }
}

TEST_CASE("what stands behind a NUL is part of a message, too") {
  const std::string query = "query 1 udp4 0 0 127.0.0.1";
  REQUIRE(said_again(query + " 0 1") == query + " 0 1");
  CHECK(said_again(query + std::string(1, '\0') + "x 0 1") == "refused");
  CHECK(said_again(std::string("leaving") + '\0') == "refused");
}

}  // namespace unit_node_cluster_message_test
