// Where an operation that has waited is resumed: on the executor of its socket, whatever that is.
#include <asio/any_io_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <functional>
#include <string>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/marking_executor.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_resumed_test {

namespace {

/// An executor over `io`, and whether the calling code runs on it.
struct Place {
  std::string name;
  asio::any_io_executor executor;
  std::function<bool()> is_here;
};

template <class Strand>
Place on_strand(std::string name, const Strand& strand) {
  return {std::move(name), strand, [strand] { return strand.running_in_this_thread(); }};
}

Place place_of(asio::io_context& io, int kind) {
  switch (kind) {
    case 0:
      return on_strand("a strand", asio::make_strand(io));
    case 1:
      return on_strand("a strand of any executor",
                       asio::make_strand(asio::any_io_executor(io.get_executor())));
    case 2:
      return {"a user's executor", test::MarkingExecutor(io.get_executor()), [] {
                return test::marked > 0;
              }};
    default: {
      const auto strand = asio::make_strand(test::MarkingExecutor(io.get_executor()));
      return on_strand("a strand of a user's executor", strand);
    }
  }
}

/// Receives until 100 have come, each time after a wait.
void receive_again(dgram::Socket& socket, const Place& place, int& on, int& off) {
  socket.async_recv([&](std::error_code ec, const dgram::Datagram&) {
    ++(!ec && place.is_here() ? on : off);
    if (on + off < 100) receive_again(socket, place, on, off);
  });
}

}  // namespace

TEST_CASE("a receive that has waited is resumed on the executor of its socket",
          "[conformance][executors]") {
  asio::io_context io;
  const Place place = place_of(io, GENERATE(0, 1, 2, 3));
  INFO(place.name);
  dgram::Socket socket(place.executor);
  socket.bind(test::any_port());
  dgram::Socket peer = test::bound(io);
  int on = 0, off = 0;
  asio::post(place.executor, [&] { receive_again(socket, place, on, off); });
  for (int i = 0; i < 100; ++i) {
    while (io.poll() > 0) {
    }
    test::put(peer, socket, "x");
    io.restart();
  }
  test::run(io);
  CHECK(on == 100);
  CHECK(off == 0);
}

TEST_CASE("a coroutine that has waited is resumed on the executor of its socket",
          "[conformance][executors]") {
  asio::io_context io;
  const Place place = place_of(io, GENERATE(0, 1, 2, 3));
  INFO(place.name);
  dgram::Socket socket(place.executor);
  socket.bind(test::any_port());
  dgram::Socket peer = test::bound(io);
  int on = 0, off = 0;
  const auto receive = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      co_await socket.recv();
      ++(place.is_here() ? on : off);
    }
  };
  asio::co_spawn(place.executor, receive(), asio::detached);
  for (int i = 0; i < 100; ++i) {
    while (io.poll() > 0) {
    }
    test::put(peer, socket, "x");
  }
  test::run(io);
  CHECK(on == 100);
  CHECK(off == 0);
}

TEST_CASE("unref() has no effect on a socket that is not on the context itself",
          "[conformance][executors]") {
  asio::io_context io;
  const Place place = place_of(io, GENERATE(0, 1, 2, 3));
  INFO(place.name);
  dgram::Socket socket(place.executor);
  socket.bind(test::any_port());
  socket.unref();
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(outcome.handler());
  while (io.poll() > 0) {
  }
  CHECK_FALSE(io.stopped());  // for the receive is work
  socket.ref();
  socket.close();
  test::run(io);
  CHECK(outcome.calls == 1);
}

}  // namespace conformance_resumed_test
