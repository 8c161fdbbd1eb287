// An allocator that counts what goes out and what comes back.
#pragma once

#include <cstddef>
#include <memory>

namespace test {

struct Count {
  std::size_t allocations = 0;
  std::size_t live = 0;
};

template <class T = void>
class CountingAllocator {
 public:
  using value_type = T;

  explicit CountingAllocator(Count& count) noexcept : count_(&count) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) noexcept : count_(&other.count()) {}

  T* allocate(std::size_t n) {
    ++count_->allocations;
    ++count_->live;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    --count_->live;
    std::allocator<T>().deallocate(p, n);
  }

  Count& count() const noexcept { return *count_; }
  template <class U>
  bool operator==(const CountingAllocator<U>& other) const noexcept {
    return count_ == &other.count();
  }

 private:
  Count* count_;
};

}  // namespace test
