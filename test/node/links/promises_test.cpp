// Promises of dgram::node that take a network to be seen.
#include <algorithm>
#include <asio/io_context.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <string>
#include <vector>

#include "core/network/narrow_link.hpp"
#include "core/network/plain_socket.hpp"
#include "node/failures.hpp"
#include "node/held_lookups.hpp"
#include "support/catch2.hpp"
#include "support/run_until.hpp"

namespace node_links_promises_test {

namespace {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::LookupCallback;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::Here;
using test::Host;
using test::NarrowLink;
using test::PlainSocket;
using test::run_through;
using Texts = std::vector<std::string>;

std::string where(const Socket& socket) {
  const dgram::node::AddressInfo address = socket.address();
  return address.address + ':' + std::to_string(address.port);
}

/// A host with a route for groups.
struct Alone : NarrowLink {
  Alone() { here.ip("route add 224.0.0.0/4 dev eth0"); }
};

}  // namespace

TEST_CASE("a bind that succeeds is bound to what it asked for, also beside a membership",
          "[network][node][promises]") {
  const Alone link;
  const Here here = link.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error, [&](const Error&) { told.push_back("error"); });
  socket.on(event::listening, [&] { told.push_back(where(socket)); });
  socket.bind(5353, "10.0.0.1");
  code_of([&] { socket.add_membership("239.1.2.3"); });  // may be refused
  next_tick(io, [&] { socket.close(); });
  CHECK(run_through(io) == Texts{});
  REQUIRE(told.size() == 1);
  CHECK((told[0] == "10.0.0.1:5353" || told[0] == "error"));  // the latter is Node's
}

TEST_CASE(
    "a bind that succeeds is bound to what it asked for, also behind a membership whose bind "
    "failed",
    "[network][node][promises]") {
  const Alone link;
  const Here here = link.here.enter();
  asio::io_context io;
  test::HeldLookups lookups;
  Socket socket = create_socket(io, test::udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error, [&](const Error&) { told.push_back("error"); });
  socket.on(event::listening, [&] { told.push_back(where(socket)); });
  socket.add_membership("239.1.2.3");
  lookups.fail(0, "no");
  socket.bind(5353, "10.0.0.1");
  lookups.find(1, "10.0.0.1");
  CHECK(told.size() == 2);
  CHECK(told.front() == "error");
  CHECK((told.back() == "10.0.0.1:5353" || told.back() == "error"));
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a membership that throws is none", "[network][node][promises]") {
  const Alone link;
  const Here here = link.here.enter();
  asio::io_context io;
  Socket socket = create_socket(
      io, test::udp4_with_lookup([](auto&&...) { throw test::plain_error("thrown"); }));
  CHECK_THROWS(socket.add_membership("239.1.2.3"));
  CHECK(link.here.ip("maddr show dev eth0").find("239.1.2.3") == std::string::npos);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a setting that is made in a later tick does not change what was sent before",
          "[network][node][promises]") {
  const NarrowLink link;
  const Here here = link.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  std::string told;
  socket.bind_sync();
  socket.send("x", 9, "10.0.0.255", [&](const Error* failure, std::size_t) {
    told = failure ? failure->code() : "sent";
    socket.close();
  });
  next_tick(io, [&] { socket.set_broadcast(true); });
  CHECK(run_through(io) == Texts{});
  CHECK(told == "EACCES");
}

TEST_CASE("sends that close takes back from a full link are counted as unsent",
          "[network][node][promises]") {
  const bool connected = GENERATE(true, false);
  const NarrowLink link;
  const Here here = link.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.bind_sync({0, "10.0.0.1"});
  if (connected) socket.connect_sync(9, "10.0.0.2");
  socket.set_send_buffer_size(1);
  std::uint64_t canceled = 0;
  const auto counts = [&](const Error* failure, std::size_t) { canceled += failure != nullptr; };
  for (std::size_t i = 0; i < 20; ++i) {  // of growing size: they do not leave as one run
    if (connected)
      socket.send(std::string(1000 + i, 'x'), counts);
    else
      socket.send(std::string(1000 + i, 'x'), 9, "10.0.0.2", counts);
  }
  io.poll();
  REQUIRE(socket.get_send_queue_count() > 0);
  socket.close();
  CHECK(run_through(io) == Texts{});
  REQUIRE(canceled > 0);
  CHECK(socket.stats().unsent == canceled);
}

TEST_CASE("a send that waits reaches the peer that it was made for, or nobody",
          "[network][node][promises]") {
  const NarrowLink link;
  const Here here = link.here.enter();
  asio::io_context io;
  PlainSocket first(link.there, "10.0.0.2"), second(link.there, "10.0.0.2");
  Socket socket = create_socket(io, "udp4");
  socket.bind_sync({0, "10.0.0.1"});
  socket.connect_sync(first.local().port(), "10.0.0.2");
  socket.set_send_buffer_size(1);
  std::size_t left = 0;
  while (left < 100 && socket.get_send_queue_count() == 0) {
    ++left;
    socket.send(std::string(1000, 'x'), [&](const Error*, std::size_t) { --left; });
  }
  REQUIRE(socket.get_send_queue_count() > 0);
  socket.disconnect();
  socket.connect_sync(second.local().port(), "10.0.0.2");
  link.open();
  test::run_until(io, [&] { return left == 0; });
  second.send("end", second.local());
  CHECK(second.receive_until("end") == Texts{"end"});
  socket.close();
  CHECK(run_through(io) == Texts{});
}

}  // namespace node_links_promises_test
