#include "spinner/shortening.hpp"

#include <algorithm>
#include <chrono>

namespace spinner {

Steps shorten(Steps steps, const std::function<bool(const Steps&)>& fails) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  int tries = 0;
  const auto may_try = [&] { return tries < 200 && std::chrono::steady_clock::now() < end; };
  const auto still_fails = [&](const Steps& some) {
    for (int again = 0; again < 3 && may_try(); ++again) {
      ++tries;
      if (fails(some)) return true;
    }
    return false;
  };
  // The end of it is most of what it takes, often.
  for (std::size_t kept = 64; kept < steps.size(); kept *= 8) {
    const Steps tail(steps.end() - static_cast<std::ptrdiff_t>(kept), steps.end());
    if (!still_fails(tail)) continue;
    steps = tail;
    break;
  }
  for (std::size_t parts = 2; steps.size() > 1 && may_try();) {
    const std::size_t size = (steps.size() + parts - 1) / parts;
    bool is_shorter = false;
    for (std::size_t begin = 0; begin < steps.size() && may_try();) {
      const std::size_t last = std::min(begin + size, steps.size());
      Steps rest(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(begin));
      rest.insert(rest.end(), steps.begin() + static_cast<std::ptrdiff_t>(last), steps.end());
      if (!rest.empty() && still_fails(rest)) {
        steps = std::move(rest);
        is_shorter = true;
      } else {
        begin = last;
      }
    }
    if (is_shorter)
      parts = std::max<std::size_t>(parts - 1, 2);
    else if (size == 1)
      break;
    else
      parts = std::min(parts * 2, steps.size());
  }
  return steps;
}

}  // namespace spinner
