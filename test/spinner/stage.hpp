// Where a module's own objects are at home: a context that no thread runs for good. Whichever step
// is at work with it runs it, so that one thing happens at a time, in the order of the steps.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace spinner {

class Stage {
 public:
  /// What listeners of ours throw. It leaves run(), and the stage runs on.
  struct Thrown {};

  Stage() = default;
  Stage(const Stage&) = delete;

  asio::io_context& context() noexcept { return context_; }

  /// Does something, and runs what is ready then.
  /**
   * @param inside In a handler of the context; else while nobody runs it.
   */
  void act(const std::function<void()>& deed, bool inside);

  /// Runs the context until it holds; fails after a while.
  /**
   * @param otherwise What is wrong then.
   */
  void run_until(const std::function<bool()>& holds, const std::function<std::string()>& otherwise);

 private:
  void poll();

  std::mutex mutex_;
  asio::io_context context_{1};
};

}  // namespace spinner
