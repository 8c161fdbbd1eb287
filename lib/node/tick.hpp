// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// One tick: a callable that is called once. Small ones are stored in the object, so that a send
// allocates nothing.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// A batch of sends that consecutive ticks add to.
class SendBatch {
 public:
  /// Called when the last of these ticks has run, before any other tick.
  virtual void leave() = 0;

 protected:
  ~SendBatch() = default;
};

class Tick {
 public:
  /// @param batch The batch that the tick adds to. `f` has to keep it alive.
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Tick>) Tick(F&& f, SendBatch* batch = nullptr)
      : batch_(batch) {
    using Function = std::decay_t<F>;
    if constexpr (sizeof(Function) <= size && alignof(Function) <= alignof(std::max_align_t) &&
                  std::is_nothrow_move_constructible_v<Function>) {
      new (storage_) Function(std::forward<F>(f));
      operations_ = &operations_of<Function>;
    } else {
      auto call = [pointer = std::make_unique<Function>(std::forward<F>(f))] { (*pointer)(); };
      new (storage_) decltype(call)(std::move(call));
      operations_ = &operations_of<decltype(call)>;
    }
  }
  Tick(Tick&& other) noexcept : operations_(other.operations_), batch_(other.batch_) {
    operations_->move(other.storage_, storage_);
  }
  Tick& operator=(Tick&& other) noexcept {
    if (this == &other) return *this;
    operations_->destroy(storage_);
    operations_ = other.operations_;
    batch_ = other.batch_;
    operations_->move(other.storage_, storage_);
    return *this;
  }
  ~Tick() { operations_->destroy(storage_); }

  void operator()() { operations_->call(storage_); }
  SendBatch* batch() const noexcept { return batch_; }

 private:
  // Room for what a send captures: its socket, twice, and the send itself.
  static constexpr std::size_t size = 48;

  struct Operations {
    void (*call)(void*);
    void (*move)(void* from, void* to) noexcept;  // the source still has to be destroyed
    void (*destroy)(void*) noexcept;
  };
  template <class F>
  static constexpr Operations operations_of = {
      [](void* f) { (*static_cast<F*>(f))(); },
      [](void* from, void* to) noexcept { new (to) F(std::move(*static_cast<F*>(from))); },
      [](void* f) noexcept { static_cast<F*>(f)->~F(); },
  };

  const Operations* operations_ = nullptr;
  SendBatch* batch_;
  alignas(std::max_align_t) std::byte storage_[size];
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
