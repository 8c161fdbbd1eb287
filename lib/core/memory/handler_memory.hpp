// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Reserved memory for a handler that has to be posted even when the heap has no memory.
#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <cstddef>
#include <dgram/config.hpp>
#include <new>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Room for one handler at a time; while it is in use, memory comes from the heap.
/**
 * Thread safety: safe. It has to outlive the handler.
 */
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (size <= sizeof room_ && !is_taken_.exchange(true, std::memory_order_acquire)) return room_;
    return ::operator new(size);
  }
  void deallocate(void* memory) noexcept {
    if (memory == room_)
      is_taken_.store(false, std::memory_order_release);
    else
      ::operator delete(memory);
  }

 private:
  // Enough for an operation of an io_context with a RememberedHandler.
  alignas(std::max_align_t) std::byte room_[128];
  std::atomic<bool> is_taken_ = false;
};

template <class T>
class HandlerMemoryAllocator {
 public:
  using value_type = T;
  explicit HandlerMemoryAllocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
  template <class U>
  HandlerMemoryAllocator(const HandlerMemoryAllocator<U>& other) noexcept
      : memory_(&other.memory()) {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) noexcept { memory_->deallocate(p); }
  HandlerMemory& memory() const noexcept { return *memory_; }
  template <class U>
  bool operator==(const HandlerMemoryAllocator<U>& other) const noexcept {
    return memory_ == &other.memory();
  }

 private:
  HandlerMemory* memory_;
};

template <class Function>
class RememberedHandler {
 public:
  using allocator_type = HandlerMemoryAllocator<void>;
  RememberedHandler(HandlerMemory& memory, Function f)
      : memory_(&memory), function_(std::move(f)) {}
  void operator()() { function_(); }
  allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }

 private:
  HandlerMemory* memory_;
  Function function_;
};

/// asio::post() that takes no memory from the heap while `memory` is free.
template <class Function>
void post_in(HandlerMemory& memory, asio::io_context& context, Function f) {
  static_assert(sizeof(Function) <= 2 * sizeof(void*));
  asio::post(context, RememberedHandler<Function>(memory, std::move(f)));
}

}  // namespace detail
DGRAM_END_NAMESPACE
