#include "spinner/stage.hpp"

#include <asio/post.hpp>
#include <chrono>
#include <dgram/node/error.hpp>

#include "spinner/fail.hpp"

namespace spinner {

namespace {
/// Handlers that one step runs at most: what goes on for ever is left to the next one.
constexpr int most_handlers = 64;

/// Runs some of the context. What a user's listener throws leaves run(), and so does, as in Node,
/// that a call which waited for a bind finds the socket closed by a call before it.
template <typename Run>
std::size_t run_some(const Run& run) {
  try {
    return run();
  } catch (const Stage::Thrown&) {
    return 1;
  } catch (const dgram::node::Error& error) {
    if (error.code() != "ERR_SOCKET_DGRAM_NOT_RUNNING") throw;
    return 1;
  }
}
}  // namespace

void Stage::act(const std::function<void()>& deed, bool inside) {
  const std::lock_guard lock(mutex_);
  if (inside)
    asio::post(context_, deed);
  else
    run_some([&deed] {
      deed();
      return std::size_t{1};
    });
  poll();
}

void Stage::poll() {
  context_.restart();
  for (int i = 0; i < most_handlers; ++i)
    if (run_some([this] { return context_.poll_one(); }) == 0) return;
}

void Stage::run_until(const std::function<bool()>& holds,
                      const std::function<std::string()>& otherwise) {
  using namespace std::chrono_literals;
  const std::lock_guard lock(mutex_);
  const auto limit = std::chrono::steady_clock::now() + 30s;
  for (;;) {
    poll();
    bool is_over = false;
    run_some([&holds, &is_over] {
      is_over = holds();
      return std::size_t{1};
    });
    if (is_over) return;
    if (std::chrono::steady_clock::now() > limit) fail(otherwise());
    context_.restart();
    run_some([this] { return context_.run_one_for(1ms); });
  }
}

}  // namespace spinner
