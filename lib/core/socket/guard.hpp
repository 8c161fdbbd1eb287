// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Keeps apart what the user calls and what waits bring, where the two may come on two threads.
#pragma once

#include <mutex>

#include "core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Held by whoever uses a Core, but not while a handler of the user is called.
/**
 * The user calls a socket on one thread at a time. But an operation that waits is served on its
 * associated executor, which may be on another thread at that moment: that of a handler which
 * bind_executor() has put elsewhere, or another thread of the context. So a Core has a mutex,
 * unless one thread alone runs everything (Core::mutex()).
 */
class Guard {
 public:
  Guard() noexcept = default;
  explicit Guard(const Core& core) : core_(&core) { lock(); }
  explicit Guard(const CoreRef& core) : core_(core ? &*core : nullptr) {
    if (core_) lock();
  }
  Guard(const Guard&) = delete;
  ~Guard() { unlock(); }

  /// While a handler is called.
  class Pause {
   public:
    explicit Pause(Guard& guard) noexcept : guard_(guard) { guard_.unlock(); }
    Pause(const Pause&) = delete;
    ~Pause() { guard_.lock(); }

   private:
    Guard& guard_;
  };

 private:
  // With a reference: what is called meanwhile may drop the last other one.
  void lock() {
    mutex_ = core_->mutex();
    if (!mutex_) return;
    core_->add_reference();
    mutex_->lock();
  }
  void unlock() noexcept {
    if (!mutex_) return;
    mutex_->unlock();
    mutex_ = nullptr;
    core_->release();
  }

  const Core* core_ = nullptr;
  std::recursive_mutex* mutex_ = nullptr;
};

}  // namespace detail
DGRAM_END_NAMESPACE
