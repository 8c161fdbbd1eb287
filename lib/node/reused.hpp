// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Objects that are used again when no other code holds them.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <memory>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Hands out shared objects. An object is handed out again when only this container holds it. The
/// objects are released in about the order in which they were handed out, so the oldest one tells
/// whether any is free.
/**
 * Not thread-safe. The objects must not be shared between threads either.
 */
template <class T>
class Reused {
 public:
  /// Drops all objects.
  void clear() noexcept {
    kept_.clear();
    next_ = 0;
  }

  /// Returns a new object, or a used one in the state in which it was left.
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
  // As many as a busy socket has in use.
  static constexpr std::size_t max_kept = 128;

  std::vector<std::shared_ptr<T>> kept_;
  std::size_t next_ = 0;  // the oldest object
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
