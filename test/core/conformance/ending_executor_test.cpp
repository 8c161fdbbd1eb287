// Executors that come to an end: they drop what they are given, or throw, and the socket's context
// goes on. What waits there ends as if its context went away; nothing leaks, nothing turns in vain.
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/execution_context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace conformance_ending_executor_test {

namespace {

enum class Mode { run, drop, refuse };

struct State {
  explicit State(asio::io_context& c) : context(c) {}
  asio::io_context& context;
  Mode mode = Mode::run;
  int calls = 0;
};

/// Posts to the context, until it has ended.
class EndingExecutor {
 public:
  explicit EndingExecutor(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  asio::execution_context& query(asio::execution::context_t) const noexcept {
    return state_->context;
  }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking.never;
  }
  EndingExecutor require(asio::execution::blocking_t::never_t) const { return *this; }
  template <class Function>
  void execute(Function function) const {
    ++state_->calls;
    if (state_->mode == Mode::drop) return;
    if (state_->mode == Mode::refuse) throw std::runtime_error("the queue is closed");
    asio::post(state_->context, std::move(function));
  }
  bool operator==(const EndingExecutor& other) const noexcept { return state_ == other.state_; }
  bool operator!=(const EndingExecutor& other) const noexcept { return state_ != other.state_; }

 private:
  std::shared_ptr<State> state_;
};

/// Counts what is destroyed.
class Witness {
 public:
  explicit Witness(int& gone) noexcept : gone_(&gone) {}
  Witness(Witness&& other) noexcept : gone_(std::exchange(other.gone_, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (gone_) ++*gone_;
  }

 private:
  int* gone_;
};

asio::awaitable<void> receive(dgram::Socket& socket, int& got, Witness) {
  for (;;) {
    const dgram::Datagram datagram = co_await socket.recv();
    ++got;
  }
}

/// A receive that waits on an executor that is going to end.
struct Ending {
  Ending(bool at_home, bool is_coroutine)
      : socket(at_home ? executor : asio::any_io_executor(io.get_executor())) {
    socket.bind(test::any_port());
    if (is_coroutine)
      asio::co_spawn(executor, receive(socket, got, Witness(gone)), [](std::exception_ptr) {});
    else
      socket.async_recv(asio::bind_executor(
          executor, [this, witness = Witness(gone)](std::error_code ec, const dgram::Datagram&) {
            if (!ec) ++got;
          }));
  }
  void put() { test::put(sender, socket, "x"); }

  int gone = 0;
  int got = 0;
  asio::io_context io;
  const std::shared_ptr<State> state = std::make_shared<State>(io);
  const asio::any_io_executor executor = EndingExecutor(state);
  dgram::Socket socket;
  dgram::Socket sender = test::bound(io);
};

/// Runs what is ready; how many exceptions have left run().
int run(asio::io_context& io) {
  for (int exceptions = 0;;) {
    try {
      io.restart();
      io.poll();
      return exceptions;
    } catch (const std::runtime_error&) {
      if (++exceptions == 100) throw;
    }
  }
}

}  // namespace

TEST_CASE("what waits on an executor that drops it is destroyed, once",
          "[conformance][executors][ending]") {
  const bool at_home = GENERATE(false, true);
  const bool is_coroutine = GENERATE(false, true);
  CAPTURE(at_home, is_coroutine);
  Ending ending(at_home, is_coroutine);
  CHECK(run(ending.io) == 0);
  CHECK(ending.gone == 0);
  ending.state->mode = Mode::drop;
  ending.state->calls = 0;
  ending.put();
  CHECK(run(ending.io) == 0);
  CHECK(ending.state->calls <= 2);
  CHECK(ending.got == 0);
  CHECK(ending.gone == 1);
  // The socket is as good as before, for who is elsewhere.
  std::error_code ec;
  const std::optional<dgram::Datagram> datagram = ending.socket.try_recv(ec);
  CHECK((datagram && datagram->text() == "x"));
  ending.socket.close();
  run(ending.io);
  CHECK(ending.gone == 1);
}

TEST_CASE(
    "what an executor throws leaves run(), and the wait ends when the executor takes it again",
    "[conformance][executors][ending]") {
  const bool at_home = GENERATE(false, true);
  const bool is_coroutine = GENERATE(false, true);
#if !defined(DGRAM_HAS_REACTOR_WAIT)
  // async_wait() destroys what its own executor has refused; and Asio's coroutines cannot even be
  // destroyed on an executor that refuses: they end the program.
  if (at_home) return;
#endif
  CAPTURE(at_home, is_coroutine);
  Ending ending(at_home, is_coroutine);
  CHECK(run(ending.io) == 0);
  ending.state->mode = Mode::refuse;
  ending.put();
  for (int i = 0; i < 3; ++i) {
    ending.io.restart();
    CHECK_THROWS_AS(ending.io.run_one(), std::runtime_error);
  }
  CHECK(ending.got + ending.gone == 0);
  ending.state->mode = Mode::run;
  CHECK(run(ending.io) == 0);
  CHECK(ending.got == 1);
}

TEST_CASE("what is posted to an executor that drops it is destroyed, once",
          "[conformance][executors][ending]") {
  const bool is_coroutine = GENERATE(false, true);
  CAPTURE(is_coroutine);
  Ending ending(true, is_coroutine);
  run(ending.io);
  ending.state->mode = Mode::drop;
  ending.socket.close();  // whose aborted receive is posted
  CHECK(ending.gone == 1);
  CHECK(ending.got == 0);
  CHECK(run(ending.io) == 0);
  CHECK(ending.gone == 1);
}

TEST_CASE("an unref'ed socket outlives an executor that refuses for a while",
          "[conformance][executors][ending]") {
  Ending ending(false, true);
  ending.socket.unref();
  const auto work = asio::make_work_guard(ending.io);
  run(ending.io);
  ending.put();
  run(ending.io);
  CHECK(ending.got == 1);
  ending.state->mode = Mode::refuse;
  ending.put();
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(ending.io.run_one(), std::runtime_error);
  CHECK(ending.got == 1);
  ending.state->mode = Mode::run;
  run(ending.io);
  CHECK(ending.got == 2);
}

}  // namespace conformance_ending_executor_test
