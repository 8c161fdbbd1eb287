// Promise 5: an operation takes its memory from the handler's associated allocator, and gives it
// back before it calls the handler.
#include <asio/associated_allocator.hpp>
#include <asio/bind_executor.hpp>
#include <asio/strand.hpp>
#include <dgram/dgram.hpp>
#include <utility>

#include "support/catch2.hpp"
#include "support/counting_allocator.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/run.hpp"

namespace conformance_allocator_test {

namespace {

/// By hand: bind_allocator came after Asio 1.22.
template <class Handler>
class WithAllocator {
 public:
  using allocator_type = test::CountingAllocator<void>;
  WithAllocator(Handler handler, test::Count& count)
      : handler_(std::move(handler)), count_(&count) {}
  allocator_type get_allocator() const noexcept { return allocator_type(*count_); }
  template <class... Args>
  void operator()(Args&&... args) {
    handler_(std::forward<Args>(args)...);
  }

 private:
  Handler handler_;
  test::Count* count_;
};

}  // namespace

TEST_CASE("every operation uses the associated allocator and frees before the handler is called",
          "[conformance][allocator]") {
  for (const test::Operation operation : test::all_operations()) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket socket = test::bound(io, test::options_for(operation));
    dgram::Socket peer = test::bound(io);
    test::put_for(operation, peer, socket);
    test::Count count;
    std::size_t live_in_handler = 99;
    test::Memory memory;
    test::start(
        operation,
        socket,
        memory,
        peer.local_endpoint(),
        [&](auto handler) { return WithAllocator<decltype(handler)>(std::move(handler), count); },
        [&](std::error_code, std::size_t) { live_in_handler = count.live; });
    CHECK(count.allocations > 0);
    test::run(io);
    CHECK(live_in_handler == 0);
    CHECK(count.live == 0);
  }
}

TEST_CASE("an operation that waits, is cancelled or dies with its context gives its memory back",
          "[conformance][allocator]") {
  for (const bool context_dies : {false, true}) {
    test::Count count;
    {
      asio::io_context io;
      const std::vector<test::Operation> operations = test::waiting();
      dgram::Socket socket = test::bound(io, test::options_for(operations.back()));
      test::Memory memory;
      for (const test::Operation operation : operations) {
        test::start(
            operation,
            socket,
            memory,
            socket.local_endpoint(),
            [&](auto handler) {
              return WithAllocator<decltype(handler)>(std::move(handler), count);
            },
            [](std::error_code, std::size_t) {});
      }
      io.poll();
      CHECK(count.live >= operations.size());
      if (!context_dies) {
        socket.cancel();
        test::run(io);
        CHECK(count.live == 0);
      }
    }
    CHECK(count.live == 0);
  }
}

TEST_CASE("the allocator is honoured for a handler on another executor",
          "[conformance][allocator]") {
  asio::io_context io;
  const auto strand = asio::make_strand(io);
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  test::Count count;
  int calls = 0;
  auto handler = [&](std::error_code, dgram::Datagram) { ++calls; };
  socket.async_recv(asio::bind_executor(strand, WithAllocator<decltype(handler)>(handler, count)));
  io.poll();
  CHECK(count.live > 0);
  test::put(peer, socket, "x");
  test::run(io);
  CHECK(calls == 1);
  CHECK(count.live == 0);
}

}  // namespace conformance_allocator_test
