// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The calls that wait for the event `listening`.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Makes the calls in their order when the socket is bound, or cancels them when it never will be.
class DeferredCalls {
 public:
  struct Call {
    std::function<void()> make;
    std::function<void()> cancel;
  };
  /// Runs a function after the callback that runs now.
  using Tick = std::function<void(std::function<void()>)>;

  bool empty() const noexcept { return calls_.empty(); }
  void add(Call call) { calls_.push_back(std::move(call)); }

  /// Makes the calls. A call that throws is canceled; those behind it wait for the next time.
  void make(const Tick& tick) {
    std::vector<Call> calls = std::exchange(calls_, {});
    std::size_t made = 0;
    try {
      for (; made < calls.size(); ++made) calls[made].make();
    } catch (...) {
      std::function<void()> canceled = std::move(calls[made].cancel);
      calls.erase(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(made) + 1);
      calls.swap(calls_);
      calls_.insert(calls_.end(),
                    std::make_move_iterator(calls.begin()),
                    std::make_move_iterator(calls.end()));
      tick(std::move(canceled));
      throw;
    }
  }

  /// Cancels the calls. Node forgets them: a callback is never called, or a close never happens.
  void cancel(const Tick& tick) {
    std::vector<Call> calls = std::exchange(calls_, {});
    for (Call& call : calls) tick(std::move(call.cancel));
  }

 private:
  std::vector<Call> calls_;
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
