// Promise 1, second half, and promise 5: every receive ends by each way of cancelling it, once,
// later, and leaves everything behind.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/operations.hpp"
#include "support/run.hpp"

namespace conformance_cancellation_test {

namespace {

using test::Operation;

enum class Way { socket_cancel, terminal, partial, total, close };
constexpr std::array ways{Way::socket_cancel, Way::terminal, Way::partial, Way::total, Way::close};

void end(Way way, dgram::Socket& socket, asio::cancellation_signal& signal) {
  switch (way) {
    case Way::socket_cancel:
      return socket.cancel();
    case Way::terminal:
      return signal.emit(asio::cancellation_type::terminal);
    case Way::partial:
      return signal.emit(asio::cancellation_type::partial);
    case Way::total:
      return signal.emit(asio::cancellation_type::total);
    case Way::close:
      return socket.close();
  }
}

/// What happened to one operation.
struct Result {
  int calls = 0;
  std::error_code ec;
  std::size_t amount = 0;
};

test::Done record(Result& result) {
  return [&result](std::error_code ec, std::size_t amount) {
    ++result.calls;
    result.ec = ec;
    result.amount = amount;
  };
}

/// A socket with one operation that can be cancelled by a signal.
struct Cancellable : test::SocketPair {
  explicit Cancellable(Operation operation = Operation::recv)
      : SocketPair(test::options_for(operation)) {}

  asio::cancellation_signal signal;
  test::Memory memory;
  Result result;

  void start(Operation operation) {
    const auto slot = [this](auto handler) {
      return asio::bind_cancellation_slot(signal.slot(), std::move(handler));
    };
    test::start(operation, receiver, memory, sender.local_endpoint(), slot, record(result));
  }
};

}  // namespace

TEST_CASE("a receive that waits ends with operation_aborted by each way of cancelling it",
          "[conformance][cancel]") {
  for (const Operation operation : test::waiting()) {
    for (const Way way : ways) {
      INFO(test::name(operation) << ", way " << static_cast<int>(way));
      Cancellable f(operation);
      f.start(operation);
      f.io.poll();
      REQUIRE(f.result.calls == 0);

      end(way, f.receiver, f.signal);
      CHECK(f.result.calls == 0);  // never inside the cancelling call

      // The deadline forms wait for an hour: were their timer left behind, this would not return.
      test::run(f.io);
      CHECK(f.result.calls == 1);
      CHECK(f.result.ec == asio::error::operation_aborted);
      CHECK(f.result.amount == 0);
    }
  }
}

TEST_CASE("a receive that was cancelled after its datagram had come has consumed nothing",
          "[conformance][cancel]") {
  for (const Operation operation : test::receiving) {
    for (const Way way : {Way::socket_cancel, Way::terminal, Way::partial, Way::total}) {
      for (const bool held : {false, true}) {
        INFO(test::name(operation)
             << ", way " << static_cast<int>(way) << (held ? ", held" : ", in the kernel"));
        Cancellable f;
        std::vector<int> got;
        if (held)
          test::run(f.io, test::hold_some(f.sender, f.receiver, 64, 1, got));
        else
          test::put_numbers(f.sender, f.receiver, 0, 64);

        f.start(operation);
        end(way, f.receiver, f.signal);
        test::run(f.io);
        CHECK(f.result.calls == 1);
        CHECK(f.result.ec == asio::error::operation_aborted);
        CHECK(f.result.amount == 0);

        test::take_rest(f.receiver, got);
        CHECK(got == test::first_numbers(64));
      }
    }
  }
}

TEST_CASE("a cancelled receive hands its turn to the one behind it", "[conformance][cancel]") {
  for (const Operation operation : test::receiving) {
    INFO(test::name(operation));
    Cancellable f;
    Result second;
    test::Memory memory;
    f.start(operation);
    test::start(Operation::recv,
                f.receiver,
                memory,
                f.sender.local_endpoint(),
                test::plain,
                record(second));
    f.io.poll();

    f.signal.emit(asio::cancellation_type::total);
    f.io.poll();
    CHECK(f.result.ec == asio::error::operation_aborted);
    CHECK(second.calls == 0);  // the signal belongs to the first alone

    test::put(f.sender, f.receiver, "for the second");
    test::run(f.io);
    CHECK(second.calls == 1);
    CHECK_FALSE(second.ec);
    CHECK(second.amount == 1);
  }
}

TEST_CASE("cancel() ends every waiting receive, and a new one works at once",
          "[conformance][cancel]") {
  Cancellable f;
  std::array<Result, test::receiving.size()> results;
  std::array<test::Memory, test::receiving.size()> memory;
  for (std::size_t i = 0; i < results.size(); ++i)
    test::start(test::receiving[i],
                f.receiver,
                memory[i],
                f.sender.local_endpoint(),
                test::plain,
                record(results[i]));
  f.io.poll();

  f.receiver.cancel();
  // Started after cancel(): it is none of its business, although the others have not ended yet.
  f.start(Operation::recv);
  test::put(f.sender, f.receiver, "new");
  test::run(f.io);

  for (const Result& result : results) {
    CHECK(result.calls == 1);
    CHECK(result.ec == asio::error::operation_aborted);
  }
  CHECK(f.result.calls == 1);
  CHECK_FALSE(f.result.ec);
}

TEST_CASE("a signal that comes after the end of its operation does nothing",
          "[conformance][cancel]") {
  Cancellable f;
  test::put_numbers(f.sender, f.receiver, 0, 1);
  f.start(Operation::recv);
  test::run(f.io);
  REQUIRE(f.result.calls == 1);
  CHECK_FALSE(f.result.ec);

  Result next;
  test::Memory memory;
  test::start(
      Operation::recv, f.receiver, memory, f.sender.local_endpoint(), test::plain, record(next));
  f.signal.emit(asio::cancellation_type::all);
  f.io.restart();
  f.io.poll();
  CHECK(f.result.calls == 1);
  CHECK(next.calls == 0);
  f.receiver.cancel();
  test::run(f.io);
}

TEST_CASE("a signal that comes when the result is known already does not change it",
          "[conformance][cancel]") {
  Cancellable f;
  const auto done = record(f.result);
  f.receiver.async_recv_many(std::span<dgram::Datagram>(),
                             asio::bind_cancellation_slot(f.signal.slot(), done));
  f.signal.emit(asio::cancellation_type::total);
  CHECK(f.result.calls == 0);
  test::run(f.io);
  CHECK(f.result.calls == 1);
  CHECK(f.result.ec == dgram::Errc::no_buffers);
}

TEST_CASE("a cancelled coroutine that swallows the error goes on receiving",
          "[conformance][cancel]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  bool aborted = false;
  int got = -1;
  const auto body = [&]() -> asio::awaitable<void> {
    asio::post(io, [&] {
      receiver.cancel();
      test::put_numbers(sender, receiver, 7, 8);
    });
    std::error_code ec;
    const dgram::Datagram nothing = co_await receiver.recv(ec);
    aborted = ec == asio::error::operation_aborted && !nothing;
    const dgram::Datagram d = co_await receiver.recv();
    got = test::number(d);
  };
  test::run(io, body());
  CHECK(aborted);
  CHECK(got == 7);
}

}  // namespace conformance_cancellation_test
