// Objects that are used again when everybody has let go of them.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <memory>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Hands out shared objects, and hands one out again when only this holds it. They end in about the
/// order in which they began, so the oldest one tells whether any is free.
/**
 * Not thread-safe, nor may the objects be shared between threads.
 */
template <class T>
class Reused {
 public:
  /// Lets go of all of them.
  void clear() noexcept {
    kept_.clear();
    next_ = 0;
  }

  /// An object in the state in which it was left.
  std::shared_ptr<T> get() {
    if (!kept_.empty()) {
      if (next_ == kept_.size()) next_ = 0;
      if (kept_[next_].use_count() == 1) return kept_[next_++];
    }
    auto made = std::make_shared<T>();
    if (kept_.size() < max_kept) {
      kept_.insert(kept_.begin() + static_cast<std::ptrdiff_t>(next_), made);
      ++next_;
    }
    return made;
  }

 private:
  // As many as are on their way in a busy socket.
  static constexpr std::size_t max_kept = 128;

  std::vector<std::shared_ptr<T>> kept_;
  std::size_t next_ = 0;  // the oldest
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
