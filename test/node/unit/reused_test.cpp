// Objects that are used again when nobody else holds them, and never before.
#include <deque>
#include <node/reused.hpp>
#include <random>
#include <set>
#include <support/catch2.hpp>
#include <vector>

namespace unit_node_reused_test {

using dgram::node::detail::Reused;

namespace {

struct Thing {
  Thing() { ++made; }
  Thing(const Thing&) = delete;
  ~Thing() { --made; }
  int left = 0;
  static inline int made = 0;
};

}  // namespace

TEST_CASE("an object is used again as soon as it is free, as it was left", "[unit][node][reused]") {
  Reused<Thing> reused;
  Thing* const first = reused.get().get();
  first->left = 7;
  for (int i = 0; i < 100; ++i) {
    const std::shared_ptr<Thing> again = reused.get();
    REQUIRE(again.get() == first);
    REQUIRE(again->left == 7);
  }
  CHECK(Thing::made == 1);
}

TEST_CASE("an object that somebody holds is handed out to nobody else", "[unit][node][reused]") {
  Reused<Thing> reused;
  std::mt19937 random(7);
  std::vector<std::shared_ptr<Thing>> held;
  for (int i = 0; i < 20000; ++i) {
    if (held.size() < 300 && random() % 5 < 3) {
      std::shared_ptr<Thing> one = reused.get();
      for (const std::shared_ptr<Thing>& other : held) REQUIRE(other != one);
      held.push_back(std::move(one));
    } else if (!held.empty()) {
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(random() % held.size()));
    }
  }
}

TEST_CASE("objects that end in the order of their beginning are as many as are on their way",
          "[unit][node][reused]") {
  for (const std::size_t on_their_way : {1u, 2u, 10u, 127u}) {
    Reused<Thing> reused;
    std::deque<std::shared_ptr<Thing>> held;
    for (int i = 0; i < 5000; ++i) {
      held.push_back(reused.get());
      if (held.size() > on_their_way) held.pop_front();
    }
    INFO(on_their_way);
    CHECK(Thing::made == static_cast<int>(on_their_way) + 1);
  }
}

TEST_CASE("what is kept is bounded, and goes with its owner", "[unit][node][reused]") {
  std::vector<std::shared_ptr<Thing>> held;
  {
    Reused<Thing> reused;
    for (int i = 0; i < 1000; ++i) held.push_back(reused.get());
    CHECK(std::set<std::shared_ptr<Thing>>(held.begin(), held.end()).size() == 1000);
    CHECK(Thing::made == 1000);
    held.erase(held.begin() + 1, held.end());
    CHECK(Thing::made <= 128 + 1);
  }
  CHECK(Thing::made == 1);  // that of the one who still holds it
  held.clear();
  CHECK(Thing::made == 0);
}

}  // namespace unit_node_reused_test
