// dgram::node where only a network shows it: the traps of Node's memberships and disconnect, and
// what other ports of node:dgram got wrong about zones.
#include <asio/io_context.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <string>
#include <vector>

#include "core/network/plain_socket.hpp"  // has parameters that host_socket.hpp has a name for

#include "core/network/host_socket.hpp"
#include "node/failures.hpp"
#include "support/catch2.hpp"

namespace node_links_socket_test {

namespace {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::Fork;
using test::Here;
using test::Ip;
using test::is_member;
using test::PlainSocket;
using test::run_through;
using Texts = std::vector<std::string>;

constexpr int port = 9000;

/// Closes the socket when "end" has come, and gathers what comes until then.
void gather(Socket& socket, Texts& came) {
  socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    came.emplace_back(message.text());
    if (message.text() == "end") socket.close();
  });
}

}  // namespace

TEST_CASE("add_membership on an unbound socket binds it, for whatever comes next",
          "[network][node][trap]") {
  const bool one_source = GENERATE(true, false);
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  PlainSocket left(fork.left, "10.0.0.2");
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  gather(socket, told);
  if (one_source)
    socket.add_source_specific_membership("10.0.0.2", "232.1.2.3", "10.0.0.1");
  else
    socket.add_membership("239.1.2.3", "10.0.0.1");
  CHECK(code_of([&] { socket.bind(); }) == "ERR_SOCKET_ALREADY_BOUND");
  socket.on(event::listening, [&] {
    told.push_back("listening");
    const auto to = static_cast<unsigned short>(socket.address().port);
    left.send("to the group", {asio::ip::make_address(one_source ? "232.1.2.3" : "239.1.2.3"), to});
    socket.send(
        "to the left", left.local().port(), "10.0.0.2", [&, to](const Error* failure, std::size_t) {
          told.push_back(failure ? failure->message() : left.receive());
          left.send("end", {asio::ip::make_address("10.0.0.1"), to});
        });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"listening", "to the left", "to the group", "end"});
}

TEST_CASE("memberships fail with Node's codes, and change nothing then", "[network][node][trap]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  CHECK(code_of([&] { socket.add_membership(""); }) == "ERR_MISSING_ARGS");
  CHECK(code_of([&] { socket.add_membership("no address"); }) == "EINVAL");
  CHECK(code_of([&] { socket.add_membership("10.0.0.2"); }) == "EINVAL");
  CHECK(code_of([&] { socket.add_membership("239.1.2.3", "10.9.9.9"); }) == "ENODEV");
  CHECK(code_of([&] { socket.add_membership("239.1.2.3", "no address"); }) == "EINVAL");
  CHECK(code_of([&] { socket.add_membership("ff15::99"); }) == "ENOPROTOOPT");
  CHECK(code_of([&] { socket.add_source_specific_membership("::1", "232.1.2.3"); }) == "EINVAL");
  CHECK(code_of([&] { socket.address(); }) == "EBADF");  // not even bound

  const int own = socket.bind_sync({port, "10.0.0.1"}).port;
  CHECK(own == port);
  socket.add_membership("239.1.2.3", "10.0.0.1");
  CHECK(code_of([&] { socket.add_membership("239.1.2.3", "10.0.0.1"); }) == "EADDRINUSE");
  CHECK(is_member(fork.here, "eth0", "239.1.2.3"));
  socket.drop_membership("239.1.2.3", "10.0.0.1");
  CHECK(code_of([&] { socket.drop_membership("239.1.2.3", "10.0.0.1"); }) == "EADDRNOTAVAIL");
  CHECK_FALSE(is_member(fork.here, "eth0", "239.1.2.3"));
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("disconnect leaves a port that was chosen by bind", "[network][node][trap]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.bind_sync({port, {}});
  socket.connect_sync(9, "10.0.0.2");
  CHECK(socket.address().address == "10.0.0.1");
  socket.disconnect();
  CHECK(socket.address().address == "0.0.0.0");
  CHECK(socket.address().port == port);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a broadcast that is not allowed fails, in silence where nobody asked",
          "[network][node][trap]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  PlainSocket left(fork.left, "0.0.0.0", port);
  Socket socket = create_socket(io, "udp4");
  Texts told;
  const auto says = [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure ? failure->message() : "sent " + std::to_string(bytes));
  };
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.bind_sync();
  socket.send("no", port, "10.0.0.255");
  socket.send("no", port, "10.0.0.255", [&](const Error* failure, std::size_t bytes) {
    says(failure, bytes);
    socket.set_broadcast(true);
    socket.send("yes", port, "10.0.0.255", [&](const Error* second, std::size_t sent) {
      says(second, sent);
      socket.close();
    });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"send EACCES 10.0.0.255:9000", "sent 3"});
  CHECK(left.receive() == "yes");
  CHECK(socket.stats().errors.of(asio::error::access_denied) == 2);
}

TEST_CASE("a peer over IPv4 has a mapped address on udp6, and is answered there",
          "[network][node][trap]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  PlainSocket left(fork.left, "10.0.0.2");
  Socket socket = create_socket(io, "udp6");
  socket.bind_sync({port, {}});
  socket.on(event::message, [&](const auto&, const auto& rinfo) {
    CHECK(rinfo.address() == "::ffff:10.0.0.2");
    CHECK(rinfo.family() == "IPv6");
    socket.send("answer", rinfo.port(), rinfo.address(), [&](const Error* failure, std::size_t) {
      CHECK(failure == nullptr);
      socket.close();
    });
  });
  left.send("question", {asio::ip::make_address("10.0.0.1"), port});
  CHECK(run_through(io) == Texts{});
  CHECK(left.receive() == "answer");
}

// ---- what other ports got wrong

TEST_CASE("a membership binds first: the port is there before listening is heard",
          "[network][node][regression]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int listening = 0;
  socket.on(event::listening, [&] { ++listening; });
  socket.add_membership("239.1.2.3");
  CHECK(is_member(fork.here, "eth0", "239.1.2.3"));
  const int own = socket.address().port;
  CHECK(own != 0);
  CHECK(listening == 0);
  next_tick(io, [&] {
    CHECK(listening == 1);
    CHECK(socket.address().port == own);
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK_FALSE(is_member(fork.here, "eth0", "239.1.2.3"));
}

TEST_CASE("a link-local peer comes with its zone, by which it is answered",
          "[network][node][regression]") {
  const Fork fork;
  for (const test::Host* host : {&fork.left, &fork.right}) {
    host->ip("address add fe80::5/64 nodad dev near");
    host->await_ready("near");
  }
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp6");
  socket.bind_sync({port, {}});
  for (const test::Host* host : {&fork.left, &fork.right}) {
    const std::string interface = host == &fork.left ? "eth0" : "eth1";
    const std::string zone = std::to_string(host->index("near"));
    PlainSocket twin(*host, "fe80::5%" + zone);
    const auto address = fork.here.link_local(interface).to_bytes();
    twin.send("question", {asio::ip::address_v6(address, host->index("near")), port});
    std::string from;
    const auto id = socket.on(event::message, [&](const auto&, const auto& rinfo) {
      from = rinfo.address();
      socket.send(interface, rinfo.port(), from, [&](const Error* failure, std::size_t) {
        CHECK(failure == nullptr);
        socket.unref();
      });
    });
    socket.ref();
    CHECK(run_through(io) == Texts{});
    socket.off(event::message, id);
    CHECK(from == "fe80::5%" + interface);
    CHECK(twin.receive() == interface);
  }
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("addresses of a link keep their zone: of the socket, and of its peer",
          "[network][node][regression]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp6");
  const std::string own = fork.here.link_local("eth1").to_string();
  CHECK(own.substr(own.find('%')) == "%eth1");
  CHECK(socket.bind_sync({port, own}).address == own);
  socket.connect_sync(port, "fe80::77%eth1");
  CHECK(socket.remote_address().address == "fe80::77%eth1");
  socket.close();

  Socket nowhere = create_socket(io, "udp6");
  CHECK(code_of([&] { nowhere.bind_sync({0, own.substr(0, own.find('%'))}); }) == "EINVAL");
  nowhere.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("the zone of a membership is a name: a number is none, and so the system's choice",
          "[network][node][regression]") {
  const Fork fork;
  const Here here = fork.here.enter();
  asio::io_context io;
  Socket socket = create_socket(io, "udp6");
  socket.bind_sync();
  socket.add_membership("ff15::1");
  const bool first = is_member(fork.here, "eth0", "ff15::1");
  const std::string chosen = first ? "eth0" : "eth1", other = first ? "eth1" : "eth0";
  CHECK(is_member(fork.here, chosen, "ff15::1"));

  socket.add_membership("ff15::2", "::%" + other);
  CHECK(is_member(fork.here, other, "ff15::2"));
  CHECK_FALSE(is_member(fork.here, chosen, "ff15::2"));

  socket.add_membership("ff15::3", "::%" + std::to_string(fork.here.index(other)));
  CHECK(is_member(fork.here, chosen, "ff15::3"));
  CHECK_FALSE(is_member(fork.here, other, "ff15::3"));

  socket.add_membership("ff15::4", "::%nowhere");
  CHECK(is_member(fork.here, chosen, "ff15::4"));
  socket.drop_membership("ff15::2", "::%" + other);
  CHECK_FALSE(is_member(fork.here, other, "ff15::2"));
  CHECK(code_of([&] { socket.set_multicast_interface("::%nowhere"); }).empty());
  socket.close();
  CHECK(run_through(io) == Texts{});
}

}  // namespace node_links_socket_test
