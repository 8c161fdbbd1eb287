// Replaces the C library's allocator by itself, counted. At this level and not at operator new,
// because aligned_alloc would pass below that, and g++ 12 warns about every replaced pair.
#include "counting.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

thread_local std::size_t requests = 0;
thread_local std::size_t countdown = 0;  // 1: the next request fails
thread_local bool has_fired = false;
std::atomic<long> live = 0;

bool allowed() noexcept {
  ++requests;
  if (countdown == 0 || --countdown != 0) return true;
  has_fired = true;
  errno = ENOMEM;
  return false;
}

void* counted(void* block) noexcept {
  if (block) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
  return allowed() ? counted(__libc_malloc(size)) : nullptr;
}

void* calloc(std::size_t n, std::size_t size) noexcept {
  return allowed() ? counted(__libc_calloc(n, size)) : nullptr;
}

void* realloc(void* block, std::size_t size) noexcept {
  if (!allowed()) return nullptr;
  void* moved = __libc_realloc(block, size);
  if (!block) return counted(moved);
  if (!moved && size == 0) live.fetch_sub(1, std::memory_order_relaxed);
  return moved;
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return allowed() ? counted(__libc_memalign(alignment, size)) : nullptr;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  void* made = memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) noexcept {
  if (!block) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(block);
}

}  // extern "C"

namespace test {

std::size_t allocations() noexcept {
  return requests;
}
long live_blocks() noexcept {
  return live.load(std::memory_order_relaxed);
}

FailingAllocation::FailingAllocation(std::size_t nth) noexcept {
  has_fired = false;
  countdown = nth;
}
FailingAllocation::~FailingAllocation() {
  countdown = 0;
}
bool FailingAllocation::fired() const noexcept {
  return has_fired;
}
void FailingAllocation::disarm() noexcept {
  countdown = 0;
}

}  // namespace test
