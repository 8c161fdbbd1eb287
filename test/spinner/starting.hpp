// How an operation is started: with a completion token or as a coroutine, with memory or without.
#pragma once

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "spinner/draw.hpp"
#include "spinner/fail.hpp"
#include "spinner/failing_new.hpp"
#include "spinner/operation.hpp"
#include "spinner/seat.hpp"

#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
#include <asio/bind_immediate_executor.hpp>
#include <asio/system_executor.hpp>
#endif

namespace spinner {

enum class Form : unsigned char {
  bare,        ///< A handler and nothing else.
  at_home,     ///< A handler with an executor and a cancellation slot.
  redirected,  ///< redirect_error around such a handler.
  immediate,   ///< A handler that may be called inside the call, where this Asio has that.
  future,
  coroutine,       ///< co_await socket.recv()
  coroutine_code,  ///< co_await socket.recv(ec)
  awaited,         ///< co_await socket.async_recv(use_awaitable)
  raced            ///< co_await (socket.recv() || a timer)
};
inline constexpr std::array form_names{"with a bare handler",
                                       "with a handler at home",
                                       "with redirect_error",
                                       "with an immediate executor",
                                       "with use_future",
                                       "as a coroutine",
                                       "as a coroutine with an error_code",
                                       "with use_awaitable",
                                       "as a coroutine raced with a timer"};

constexpr bool is_token(Form form) noexcept {
  return form < Form::coroutine;
}

struct How {
  Form form = Form::at_home;
  std::size_t failing_new = 0;  ///< Not 0: this request for memory fails, in the starting call.
  std::chrono::microseconds pause{};  ///< Of the timer that it is raced with.
};

/// @param last The last of the forms that the operation has.
/// @param has_future Whether it is done with use_future as well.
How draw_how(Draw& draw, Form last, bool has_future = false);

/// Starts an operation with a completion token.
/// @param start Is called with the token.
template <class... Results, class Start>
void start_token(const OperationPtr& operation,
                 const How& how,
                 Done<Results...> done,
                 Start start) {
  Seat& seat = operation->seat;
  const asio::any_io_executor home = seat.home().executor;
  Form form = how.form;
  const bool needs_home = form == Form::bare || form == Form::future;
  if (needs_home && !seat.home().takes_bare_handlers) form = Form::at_home;
#if defined(ASIO_ENABLE_BUFFER_DEBUGGING)
  const std::size_t nth = 0;  // there, a copy of a buffer asks for memory, also where none may fail
#else
  const std::size_t nth = seat.home().bears_failing_new ? how.failing_new : 0;
#endif
  Operation::Initiating initiating(*operation, form == Form::immediate || nth != 0);
  bool threw = false;
  const FailingNew failing(nth);
  try {
    switch (form) {
      case Form::bare:
        start(BareHandler<Results...>(operation, done));
        break;
      case Form::redirected:
        start(asio::redirect_error(HomeHandler<Results...>(operation, home, done), operation->ec));
        break;
#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
      case Form::immediate:
        start(asio::bind_immediate_executor(asio::system_executor(),
                                            HomeHandler<Results...>(operation, home, done)));
        break;
#endif
      default:
        start(HomeHandler<Results...>(operation, home, done));
    }
  } catch (const std::bad_alloc&) {
    threw = true;
    if (!failing.fired()) fail(operation->name() + " throws bad_alloc, and there is memory");
  }
  if (threw != operation->was_dropped())
    fail(operation->name() + (threw ? " has thrown, and is pending all the same"
                                    : " has dropped its handler, and has not thrown"));
}

/// The end of a coroutine.
class EndHandler {
 public:
  using executor_type = asio::any_io_executor;
  using cancellation_slot_type = asio::cancellation_slot;

  EndHandler(const OperationPtr& operation, asio::any_io_executor home) noexcept
      : slot_(operation->signal.slot()), executor_(std::move(home)), ticket_(operation) {}
  executor_type get_executor() const noexcept { return executor_; }
  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }
  void operator()(std::exception_ptr exception);

 private:
  asio::cancellation_slot slot_;
  asio::any_io_executor executor_;
  Ticket ticket_;
};

/// Starts a coroutine that does an operation.
void spawn(const OperationPtr& operation, asio::awaitable<void> body);

/// Ends after a while.
asio::awaitable<void> wait_for(std::chrono::microseconds time);

/// What an operation of a coroutine has thrown; operation_aborted among it.
std::error_code code_of(const std::exception_ptr& exception);

/// While a coroutine may have an awaitable of the socket that it does not await yet.
class Pinned {
 public:
  explicit Pinned(Seat& seat) noexcept : seat_(seat) { ++seat_.pinned; }
  Pinned(const Pinned&) = delete;
  ~Pinned() { --seat_.pinned; }

 private:
  Seat& seat_;
};

}  // namespace spinner
