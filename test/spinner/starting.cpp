#include "spinner/starting.hpp"

#include <asio/multiple_exceptions.hpp>

namespace spinner {

How draw_how(Draw& draw, Form last, bool has_future) {
  How how;
  how.form = static_cast<Form>(draw.below(static_cast<std::size_t>(last) + 1));
  if (how.form == Form::future && !has_future) how.form = Form::at_home;
  if (is_token(how.form) && draw.one_in(8)) how.failing_new = 1 + draw.below(4);
  how.pause = std::chrono::microseconds(draw.below(4) == 0 ? 0 : draw.below(2000));
  draw.say(", ", form_names[static_cast<std::size_t>(how.form)]);
  if (how.form == Form::raced) draw.say(" of ", how.pause.count(), " us");
  if (how.failing_new != 0) draw.say(", allocation ", how.failing_new, " fails");
  return how;
}

void EndHandler::operator()(std::exception_ptr exception) {
  const OperationPtr operation = ticket_.use();
  if (!exception) return;
  const std::error_code ec = code_of(exception);
  // Cancelled before it came to its operation.
  if (ec != asio::error::operation_aborted)
    fail(operation->name() + " ends its coroutine with: " + ec.message());
}

void spawn(const OperationPtr& operation, asio::awaitable<void> body) {
  const asio::any_io_executor home = operation->seat.home().executor;
  asio::co_spawn(home, std::move(body), EndHandler(operation, home));
}

asio::awaitable<void> wait_for(std::chrono::microseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

std::error_code code_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::system_error& error) {
    return error.code();
  } catch (const asio::multiple_exceptions& both) {
    return code_of(both.first_exception());  // of a race
  } catch (const std::exception& other) {
    fail(std::string("an operation throws ") + other.what());
  }
}

}  // namespace spinner
