// IPv6 addresses that mean something on one link only: the zone that goes with them.
#include <dgram/dgram.hpp>
#include <string>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"

namespace network_link_local_test {

namespace {

using asio::ip::make_address;
using dgram::Endpoint;
using dgram::Socket;
using test::port;

/// Both neighbours of `here` have the same link-local address.
struct Twins {
  Twins() {
    for (const test::Host* host : {&fork.left, &fork.right}) {
      host->ip("address add fe80::5/64 nodad dev near");
      host->await_ready("near");
    }
    dgram::SocketOptions options;
    options.receive_local_address = true;
    socket = test::bound_on(fork.here, io, Endpoint(asio::ip::udp::v6(), port), options);
    const test::Here at_left = fork.left.enter();
    left.bind(dgram::make_endpoint("fe80::5%near", port));
    const test::Here at_right = fork.right.enter();
    right.bind(dgram::make_endpoint("fe80::5%near", port));
  }
  Endpoint here_from(const test::Host& host, const char* interface) const {
    const auto bytes = fork.here.link_local(interface).to_bytes();
    return Endpoint(asio::ip::address_v6(bytes, host.index("near")), port);
  }

  test::Fork fork;
  asio::io_context io;
  Socket socket{io}, left{io}, right{io};
};

}  // namespace

TEST_CASE("a link-local peer is answered where it is, though another link has its twin",
          "[network][link_local]") {
  Twins t;
  const bool with_options = GENERATE(false, true);
  for (const bool is_left : {true, false}) {
    Socket& peer = is_left ? t.left : t.right;
    const char* const interface = is_left ? "eth0" : "eth1";
    const unsigned index = t.fork.here.index(interface);
    test::send(peer, "who?", t.here_from(is_left ? t.fork.left : t.fork.right, interface));
    const dgram::Datagram question = test::receive(t.io, t.socket);
    CHECK(question.remote() ==
          Endpoint(asio::ip::address_v6(make_address("fe80::5").to_v6().to_bytes(), index), port));
    CHECK(question.local_address() == t.fork.here.link_local(interface));
    CHECK(question.interface_index() == index);
    const dgram::SendOptions options = question.reply_options();
    CHECK(options.interface_index == index);
    CHECK(options.source_address == t.fork.here.link_local(interface));

    const auto answer = [&]() -> asio::awaitable<void> {
      if (with_options)
        co_await t.socket.send(interface, question.remote(), options);
      else
        co_await t.socket.send(interface, question.remote());
    };
    test::run(t.io, answer());
    const dgram::Datagram answered = test::receive(t.io, peer);
    CHECK(answered.text() == interface);
    CHECK(answered.remote() == t.here_from(is_left ? t.fork.left : t.fork.right, interface));
  }
}

TEST_CASE("a link-local endpoint keeps its zone in text and back", "[network][link_local]") {
  const test::Fork fork;
  const test::Here here = fork.here.enter();
  const unsigned index = fork.here.index("eth1");
  const Endpoint by_name = dgram::make_endpoint("fe80::5%eth1", port);
  CHECK(by_name.address().to_v6().scope_id() == index);
  CHECK(dgram::to_string(by_name) == "[fe80::5%eth1]:9000");
  CHECK(dgram::make_endpoint("fe80::5%" + std::to_string(index), port) == by_name);
  CHECK(dgram::make_endpoint("fe80::5%eth0", port) != by_name);
  CHECK(dgram::to_string(dgram::make_endpoint("ff02::fb%eth1", 5353)) == "[ff02::fb%eth1]:5353");
  CHECK(dgram::to_string(dgram::make_endpoint("fe80::5%9999", port)) == "[fe80::5%9999]:9000");
  std::error_code ec;
  dgram::make_endpoint("fe80::5%near", port, ec);
  CHECK(ec == dgram::Errc::bad_address);
  dgram::make_endpoint("fe80::5%", port, ec);
  CHECK(ec == dgram::Errc::bad_address);
}

TEST_CASE("a link-local destination in text reaches that link", "[network][link_local]") {
  Twins t;
  const test::Here here = t.fork.here.enter();
  const auto body = [&]() -> asio::awaitable<void> {
    co_await t.socket.send("to the right", "fe80::5%eth1", port);
    co_await t.socket.send("to the left", "fe80::5%eth0", port);
  };
  test::run(t.io, body());
  CHECK(test::receive(t.io, t.right).text() == "to the right");
  CHECK(test::receive(t.io, t.left).text() == "to the left");
}

TEST_CASE("connecting to a link-local destination without a zone is refused",
          "[network][link_local]") {
  Twins t;
  const Endpoint nowhere(make_address("fe80::5"), port);
  std::error_code ec;
  t.socket.connect(nowhere, ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK(test::words_of([&] { t.socket.connect(nowhere); }) ==
        "connect [fe80::5]:9000: Invalid argument");
}

TEST_CASE("the interface of SendOptions stands for the zone that a destination lacks",
          "[network][link_local]") {
  Twins t;
  dgram::SendOptions options;
  options.interface_index = t.fork.here.index("eth1");
  const Endpoint there(make_address("fe80::5"), port);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await t.socket.send("by option", there, options);
  };
  test::run(t.io, body());
  CHECK(test::receive(t.io, t.right).text() == "by option");
}

TEST_CASE("a socket of one link needs no zone", "[network][link_local]") {
  Twins t;
  const bool by_device = GENERATE(false, true);
  const test::Here here = t.fork.here.enter();
  Socket socket(t.io);
  if (by_device) {
    socket = test::bound_on(t.fork.here, t.io, Endpoint(asio::ip::udp::v6(), 0));
    socket.bind_to_device("eth1");
  } else {
    socket.bind(Endpoint(t.fork.here.link_local("eth1"), 0));
  }
  test::send(socket, "to the right", Endpoint(make_address("fe80::5"), port));
  CHECK(test::receive(t.io, t.right).text() == "to the right");
}

TEST_CASE("a zone that is no interface of this host is refused", "[network][link_local]") {
  Twins t;
  const Endpoint there(asio::ip::address_v6(make_address("fe80::5").to_v6().to_bytes(), 9999),
                       port);
  const std::error_code ec = test::send_error(t.socket, there);
  CHECK((ec == std::errc::no_such_device || ec == asio::error::network_unreachable));
}

TEST_CASE("a link-local peer can be connected to", "[network][link_local]") {
  Twins t;
  const test::Here here = t.fork.here.enter();
  t.socket.connect(dgram::make_endpoint("fe80::5%eth1", port));
  CHECK(dgram::to_string(t.socket.remote_endpoint()) == "[fe80::5%eth1]:9000");
  CHECK(dgram::to_string(t.socket.local_endpoint()) ==
        "[" + t.fork.here.link_local("eth1").to_string() + "]:9000");
  std::error_code ec;
  CHECK(t.socket.try_send("to the right", ec));
  CHECK(test::receive(t.io, t.right).text() == "to the right");
}

TEST_CASE("a group of a link goes where the zone of the destination says",
          "[network][link_local]") {
  Twins t;
  Socket at_left = test::bound_on(t.fork.left, t.io, Endpoint(asio::ip::udp::v6(), port + 1));
  Socket at_right = test::bound_on(t.fork.right, t.io, Endpoint(asio::ip::udp::v6(), port + 1));
  for (Socket* socket : {&at_left, &at_right})
    socket->add_membership(make_address("ff02::99"), "near");
  const test::Here here = t.fork.here.enter();
  t.socket.set_multicast_interface("eth0");
  test::send(t.socket, "by its zone", dgram::make_endpoint("ff02::99%eth1", port + 1));
  test::send(t.socket, "by the setting", dgram::make_endpoint("ff02::99", port + 1));
  CHECK(test::receive(t.io, at_right).text() == "by its zone");
  CHECK(test::receive_until(t.io, at_left, "by the setting") == test::Texts{"by the setting"});
}

}  // namespace network_link_local_test
