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

/// A socket at one of these places, and a peer of it.
struct Stage {
  explicit Stage(int kind)
      : place(place_of(io, kind)), socket(place.executor), peer(test::bound(io)) {
    socket.bind(test::any_port());
  }

  void settle() {
    while (io.poll() > 0) {
    }
  }
  /// Sends 100 datagrams, each when nothing is left to do but to wait for it.
  void feed() {
    for (int i = 0; i < 100; ++i) {
      settle();
      test::put(peer, socket, "x");
    }
    test::run(io);
  }
  void count() { ++(place.is_here() ? on : off); }

  asio::io_context io;
  const Place place;
  dgram::Socket socket;
  dgram::Socket peer;
  int on = 0, off = 0;
};

void receive_again(Stage& stage) {
  stage.socket.async_recv([&stage](std::error_code ec, const dgram::Datagram&) {
    if (ec) return;
    stage.count();
    if (stage.on + stage.off < 100) receive_again(stage);
  });
}

}  // namespace

TEST_CASE("a receive that has waited is resumed on the executor of its socket",
          "[conformance][executors]") {
  Stage stage(GENERATE(0, 1, 2, 3));
  INFO(stage.place.name);
  asio::post(stage.place.executor, [&stage] { receive_again(stage); });
  stage.feed();
  CHECK(stage.on == 100);
  CHECK(stage.off == 0);
}

TEST_CASE("a coroutine that has waited is resumed on the executor of its socket",
          "[conformance][executors]") {
  Stage stage(GENERATE(0, 1, 2, 3));
  INFO(stage.place.name);
  const auto receive = [&stage]() -> asio::awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      co_await stage.socket.recv();
      stage.count();
    }
  };
  asio::co_spawn(stage.place.executor, receive(), asio::detached);
  stage.feed();
  CHECK(stage.on == 100);
  CHECK(stage.off == 0);
}

TEST_CASE("unref() has no effect on a socket that is not on the context itself",
          "[conformance][executors]") {
  Stage stage(GENERATE(0, 1, 2, 3));
  INFO(stage.place.name);
  stage.socket.unref();
  test::Outcome<dgram::Datagram> outcome;
  stage.socket.async_recv(outcome.handler());
  stage.settle();
  CHECK_FALSE(stage.io.stopped());  // for the receive is work
  stage.socket.ref();
  stage.socket.close();
  test::run(stage.io);
  CHECK(outcome.calls == 1);
}

}  // namespace conformance_resumed_test
