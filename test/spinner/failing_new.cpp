#include "spinner/failing_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include "support/sanitizers.hpp"

namespace spinner {

namespace {

thread_local std::size_t countdown = 0;  // 1: the next request fails
thread_local bool has_fired = false;
std::atomic<long> live = 0, failed = 0;

// Apart from the operators, so that no compiler looks into both halves of a pair: g++ 12 then warns
// that they do not match.
[[maybe_unused, gnu::noinline]] void* obtain(std::size_t size, std::size_t alignment) noexcept {
  if (countdown != 0 && --countdown == 0) {
    has_fired = true;
    failed.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  if (size == 0) size = 1;
  void* const block =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (block) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

[[maybe_unused, gnu::noinline]] void give_back(void* block) noexcept {
  if (!block) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

[[maybe_unused]] void* obtain_or_throw(std::size_t size, std::size_t alignment) {
  void* const block = obtain(size, alignment);
  if (!block) throw std::bad_alloc();
  return block;
}

}  // namespace

long live_blocks() noexcept {
  return live.load(std::memory_order_relaxed);
}

long failures() noexcept {
  return failed.load(std::memory_order_relaxed);
}

FailingNew::FailingNew(std::size_t nth) noexcept {
  has_fired = false;
  countdown = nth;
}
FailingNew::~FailingNew() {
  countdown = 0;
}
void FailingNew::end_early() noexcept {
  countdown = 0;
}
bool FailingNew::fired() const noexcept {
  return has_fired;
}

}  // namespace spinner

// Under clang's ThreadSanitizer these operators are in the program already, and cannot be replaced:
// there no request fails, and no blocks are counted. g++'s can be.
#if !(defined(__clang__) && defined(TEST_UNDER_THREAD_SANITIZER))

void* operator new(std::size_t size) {
  return spinner::obtain_or_throw(size, 1);
}
void* operator new[](std::size_t size) {
  return spinner::obtain_or_throw(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return spinner::obtain_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return spinner::obtain_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return spinner::obtain(size, 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return spinner::obtain(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return spinner::obtain(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return spinner::obtain(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block) noexcept {
  spinner::give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  spinner::give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  spinner::give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  spinner::give_back(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  spinner::give_back(block);
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  spinner::give_back(block);
}
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  spinner::give_back(block);
}

#endif
