// A host whose ephemeral ports are all taken: whatever needs one says so, at once.
#include <array>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"

namespace network_ephemeral_ports_test {

namespace {

/// A host of which both ephemeral ports are taken, for both families.
struct Crowded {
  Crowded() {
    host.set("ipv4/ip_local_port_range", "40000\t40001");
    for (const unsigned short port : std::array<unsigned short, 2>{40000, 40001})
      taken.push_back(test::bound_on(host, io, dgram::Endpoint(asio::ip::address_v6::any(), port)));
  }
  const test::Host host{"crowded"};
  asio::io_context io;
  std::vector<dgram::Socket> taken;
};

}  // namespace

TEST_CASE("without a port that is free every call that needs one says address_in_use at once",
          "[network][ports]") {
  enum class Form { try_send, send, try_send_many, send_many, segments, connect, bind };
  const Form form = GENERATE(Form::try_send,
                             Form::send,
                             Form::try_send_many,
                             Form::send_many,
                             Form::segments,
                             Form::connect,
                             Form::bind);
  const bool v6 = GENERATE(false, true);
  const bool reports = GENERATE(false, true);
  INFO("form " << static_cast<int>(form) << (v6 ? ", IPv6" : ", IPv4"));
  Crowded crowded;
  const test::Here here = crowded.host.enter();
  dgram::SocketOptions options;
  options.receive_errors = reports;
  dgram::Socket socket(crowded.io, options);
  const dgram::Endpoint to = dgram::make_endpoint(v6 ? "::1" : "127.0.0.1", 9);
  const std::string text = "xy";
  std::array<dgram::Outgoing, 2> batch;
  for (dgram::Outgoing& one : batch) one = dgram::Outgoing(asio::buffer(text), to);
  std::error_code ec;
  test::Outcome<std::size_t> outcome;
  const auto end = [&] {
    crowded.io.poll();  // at once: nothing is waited for
    CHECK(outcome.calls == 1);
    ec = outcome.ec;
  };
  switch (form) {
    case Form::try_send:
      socket.try_send(text, to, ec);
      break;
    case Form::send:
      socket.async_send(text, to, outcome.handler());
      end();
      break;
    case Form::try_send_many:
      socket.try_send_many(batch, ec);
      ec = batch[1].result;
      break;
    case Form::send_many:
      socket.async_send_many(batch, outcome.handler());
      end();
      CHECK_FALSE(ec);  // of the operation; each datagram has its own
      ec = batch[1].result;
      break;
    case Form::segments:
      socket.async_send_segments(text, 1, to, outcome.handler());
      end();
      break;
    case Form::connect:
      socket.connect(to, ec);
      break;
    case Form::bind:
      socket.bind(dgram::Endpoint(v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), 0), ec);
      break;
  }
  CHECK(ec == asio::error::address_in_use);

  // It is usable as soon as there is one.
  crowded.taken.pop_back();
  if (form == Form::connect || form == Form::bind) {
    if (form == Form::connect)
      socket.connect(to, ec);
    else
      socket.bind(dgram::Endpoint(v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), 0), ec);
    CHECK_FALSE(ec);
  } else {
    CHECK(socket.try_send(text, to, ec));
  }
}

TEST_CASE("a port that the kernel chooses is shared with nobody who has not asked for it",
          "[network][ports]") {
  const bool by_port = GENERATE(false, true);
  const bool v6 = GENERATE(false, true);
  const test::Host host("sharing");
  host.set("ipv4/ip_local_port_range", "40000\t40001");
  const test::Here here = host.enter();
  dgram::SocketOptions options;
  options.family = v6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
  (by_port ? options.reuse_port : options.reuse_address) = true;
  const dgram::Endpoint any = v6 ? test::any_port_v6() : test::any_port();
  asio::io_context io;
  dgram::Socket first(io, options), second(io, options), third(io, options), joins(io, options);
  first.bind(any);
  second.bind(any);
  CHECK(first.local_endpoint() != second.local_endpoint());
  std::error_code ec;
  third.bind(any, ec);
  CHECK(ec == asio::error::address_in_use);
  // By its number each of them may be shared.
  joins.bind(first.local_endpoint());
  CHECK(joins.local_endpoint() == first.local_endpoint());
  for (dgram::Socket* const socket : {&first, &joins})
    CHECK((by_port ? socket->reuse_port() : socket->reuse_address()));
}

}  // namespace network_ephemeral_ports_test
