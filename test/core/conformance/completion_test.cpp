// Promise 4: every operation completes exactly once, never inside the call that starts it, on its
// associated executor.
#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/run.hpp"

namespace conformance_completion_test {

namespace {

using test::Operation;
using Strand = asio::strand<asio::io_context::executor_type>;

struct Seen {
  int calls = 0;
  bool inside_the_call = false;
  bool on_its_strand = true;
  std::error_code ec;
};

/// Starts one operation, on a strand of its own, and records how it completes.
struct Probe {
  explicit Probe(asio::io_context& io) : strand(asio::make_strand(io)) {}

  void start(Operation operation, dgram::Socket& socket, const dgram::Endpoint& to) {
    bool starting = true;
    const auto on_strand = [this](auto handler) {
      return asio::bind_executor(strand, std::move(handler));
    };
    test::start(operation,
                socket,
                memory,
                to,
                on_strand,
                [this, &starting](std::error_code ec, std::size_t) {
                  // `starting` is gone later, so it may be looked at in a first, premature call
                  // only.
                  if (seen.calls++ == 0 && !started) seen.inside_the_call = starting;
                  seen.on_its_strand = seen.on_its_strand && strand.running_in_this_thread();
                  seen.ec = ec;
                });
    starting = false;
    started = true;
  }

  Strand strand;
  test::Memory memory;
  Seen seen;
  bool started = false;
};

}  // namespace

TEST_CASE("an operation that is ready completes once, later, on its executor",
          "[conformance][completion]") {
  for (const Operation operation : test::all_operations()) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io, test::options_for(operation));
    dgram::Socket peer = test::bound(io);
    for (int i = 0; i < 4; ++i) test::put_for(operation, peer, socket);
    Probe probe(io);
    // Started inside the context as well, where a dispatch would call the handler at once.
    asio::post(probe.strand, [&] { probe.start(operation, socket, peer.local_endpoint()); });
    test::run(io);
    CHECK(probe.seen.calls == 1);
    CHECK_FALSE(probe.seen.inside_the_call);
    CHECK(probe.seen.on_its_strand);
    CHECK_FALSE(probe.seen.ec);
  }
}

TEST_CASE("a receive that had to wait completes once, on its executor",
          "[conformance][completion]") {
  for (const Operation operation : test::waiting()) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io, test::options_for(operation));
    dgram::Socket peer = test::bound(io);
    Probe probe(io);
    probe.start(operation, socket, peer.local_endpoint());
    io.poll();
    CHECK(probe.seen.calls == 0);
    test::put_for(operation, peer, socket);
    test::run(io);
    CHECK(probe.seen.calls == 1);
    CHECK(probe.seen.on_its_strand);
    CHECK_FALSE(probe.seen.ec);
  }
}

TEST_CASE("an operation that fails at once completes once, later, on its executor",
          "[conformance][completion]") {
  for (const Operation operation : test::all_operations()) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io, test::options_for(operation));
    const dgram::Endpoint to = socket.local_endpoint();
    socket.close();
    Probe probe(io);
    asio::post(probe.strand, [&] { probe.start(operation, socket, to); });
    test::run(io);
    CHECK(probe.seen.calls == 1);
    CHECK_FALSE(probe.seen.inside_the_call);
    CHECK(probe.seen.on_its_strand);
    CHECK(probe.seen.ec == asio::error::bad_descriptor);
  }
}

TEST_CASE("operations that wait for one socket on several executors each complete on their own",
          "[conformance][completion]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 4; ++i) {
    probes.push_back(std::make_unique<Probe>(io));
    probes.back()->start(Operation::recv, socket, peer.local_endpoint());
  }
  io.poll();
  for (int i = 0; i < 4; ++i) test::put(peer, socket, "one each");
  test::run(io);
  for (const auto& probe : probes) {
    CHECK(probe->seen.calls == 1);
    CHECK(probe->seen.on_its_strand);
    CHECK_FALSE(probe->seen.ec);
  }
}

TEST_CASE("sends that could leave together each complete on their own executor",
          "[conformance][completion]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 4; ++i) {
    probes.push_back(std::make_unique<Probe>(io));
    probes.back()->start(Operation::send, socket, peer.local_endpoint());
  }
  test::run(io);
  for (const auto& probe : probes) {
    CHECK(probe->seen.calls == 1);
    CHECK(probe->seen.on_its_strand);
    CHECK_FALSE(probe->seen.ec);
  }
}

TEST_CASE("an operation keeps run() busy until it has completed", "[conformance][completion]") {
  // The handler's executor belongs to another context than the socket's: its run() must not return
  // before the handler was called.
  asio::io_context io;
  asio::io_context other;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  int calls = 0;
  socket.async_recv(asio::bind_executor(other.get_executor(),
                                        [&](std::error_code, dgram::Datagram) { ++calls; }));
  CHECK(other.poll() == 0);
  CHECK_FALSE(other.stopped());
  test::put(peer, socket, "for the other context");
  // Each context in turn, as two threads would.
  for (int i = 0; i < 100 && calls == 0; ++i) {
    io.run_one_for(std::chrono::milliseconds(10));
    other.poll();
  }
  CHECK(calls == 1);
  test::run(other);
  test::run(io);
}

}  // namespace conformance_completion_test
