// An event that many listen to: to call them asks the heap for nothing.
#include <dgram/node/emitter.hpp>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <support/catch2.hpp>

#include "counting.hpp"

namespace alloc_emitter_test {

using dgram::node::Emitter;
using dgram::node::ListenerId;

TEST_CASE("emit asks the heap for nothing", "[alloc][node]") {
  const std::string argument(1000, 'x');
  std::size_t bytes = 0;
  Emitter<const std::string&> emitter;
  for (int i = 0; i < 100; ++i) {
    emitter.on([&bytes, held = std::make_shared<int>(i)](const std::string& text) {
      bytes += text.size();
    });
  }
  const std::size_t before = test::allocations();
  for (int i = 0; i < 10; ++i) emitter.emit(argument);
  CHECK(test::allocations() == before);
  CHECK(bytes == 1'000'000);
}

TEST_CASE("an event that nobody listens to asks the heap for nothing", "[alloc][node]") {
  Emitter<> emitter;
  const ListenerId id = emitter.on([] {});
  emitter.off(id);
  const std::size_t before = test::allocations();
  emitter.emit();
  CHECK(test::allocations() == before);
}

// Without memory for what is added, what was there is as it was.
TEST_CASE("a registration that fails leaves the listeners as they were", "[alloc][node]") {
  int calls = 0;
  Emitter<> emitter;
  emitter.on([&] { ++calls; });
  std::size_t failed = 0;
  bool passed = false;
  for (std::size_t nth = 1; !passed && nth < 50; ++nth) {
    std::function<void()> f = [&] { ++calls; };
    const test::FailingAllocation failing(nth);
    try {
      emitter.on(std::move(f));
      passed = true;
    } catch (const std::bad_alloc&) {
      ++failed;
    }
  }
  CHECK(passed);
  CHECK(failed > 0);
  CHECK(emitter.count() == 2);
  emitter.emit();
  CHECK(calls == 2);
}

TEST_CASE("a listener for one event is not lost where there is no memory to remove it",
          "[alloc][node]") {
  int calls = 0;
  Emitter<> emitter;
  emitter.once([&] { ++calls; });
  emitter.on([] {});
  try {
    const test::FailingAllocation failing(1);
    emitter.emit();
  } catch (const std::bad_alloc&) {
    // Where the removal needs memory: the next emit calls it.
  }
  emitter.emit();
  emitter.emit();
  CHECK(calls == 1);
  CHECK(emitter.count() == 1);
}

}  // namespace alloc_emitter_test
