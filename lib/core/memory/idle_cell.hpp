// A place for one idle object, which any thread may take or fill.
#pragma once

#include <atomic>
#include <dgram/config.hpp>
#include <dgram/detail/single_threaded.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Owns nothing. Taking is an exchange and keeping a compare-exchange against empty, so there is no
/// ABA problem.
template <class T>
class IdleCell {
 public:
  /// What is there, if anything; it is the caller's.
  T* take() noexcept {
    T* const found = object_.load(std::memory_order_relaxed);
    if (!found) return nullptr;
    if (!is_single_threaded()) return object_.exchange(nullptr, std::memory_order_acquire);
    object_.store(nullptr, std::memory_order_relaxed);
    return found;
  }

  /// False when something is there already.
  [[nodiscard]] bool keep(T* object) noexcept {
    if (object_.load(std::memory_order_relaxed)) return false;
    if (!is_single_threaded()) {
      T* empty = nullptr;
      return object_.compare_exchange_strong(
          empty, object, std::memory_order_release, std::memory_order_relaxed);
    }
    object_.store(object, std::memory_order_relaxed);
    return true;
  }

  bool empty() const noexcept { return !object_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T*> object_{nullptr};
};

}  // namespace detail
DGRAM_END_NAMESPACE
