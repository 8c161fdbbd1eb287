// Node's rules of who is called by an emit: those that are there when it begins.
#include <dgram/node/emitter.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <type_traits>
#include <vector>

namespace unit_node_emitter_test {

using dgram::node::Emitter;
using dgram::node::ListenerId;

namespace {

/// An emitter whose listeners write their names.
struct LoggedEmitter {
  std::function<void()> say(const std::string& name) {
    return [this, name] { log += name; };
  }
  /// What an emit makes them write.
  std::string emit() {
    log.clear();
    emitter.emit();
    return log;
  }

  Emitter<> emitter;
  std::string log;
};

}  // namespace

TEST_CASE("nobody listens to a new emitter", "[unit][node][emitter]") {
  LoggedEmitter f;
  CHECK(f.emitter.count() == 0);
  CHECK(!f.emitter.emit());
  CHECK(!f.emitter.off(0));
  CHECK(!f.emitter.off(1));
  f.emitter.end();
  CHECK(f.emitter.count() == 0);
}

TEST_CASE("listeners are called in the order of their registration", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.on(f.say("a"));
  f.emitter.on(f.say("b"));
  f.emitter.on(f.say("c"));
  CHECK(f.emitter.count() == 3);
  CHECK(f.emitter.emit());
  CHECK(f.log == "abc");
  CHECK(f.emit() == "abc");
}

TEST_CASE("each that is prepended comes before those that are there", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.prepend(f.say("c"));
  f.emitter.on(f.say("d"));
  f.emitter.prepend(f.say("b"));
  f.emitter.prepend(f.say("a"));
  CHECK(f.emit() == "abcd");
}

TEST_CASE("a listener for one event is called once, in its place", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.on(f.say("a"));
  f.emitter.once(f.say("b"));
  f.emitter.on(f.say("c"));
  CHECK(f.emitter.count() == 3);
  CHECK(f.emit() == "abc");
  CHECK(f.emitter.count() == 2);
  CHECK(f.emit() == "ac");
}

TEST_CASE("an emit is heard by a listener for one event alone", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.once(f.say("a"));
  CHECK(f.emitter.emit());
  CHECK(!f.emitter.emit());
  CHECK(f.log == "a");
}

TEST_CASE("a listener for one event is gone before it is called", "[unit][node][emitter]") {
  LoggedEmitter f;
  ListenerId id = 0;
  id = f.emitter.once([&] {
    CHECK(f.emitter.count() == 0);
    CHECK(!f.emitter.off(id));
    f.log += 'a';
  });
  CHECK(f.emit() == "a");
}

TEST_CASE("off removes one registration, and says whether it was there", "[unit][node][emitter]") {
  LoggedEmitter f;
  const auto say = f.say("a");
  const ListenerId first = f.emitter.on(say);
  const ListenerId second = f.emitter.on(f.say("b"));
  const ListenerId third = f.emitter.on(say);
  CHECK(f.emitter.off(third));
  CHECK(!f.emitter.off(third));
  CHECK(f.emit() == "ab");
  CHECK(f.emitter.off(first));
  CHECK(f.emit() == "b");
  CHECK(f.emitter.off(second));
  CHECK(f.emitter.count() == 0);
  CHECK(!f.emitter.emit());
}

TEST_CASE("an id is never another listener's, nor 0", "[unit][node][emitter]") {
  LoggedEmitter f;
  std::vector<ListenerId> ids = {f.emitter.on([] {}), f.emitter.once([] {})};
  f.emitter.off(ids[0]);
  f.emitter.emit();
  f.emitter.end();
  ids.push_back(f.emitter.prepend([] {}));
  ids.push_back(f.emitter.on([] {}));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CHECK(ids[i] != 0);
    for (std::size_t j = 0; j < i; ++j) CHECK(ids[i] != ids[j]);
  }
}

TEST_CASE("one that is added by a listener waits for the next emit", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.once([&] {
    f.emitter.on(f.say("x"));
    f.emitter.once(f.say("y"));
    f.emitter.prepend(f.say("z"));
    f.log += 'a';
  });
  f.emitter.on(f.say("b"));
  CHECK(f.emit() == "ab");
  CHECK(f.emit() == "zbxy");
  CHECK(f.emit() == "zbx");
}

TEST_CASE("one that is removed by a listener is called a last time", "[unit][node][emitter]") {
  LoggedEmitter f;
  ListenerId later = 0;
  ListenerId once = 0;
  f.emitter.on([&] {
    f.emitter.off(later);
    f.emitter.off(once);
    f.log += 'a';
  });
  later = f.emitter.on(f.say("b"));
  once = f.emitter.once(f.say("c"));
  CHECK(f.emit() == "abc");
  CHECK(f.emit() == "a");
}

TEST_CASE("a listener may remove itself, and lives until it has returned",
          "[unit][node][emitter]") {
  LoggedEmitter f;
  const auto held = std::make_shared<std::string>("a");
  const std::weak_ptr<std::string> seen = held;
  ListenerId id = 0;
  id = f.emitter.on([&f, &id, held] {
    CHECK(f.emitter.off(id));
    f.log += *held;  // read behind its removal
  });
  f.emitter.on(f.say("b"));
  CHECK(f.emit() == "ab");
  CHECK(f.emit() == "b");
  CHECK(seen.use_count() == 1);
}

TEST_CASE("end inside an emit ends what comes after it", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.on([&] {
    f.emitter.end();
    CHECK(f.emitter.count() == 0);
    f.log += 'a';
  });
  f.emitter.on(f.say("b"));
  f.emitter.once(f.say("c"));
  CHECK(f.emit() == "abc");
  CHECK(f.emit().empty());
}

TEST_CASE("end lets go of what the listeners hold, and of those that come later",
          "[unit][node][emitter]") {
  const auto held = std::make_shared<int>();
  Emitter<> emitter;
  emitter.on([held] {});
  emitter.once([held] {});
  CHECK(held.use_count() == 3);
  emitter.end();
  CHECK(held.use_count() == 1);
  emitter.on([held] {});
  CHECK(held.use_count() == 1);
  CHECK(emitter.count() == 0);
}

TEST_CASE("a listener for one event that was called holds nothing any more",
          "[unit][node][emitter]") {
  const auto held = std::make_shared<int>();
  Emitter<> emitter;
  emitter.once([held] {});
  emitter.on([] {});
  emitter.emit();
  CHECK(held.use_count() == 1);
}

TEST_CASE("an emit inside of an emit is one of its own", "[unit][node][emitter]") {
  LoggedEmitter f;
  bool inside = false;
  f.emitter.on([&] {
    f.log += 'a';
    if (std::exchange(inside, true)) return;
    f.log += '(';
    CHECK(f.emitter.emit());
    f.log += ')';
  });
  f.emitter.on(f.say("b"));
  CHECK(f.emit() == "a(ab)b");
}

TEST_CASE("a listener for one event is called by one of two emits", "[unit][node][emitter]") {
  LoggedEmitter f;
  bool inside = false;
  f.emitter.on([&] {
    if (!std::exchange(inside, true)) f.emitter.emit();
    f.log += 'a';
  });
  f.emitter.once(f.say("b"));
  f.emitter.on(f.say("c"));
  CHECK(f.emit() == "abcac");
}

TEST_CASE("a listener for one event may emit it, without calling itself", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.once([&] {
    f.log += 'a';
    CHECK(!f.emitter.emit());
  });
  CHECK(f.emit() == "a");
}

TEST_CASE("a listener that throws ends the emit, and stays", "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.on(f.say("a"));
  f.emitter.on([&] {
    f.log += 'b';
    throw std::runtime_error("from b");
  });
  f.emitter.on(f.say("c"));
  for (int i = 0; i < 2; ++i) {
    f.log.clear();
    CHECK_THROWS_WITH(f.emitter.emit(), "from b");
    CHECK(f.log == "ab");
  }
  CHECK(f.emitter.count() == 3);
}

TEST_CASE("a listener for one event is gone also when it throws; the one behind it stays",
          "[unit][node][emitter]") {
  LoggedEmitter f;
  f.emitter.once([] { throw std::runtime_error("once"); });
  f.emitter.once(f.say("b"));
  CHECK_THROWS_WITH(f.emitter.emit(), "once");
  CHECK(f.log.empty());
  CHECK(f.emitter.count() == 1);
  CHECK(f.emit() == "b");
}

TEST_CASE("each listener gets the arguments themselves", "[unit][node][emitter]") {
  struct Unique {
    Unique() = default;
    Unique(const Unique&) = delete;
  };
  const Unique argument;
  int number = 0;
  int calls = 0;
  Emitter<const Unique&, int&> emitter;
  for (int i = 0; i < 2; ++i) {
    emitter.on([&](const Unique& got, int& n) {
      CHECK(&got == &argument);
      ++n;
      ++calls;
    });
  }
  emitter.emit(argument, number);
  CHECK(calls == 2);
  CHECK(number == 2);
}

// A listener that takes by value must not leave an empty one to the next.
TEST_CASE("no listener takes an argument from the one behind it", "[unit][node][emitter]") {
  std::vector<std::string> got;
  Emitter<std::string> emitter;
  for (int i = 0; i < 2; ++i) {
    emitter.on([&](std::string text) { got.push_back(std::move(text)); });
  }
  emitter.emit(std::string("longer than what fits into the object itself"));
  REQUIRE(got.size() == 2);
  CHECK(got[0] == got[1]);
}

TEST_CASE("a listener is moved in, and copied by nobody", "[unit][node][emitter]") {
  struct Counting {
    explicit Counting(int& n) : copies(&n) {}
    Counting(const Counting& other) : copies(other.copies) { ++*copies; }
    void operator()() const {}
    int* copies;
  };
  int copies = 0;
  std::function<void()> f = Counting(copies);
  copies = 0;
  Emitter<> emitter;
  emitter.on(std::move(f));
  const ListenerId other = emitter.on([] {});
  emitter.emit();
  emitter.off(other);
  emitter.emit();
  CHECK(copies == 0);
}

TEST_CASE("an empty function is no listener", "[unit][node][emitter]") {
  Emitter<> emitter;
  CHECK_THROWS_WITH(emitter.on(nullptr),
                    "The \"listener\" argument must be of type function. Received undefined");
  CHECK_THROWS(emitter.once(std::function<void()>()));
  CHECK(emitter.count() == 0);
}

}  // namespace unit_node_emitter_test
