#include "spinner/stage.hpp"

#include <asio/post.hpp>
#include <chrono>

#include "spinner/fail.hpp"

namespace spinner {

namespace {
/// Handlers that one step runs at most: what goes on for ever is left to the next one.
constexpr int most_handlers = 64;
}  // namespace

void Stage::act(const std::function<void()>& deed, bool inside) {
  const std::lock_guard lock(mutex_);
  if (inside)
    asio::post(context_, deed);
  else
    deed();
  poll();
}

void Stage::poll() {
  context_.restart();
  for (int i = 0; i < most_handlers; ++i) {
    try {
      if (context_.poll_one() == 0) return;
    } catch (const Thrown&) {
      // A user's exception. The rest goes on.
    }
  }
}

void Stage::run_until(const std::function<bool()>& holds,
                      const std::function<std::string()>& otherwise) {
  using namespace std::chrono_literals;
  const std::lock_guard lock(mutex_);
  const auto limit = std::chrono::steady_clock::now() + 30s;
  for (;;) {
    poll();
    if (holds()) return;
    if (std::chrono::steady_clock::now() > limit) fail(otherwise());
    context_.restart();
    try {
      context_.run_one_for(1ms);
    } catch (const Thrown&) {
      // as above
    }
  }
}

}  // namespace spinner
