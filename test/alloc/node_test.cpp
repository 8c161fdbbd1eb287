// Steady state of the Node adapter: a message that the listener does not keep asks the heap for
// nothing.
#include <dgram/dgram.hpp>
#include <dgram/node/socket.hpp>
#include <support/catch2.hpp>
#include <support/loopback.hpp>
#include <support/run.hpp>

#include "counting.hpp"
#include "meter.hpp"

namespace alloc_node_test {

using test::measured;
using test::warm_up;

namespace {

/// A Node socket that receives, and one that sends to it.
struct Traffic {
  Traffic() {
    receiver.on(dgram::node::event::message,
                [this](const dgram::Datagram& message, const dgram::node::RemoteInfo& rinfo) {
                  bytes += message.size() + rinfo.size();
                  ++messages;
                });
    to = dgram::make_endpoint("127.0.0.1", receiver.bind_sync({0, "127.0.0.1"}).port);
    guard.async_wait([this](std::error_code ec) {
      if (!ec) io.stop();
    });
  }
  /// Heap requests of this many bursts, which are received one after the other.
  std::size_t requests_of(int bursts, const std::string& payload, int burst) {
    const std::size_t before = test::allocations();
    for (int i = 0; i < bursts; ++i) {
      std::error_code ec;
      for (int k = 0; k < burst; ++k) sender.try_send(payload, to, ec);
      for (messages = 0; messages < burst && !io.stopped();) io.run_one();
    }
    return test::allocations() - before;
  }

  asio::io_context io;
  asio::steady_timer guard{io, test::deadline};
  dgram::node::Socket receiver = dgram::node::create_socket(io, "udp4");
  dgram::Socket sender = test::bound(io);
  dgram::Endpoint to;
  int messages = 0;
  std::size_t bytes = 0;
};

}  // namespace

TEST_CASE("a message that nobody keeps asks the heap for nothing", "[alloc][node]") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{1200}, std::size_t{9000}}) {
    Traffic traffic;
    const std::string payload(size, 'x');
    const int burst = 8;
    traffic.requests_of(warm_up, payload, burst);
    traffic.bytes = 0;
    CHECK(traffic.requests_of(measured, payload, burst) == 0);
    CHECK(traffic.bytes == 2 * size * measured * burst);
  }
}

TEST_CASE("a message that is the only one of its turn asks the heap for nothing", "[alloc][node]") {
  Traffic traffic;
  traffic.requests_of(warm_up, "x", 1);
  traffic.bytes = 0;
  CHECK(traffic.requests_of(measured, "x", 1) == 0);
  CHECK(traffic.bytes == 2 * measured);
}

}  // namespace alloc_node_test
