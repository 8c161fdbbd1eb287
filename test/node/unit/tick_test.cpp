// A tick is one callable, called once, wherever it was moved to in between.
#include <array>
#include <memory>
#include <node/tick.hpp>
#include <stdexcept>
#include <support/catch2.hpp>
#include <vector>

namespace unit_node_tick_test {

using dgram::node::detail::Tick;

namespace {

/// Counts how many of it live.
template <std::size_t Size, bool NothrowMove = true>
struct Counted {
  explicit Counted(int& l, int& c) : live(&l), calls(&c) { ++*live; }
  Counted(const Counted& other) : live(other.live), calls(other.calls) { ++*live; }
  Counted(Counted&& other) noexcept(NothrowMove) : live(other.live), calls(other.calls) { ++*live; }
  ~Counted() { --*live; }
  void operator()() { ++*calls; }

  int* live;
  int* calls;
  std::array<char, Size> more{};
};

template <class F>
void check_life() {
  int live = 0;
  int calls = 0;
  {
    F original(live, calls);
    Tick copied(original);
    CHECK(live == 2);
    Tick tick(std::move(original));
    tick();
    CHECK(calls == 1);
    Tick moved(std::move(tick));
    moved();
    CHECK(calls == 2);
    copied = std::move(moved);
    copied();
    CHECK(calls == 3);
    Tick& self = copied;
    copied = std::move(self);
    copied();
    CHECK(calls == 4);
    std::vector<Tick> many;
    for (int i = 0; i < 20; ++i) many.emplace_back(F(live, calls));
    many.erase(many.begin() + 3, many.begin() + 7);
    for (Tick& each : many) each();
    CHECK(calls == 4 + 16);
  }
  CHECK(live == 0);
}

}  // namespace

TEST_CASE("a tick calls what it was made of, small or large", "[unit][node][tick]") {
  check_life<Counted<1>>();
  check_life<Counted<32>>();
  check_life<Counted<33>>();
  check_life<Counted<500>>();
  check_life<Counted<1, false>>();  // may not live inside: a move of the tick cannot fail
}

TEST_CASE("a tick owns what only moves", "[unit][node][tick]") {
  int got = 0;
  auto alone = std::make_unique<int>(42);
  Tick tick([&got, alone = std::move(alone)] { got = *alone; });
  Tick other = std::move(tick);
  other();
  CHECK(got == 42);
}

TEST_CASE("what a tick's callable throws is thrown", "[unit][node][tick]") {
  const auto held = std::make_shared<int>();
  {
    Tick tick([held] { throw std::runtime_error("tick"); });
    CHECK(held.use_count() == 2);
    CHECK_THROWS_AS(tick(), std::runtime_error);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a callable that cannot be copied into a tick leaves nothing behind",
          "[unit][node][tick]") {
  struct Throws {
    Throws() = default;
    Throws(const Throws&) { throw std::runtime_error("copy"); }
    Throws(Throws&&) noexcept {}
    void operator()() {}
    std::shared_ptr<int> held = std::make_shared<int>();
  };
  const Throws one;
  CHECK_THROWS_AS(Tick(one), std::runtime_error);
}

TEST_CASE("a tick may hold what needs more than the usual alignment", "[unit][node][tick]") {
  struct alignas(64) Wide {
    void operator()() { *at = reinterpret_cast<std::uintptr_t>(this) % 64; }
    std::uintptr_t* at;
  };
  std::uintptr_t at = 1;
  Tick tick(Wide{&at});
  Tick other = std::move(tick);
  other();
  CHECK(at == 0);
}

}  // namespace unit_node_tick_test
