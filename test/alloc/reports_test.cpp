// Error reports ask the heap for nothing either, once they are on.
#include <asio/awaitable.hpp>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/channel_kind.hpp>
#include <support/loopback.hpp>
#include <support/options.hpp>

#include "counting.hpp"
#include "meter.hpp"

namespace alloc_reports_test {

using test::measured;
using test::warm_up;

namespace {

/// A socket that gets reports, a port that nobody has, and a peer.
struct Reported {
  asio::io_context io;
  dgram::Socket socket = test::bound(io, test::with_reports());
  dgram::Socket peer = test::bound(io);
  dgram::Endpoint dead = test::dead_port(io);
};

}  // namespace

TEST_CASE("sends that are refused and their reports ask the heap for nothing", "[alloc][steady]") {
  if (!test::is_linux_channel()) return;
  Reported r;
  std::size_t made = 99;
  int refused = 0;
  test::run_plainly(r.io, [&]() -> asio::awaitable<void> {
    std::size_t before = 0;
    for (int i = 0; i < warm_up + measured; ++i) {
      if (i == warm_up) before = test::allocations();
      co_await r.socket.send("to nobody", r.dead);
      const dgram::ErrorReport report = co_await r.socket.recv_error();
      if (report.error == asio::error::connection_refused) ++refused;
    }
    made = test::allocations() - before;
  }());
  CHECK(refused == warm_up + measured);
  CHECK(made == 0);
}

TEST_CASE("traffic beside reports that nobody takes asks the heap for nothing", "[alloc][steady]") {
  if (!test::is_linux_channel()) return;
  Reported r;
  std::size_t made = 99;
  test::run_plainly(r.io, [&]() -> asio::awaitable<void> {
    std::size_t before = 0;
    const dgram::Endpoint here = r.socket.local_endpoint();
    for (int i = 0; i < warm_up + measured; ++i) {
      if (i == warm_up) before = test::allocations();
      co_await r.socket.send("to nobody", r.dead);
      co_await r.peer.send("to somebody", here);
      const dgram::Datagram datagram = co_await r.socket.recv();
      if (datagram.text() != "to somebody") throw std::runtime_error("lost");
    }
    made = test::allocations() - before;
  }());
  CHECK(made == 0);
  CHECK(r.socket.stats().error_reports == warm_up + measured);
  CHECK(r.socket.stats().discarded_reports == warm_up + measured - 64);
}

TEST_CASE("settings, once set, and their reading ask the heap for nothing", "[alloc][steady]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) {
    socket.set_ttl(1 + i, ec);
    socket.set_dscp(i % 64, ec);
    socket.set_recv_buffer_size(50000 + i, ec);
    socket.ttl(ec);
    socket.recv_buffer_size(ec);
  }
  CHECK(test::allocations() == before);
  CHECK(!ec);
}

}  // namespace alloc_reports_test
