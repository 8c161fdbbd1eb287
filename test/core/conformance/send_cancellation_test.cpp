// What a cancelled send leaves behind: nothing was sent, or it says how much, and the queue is
// empty again.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace conformance_send_cancellation_test {

namespace {

using test::Operation;

struct GatedSend {
  asio::io_context io;
  std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  dgram::Socket receiver = test::bound(io);
  asio::cancellation_signal signal;
  test::Memory memory;
  test::Outcome<std::size_t> outcome;

  void start(Operation operation) {
    const auto slot = [this](auto handler) {
      return asio::bind_cancellation_slot(signal.slot(), std::move(handler));
    };
    test::start(operation, sender, memory, receiver.local_endpoint(), slot, outcome.handler());
  }
  std::size_t arrived() {
    std::size_t n = 0;
    std::error_code ec;
    while (receiver.try_recv(ec)) ++n;
    return n;
  }
};

}  // namespace

TEST_CASE("a send that waits for room ends by each way of cancelling it, with nothing sent",
          "[conformance][cancel]") {
  using asio::cancellation_type;
  for (const Operation operation : test::sending) {
    for (const cancellation_type type : {cancellation_type::none,
                                         cancellation_type::terminal,
                                         cancellation_type::partial,
                                         cancellation_type::total}) {
      INFO(test::name(operation) << ", type " << static_cast<int>(type));
      GatedSend f;
      f.gate->shut = true;
      f.start(operation);
      // Bounded: a name goes through the resolver's thread first.
      for (int i = 0; i < 1000 && f.sender.send_queue_count() == 0; ++i)
        f.io.run_one_for(std::chrono::milliseconds(10));
      REQUIRE(f.outcome.calls == 0);
      REQUIRE(f.sender.send_queue_count() == 1);

      if (type == cancellation_type::none)
        f.sender.cancel();
      else
        f.signal.emit(type);
      CHECK(f.outcome.calls == 0);
      test::run(f.io);
      CHECK(f.outcome.calls == 1);
      CHECK(f.outcome.ec == asio::error::operation_aborted);
      CHECK(f.outcome.value == 0);
      CHECK(f.sender.send_queue_count() == 0);
      CHECK(f.sender.send_queue_size() == 0);

      f.gate->open();
      test::run(f.io);
      CHECK(f.arrived() == 0);
    }
  }
}

TEST_CASE("a send_many that was cancelled halfway says what was sent and what was never tried",
          "[conformance][cancel]") {
  GatedSend f;
  f.gate->passes = 1;
  f.start(Operation::send_many);
  f.io.poll();
  REQUIRE(f.outcome.calls == 0);
  f.signal.emit(asio::cancellation_type::total);
  test::run(f.io);
  CHECK(f.outcome.ec == asio::error::operation_aborted);
  CHECK(f.outcome.value == 1);
  CHECK_FALSE(f.memory.batch[0].result);
  CHECK(f.memory.batch[1].result == asio::error::operation_aborted);
  CHECK(f.arrived() == 1);
}

TEST_CASE("a send_segments that was cancelled halfway says how many bytes were sent",
          "[conformance][cancel]") {
  GatedSend f;
  f.gate->passes = 1;
  f.start(Operation::send_segments);
  f.io.poll();
  REQUIRE(f.outcome.calls == 0);
  f.signal.emit(asio::cancellation_type::partial);
  test::run(f.io);
  CHECK(f.outcome.ec == asio::error::operation_aborted);
  CHECK(f.outcome.value == 1);
  CHECK(f.arrived() == 1);
}

TEST_CASE("sends that wait go out in their order once there is room", "[conformance][send]") {
  GatedSend f;
  f.gate->shut = true;
  std::array<test::Outcome<std::size_t>, 3> outcomes;
  const dgram::Endpoint to = f.receiver.local_endpoint();
  f.sender.async_send("0", to, outcomes[0].handler());
  f.start(Operation::send_many);  // "a", "b"
  f.sender.async_send("1", to, outcomes[1].handler());
  f.io.poll();
  CHECK(f.sender.send_queue_count() == 3);
  CHECK(f.sender.send_queue_size() == 4);

  f.gate->open();
  test::run(f.io);
  CHECK(f.outcome.value == 2);
  std::string order;
  std::error_code ec;
  while (auto d = f.receiver.try_recv(ec)) order += d->text();
  CHECK(order == "0ab1");
  CHECK(f.sender.send_queue_count() == 0);
}

TEST_CASE("closing the socket ends the sends that wait", "[conformance][cancel]") {
  for (const Operation operation :
       {Operation::send, Operation::send_many, Operation::send_segments}) {
    INFO(test::name(operation));
    GatedSend f;
    f.gate->shut = true;
    f.start(operation);
    f.io.poll();
    f.sender.close();
    CHECK(f.outcome.calls == 0);
    test::run(f.io);
    CHECK(f.outcome.calls == 1);
    CHECK(f.outcome.ec == asio::error::operation_aborted);
    CHECK(f.outcome.value == 0);
  }
}

}  // namespace conformance_send_cancellation_test
