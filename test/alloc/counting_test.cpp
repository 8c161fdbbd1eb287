// The instrument itself: a counter that counts nothing would prove every promise.
#include <cstdlib>
#include <memory>
#include <new>
#include <support/catch2.hpp>

#include "counting.hpp"

namespace alloc_counting_test {

namespace {

/// Requests that `action` makes. The pointer goes through a volatile, so that the compiler cannot
/// leave out the pair.
template <class Action>
std::size_t count(Action action) {
  const std::size_t before = test::allocations();
  action();
  return test::allocations() - before;
}
void* volatile sink;
void* seen(void* block) {
  sink = block;
  return block;
}

}  // namespace

TEST_CASE("every way to get memory is counted, and given back", "[alloc][counting]") {
  const long live = test::live_blocks();
  CHECK(count([] { std::free(seen(std::malloc(10))); }) == 1);
  CHECK(count([] { std::free(seen(std::calloc(2, 10))); }) == 1);
  CHECK(count([] { std::free(seen(std::realloc(nullptr, 10))); }) == 1);
  CHECK(count([] { std::free(seen(std::aligned_alloc(64, 64))); }) == 1);
  CHECK(count([] { ::operator delete(seen(::operator new(10))); }) == 1);
  CHECK(count([] {
          ::operator delete (seen(::operator new (64, std::align_val_t{64})), std::align_val_t{64});
        }) == 1);
  CHECK(count([] { ::operator delete(seen(::operator new(10, std::nothrow))); }) == 1);
  CHECK(test::live_blocks() == live);
}

TEST_CASE("the n-th request fails, and only that one", "[alloc][counting]") {
  bool first = false, second = false, third = false, fired = false;
  {
    const test::FailingAllocation failing(2);
    void* block = seen(std::malloc(10));
    first = block != nullptr;
    std::free(block);
    try {
      ::operator delete(seen(::operator new(10)));
      second = true;
    } catch (const std::bad_alloc&) {
    }
    block = seen(std::malloc(10));
    third = block != nullptr;
    std::free(block);
    fired = failing.fired();
  }
  CHECK(first);
  CHECK(!second);
  CHECK(third);
  CHECK(fired);
}

}  // namespace alloc_counting_test
